"""Settings of the two doors: their locks, and the times for which these are locked or unlocked."""

from enum import Enum

from pydantic import Field

from kiosk.settings.schema.wiring import Pin, Section


class LockKind(Enum):
    """The lock without power: a fail-safe lock (magnet) is unlocked, a fail-secure lock (strike) is locked."""

    FAIL_SAFE = "fail_safe"
    FAIL_SECURE = "fail_secure"


class DoorSettings(Section):
    """Settings of the building door: its lock and its time limits."""

    relay_pin: Pin = Field(description="pin of the relay that switches the lock")
    active_high: bool = Field(
        default=True,
        description="true: a high level energises the relay; false: a low level does (most low-cost boards)",
    )
    lock: LockKind = Field(
        default=LockKind.FAIL_SECURE,
        description="fail_secure: power unlocks (strike); fail_safe: power locks, loss of power unlocks (magnet)",
    )
    hold_s: float = Field(default=5.0, ge=0.5, le=30.0, description="how long the door stays unlocked")
    max_hold_s: float = Field(
        default=10.0, ge=0.5, le=60.0, description="hard limit of one unlocking, enforced by the relay's driver"
    )
    open_alarm_s: float = Field(
        default=20.0, ge=5.0, le=300.0, description="a door open longer than this is reported as held open"
    )
    report_forced: bool = Field(
        default=True,
        description="report a door that opens although nobody was admitted; set it to false if people leave by the "
        "handle of the door and 'inputs.exit' is not wired",
    )


class StreetDoorSettings(Section):
    """The lock of the street door, if it has one. The two doors are then an airlock: at most one is unlocked."""

    relay_pin: Pin = Field(description="pin of the relay that switches the lock")
    active_high: bool = Field(
        default=True,
        description="true: a high level energises the relay; false: a low level does (most low-cost boards)",
    )
    lock: LockKind = Field(
        default=LockKind.FAIL_SAFE,
        description="fail_safe: power locks, loss of power unlocks (magnet); fail_secure: power unlocks (a strike for "
        "continuous current, as this door is unlocked while nobody is served)",
    )
    handle_inside: bool = Field(
        default=False,
        description="true: a handle or panic bar opens the door from the chamber at any time, without current and "
        "without this program; if false, wire 'inputs.street_exit', and a fail_safe lock",
    )
    hold_s: float = Field(
        default=5.0, ge=1.0, le=30.0, description="how long the door stays unlocked after 'inputs.street_exit'"
    )
    bolt_s: float = Field(
        default=0.5,
        ge=0.1,
        le=3.0,
        description="time in which a lock moves; one door is unlocked only this long after the other one was locked",
    )
    open_alarm_s: float = Field(
        default=60.0, ge=10.0, le=600.0, description="a street door open longer than this is reported as held open"
    )
