"""The memory of the duty while it offers codes for one visit."""

from dataclasses import dataclass, field

from kiosk.credentials.check_in.messages import Binding, IssuedCode
from kiosk.credentials.check_in.venue_server import VenueRequest
from kiosk.flow.commands import OfferCheckIn


@dataclass(slots=True)
class LiveCode:
    """The newest code. ends_at_s, renew_at_s: when it ends, and when the next one is asked for.

    listening: the request for its result. listen_at_s: the next such request is not sent before this time.
    doubted: a request for its result broke off, and no other one has been answered since.
    """

    binding: Binding
    issued: IssuedCode
    ends_at_s: float
    renew_at_s: float
    listening: VenueRequest | None = None
    listen_at_s: float = 0.0
    doubted: bool = False
    scanned: bool = False


@dataclass(slots=True)
class Offer:
    """The codes of one `OfferCheckIn`; `visit` is the random text of its visit."""

    job: OfferCheckIn
    visit: str = field(repr=False)
    asking: VenueRequest | None = None
    asking_for: Binding | None = None
    asked_at_s: float = 0.0
    ask_at_s: float = 0.0
    code: LiveCode | None = None
