"""The table of faults, which the screen, the journal and the command line share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """The meaning of a fault code: its cause and its remedy, for the technician."""

    cause: str
    remedy: str


FAULTS: dict[str, Fault] = {
    "camera_missing": Fault(
        "the camera of the settings was not found",
        "insert its cable again (its bare contacts to those of the connector), then run 'kiosk doctor'; for USB try "
        "another port",
    ),
    "camera_silent": Fault(
        "the camera delivers no pictures, and a restart of the scanner did not help",
        "check the camera's cable and power supply, then restart the kiosk",
    ),
    "scanner_missing": Fault(
        "the scanner's unit does not answer on its socket",
        "see 'systemctl status kiosk-scanner.socket'; 'sudo script/install' installs the unit again, then restart the "
        "kiosk",
    ),
    "imager_missing": Fault(
        "the imager's unit does not answer on its socket",
        "see 'systemctl status kiosk-imager.socket'; 'sudo script/install' installs the unit again, then restart the "
        "kiosk",
    ),
    "thermometer_silent": Fault(
        "the thermometer does not answer on the I2C bus",
        "check its four wires, and that config.txt contains 'dtparam=i2c_arm=on'; then 'i2cdetect -y 1' shows 5a",
    ),
    "thermometer_error": Fault(
        "the thermometer answers with its error flag or a wrong checksum",
        "shorten its wires and add 'dtparam=i2c_arm_baudrate=50000' to config.txt; if that does not help, replace it",
    ),
    "calibration_expired": Fault(
        "the last day of the thermometer's calibration ('thermometer.calibration') is over; it is still used",
        "run 'kiosk calibrate' again with a clinical thermometer",
    ),
    "calibration_foreign": Fault(
        "the file of the thermometer's calibration ('thermometer.calibration') was made with another sensor of this "
        "type; it is not used, and 'thermometer.offset_c' holds",
        "run 'kiosk calibrate' again with this sensor and a clinical thermometer, or connect the other sensor again",
    ),
    "crowd_warm": Fault(
        "the door's last people read so high that the limit of the relative rule stays at its cap: many of them have "
        "a fever, came from the sun, or the thermometer reads too high",
        "measure some of them with a clinical thermometer; if they have no fever, lower 'thermometer.offset_c' and "
        "shade the way to the door",
    ),
    "crowd_cold": Fault(
        "the door's last people read so low that the limit of the relative rule stays at its floor, so that fevers may "
        "be missed",
        "clean the thermometer's window and check the distance to the forehead; if healthy people still read low, "
        "raise 'thermometer.offset_c'",
    ),
    "spot_warm": Fault(
        "nobody is before the thermometer, but something as warm as skin: a lamp, a heater, the sun, a warm wall; or "
        "somebody whom no presence sensor sees",
        "remove or shade it; while it is there, people as warm as it are not measured and see the officer",
    ),
    "readings_alike": Fault(
        "the last six visitors read the same within 0.1 C, so that the thermometer may have seen a thing and no people",
        "look for a lamp, a cup or a screen before the thermometer; it measures again when it has seen the spot empty",
    ),
    "nobody_measured": Fault(
        "the thermometer found no forehead with six visitors in a row",
        "look where people stand and where the thermometer points; if a wall is as warm as skin, shade it or cool the "
        "room",
    ),
    "gpio_missing": Fault(
        "the GPIO chip cannot be opened",
        "run on a Raspberry Pi with python3-lgpio, as a member of the group 'gpio'",
    ),
    "pin_taken": Fault(
        "a GPIO pin is in use by another program or overlay",
        "run 'gpioinfo' to see which program uses it; end that program or choose another pin",
    ),
    "journal_full": Fault(
        "the journal cannot be written, so no visitor can be admitted",
        "free space on the journal's disk; if the card is read-only, replace it",
    ),
    "journal_foreign": Fault(
        "the journal's file was written by a newer version or by another program",
        "install the newer version, or move the file away; 'journal.path' is its path",
    ),
    "display_silent": Fault(
        "the visitor's page cannot be served",
        "check that no other program uses 'display.port', then restart the kiosk",
    ),
    "screen_dark": Fault(
        "the visitor's screen shows no page: no monitor, or a browser that crashes or hangs",
        "it is restarted by itself; if it stays dark, check the monitor and its cable, then see 'kiosk doctor' and "
        "'journalctl -u kiosk-display'; the door works meanwhile",
    ),
    "browser_missing": Fault(
        "the browser of the visitor's screen is not installed or cannot be started",
        "run 'sudo script/install --with-screen', or name another program in 'display.screen.browser'",
    ),
    "status_unreachable": Fault(
        "the health-status service does not answer",
        "check the network and 'credentials.online_status.address'; until then its rule decides about visitors",
    ),
    "speaker_missing": Fault(
        "the sound device of the settings cannot be opened, or 'aplay' is not installed",
        "'aplay -L' lists the devices; correct 'speaker.device', check the loudspeaker's cable or its USB adapter; "
        "'sudo apt-get install alsa-utils' brings aplay; until then the kiosk does not speak, and service continues",
    ),
    "speaker_busy": Fault(
        "another program uses the sound device",
        "'sudo fuser -v /dev/snd/*' names it; end it, or choose another 'speaker.device'",
    ),
    "speaker_silent": Fault(
        "the sound device takes no sound: a clip was not played to its end in time",
        "unplug the USB adapter and plug it in again, or restart the Pi; see 'dmesg'",
    ),
    "speaker_clips": Fault(
        "spoken sentences are missing, or say something else than today's texts; these are not spoken",
        "run 'sudo kiosk voice render'; 'kiosk voice list' shows the standing of each sentence",
    ),
    "check_in_unreachable": Fault(
        "the venue's check-in server gives no usable answer, so no code of the venue is shown",
        "check the network and 'credentials.check_in.address', then see 'journalctl -u kiosk' for the kind of failure; "
        "until then visitors show their codes to the camera",
    ),
    "key_list_old": Fault(
        "a list of trusted keys was not refreshed for many days ('credentials.trust.alarm_age_days') or cannot be read",
        "'kiosk trust verify' names the list; import it again, or see 'systemctl list-timers kiosk-trust@*' and "
        "'journalctl -u kiosk-trust@*' for the reason; a list that is not needed any more can be removed; after "
        "'credentials.trust.max_age_days' its visitors are referred",
    ),
    "used_passes_damaged": Fault(
        "the file of used passes ('used-passes.txt' beside the journal) was damaged, so nobody knows which passes were "
        "used; until this is cleared, passes for one use or one use a day are referred, and all others work",
        "revoke the single passes whose holders have entered (the office's register tells them), then remove "
        "'used-passes.txt.damaged'; if 'dmesg' reports errors of the card (mmc0), replace it and restart the kiosk",
    ),
    "bundle_refused": Fault(
        "the office's newest bundle does not fit this kiosk, or the kiosk did not become ready with it; it serves with "
        "the bundle before",
        "'kiosk bundle show' tells the reason; tell the office, which signs a better one with a higher version",
    ),
    "bundle_old": Fault(
        "the office's repository of bundles has not confirmed the bundle for many days ('bundles.alarm_age_days')",
        "see 'systemctl list-timers kiosk-bundles' and 'journalctl -u kiosk-bundles' for the reason; the kiosk serves "
        "with what it has, but gets no new key lists and no revocations",
    ),
    "fleet_unreachable": Fault(
        "the office's server has confirmed nothing for a quarter of an hour",
        "check the network and 'fleet.server', then see 'journalctl -u kiosk'; service continues, and the rows are "
        "sent later",
    ),
    "fleet_refused": Fault(
        "the office's server refuses this kiosk or its rows, or the files of its certificate cannot be used",
        "see 'journalctl -u kiosk' for the reason; enrol the kiosk again in the office and copy its files; service "
        "continues",
    ),
    "fleet_behind": Fault(
        "rows that the office does not have yet are deleted soon, or are deleted, by 'journal.keep_days' or "
        "'journal.max_mb'",
        "bring the connection to the office back; until then raise these limits, or keep a copy with 'kiosk journal "
        "export'; service continues",
    ),
    "technician_silent": Fault(
        "the technician's page cannot be served",
        "check that no other program uses 'technician.port', and the files in 'technician.lan'; the door works "
        "meanwhile",
    ),
    "clock_jumped": Fault(
        "the time service set the clock to a time that does not follow from the last known one",
        "compare 'date -u' with a watch; if it is right, as after some days without power, run 'sudo kiosk clock "
        "confirm'; if not, see 'timedatectl timesync-status' and name a time server that you trust; until then "
        "credentials with dates are referred, and no row of the journal is deleted by age",
    ),
    "stopped_by_officer": Fault(
        "the officer stopped the machine",
        "press the officer's button to start it again",
    ),
    "door_held_open": Fault(
        "the door was open for longer than 'door.open_alarm_s'",
        "close the door, then press the officer's button: while nobody is served, this press clears the fault and "
        "opens nothing; if the door is closed, check the door contact",
    ),
    "worker_stuck": Fault(
        "a part of the program hangs; if it is the journal, the card does not answer",
        "the kiosk restarts by itself; if 'dmesg' reports errors of the card (mmc0), replace it",
    ),
    "door_forced": Fault(
        "the door opened although it was locked and no person had been let through",
        "see who went in, and check that the lock holds, then press the officer's button: while nobody is served, this "
        "press clears the fault and opens nothing; if people leave by this door, wire 'inputs.exit' or set "
        "'door.report_forced: false'",
    ),
    "button_stuck": Fault(
        "a button or exit has been active for a minute: somebody leans on it, its contact sticks, or its wire is "
        "shorted; the device names it, for example 'button_officer'",
        "release it; if it is released, check its contact and its wire; until then a press of it is not noticed, and "
        "'street_exit' keeps the street door free and the building door locked",
    ),
    "service_key_on": Fault(
        "the technician's key has been turned on for four hours, or the wire of its input is shorted",
        "turn the key off; if it is off, check the contact of 'inputs.service' and its wire; until then nobody is "
        "served, except by the officer's button",
    ),
    "passage_unadmitted": Fault(
        "somebody went through the building door without an admission of their own, for example right behind a visitor",
        "see who went in, then press the officer's button: while nobody is served, this press clears the fault and "
        "opens nothing; if bags or swinging arms break the beam twice, raise 'inputs.passage.debounce_ms'; if people "
        "leave by this door, wire 'inputs.exit'",
    ),
    "street_door_held_open": Fault(
        "the street door was open for longer than 'street_door.open_alarm_s', or the wire of its contact is cut",
        "close the street door; until then no visit begins and the building door stays locked, for the officer too; if "
        "it is closed, check the contact of 'inputs.street_contact' and its wire",
    ),
    "street_door_forced": Fault(
        "the street door opened although it was locked and nobody in the chamber had used its handle or exit button",
        "see who came in, and check that the lock holds, then press the officer's button: while nobody is served, this "
        "press clears the fault and opens nothing; if somebody left, check the contact of 'inputs.street_exit'",
    ),
    "both_doors_open": Fault(
        "both doors of the airlock stand open: people used the exit of one while the other one was open, or forced it",
        "shut one of them, which ends the fault, and see who came in; if it happens often, look whether both locks "
        "hold, and ask people to wait until the other door is shut",
    ),
    "street_lock_stuck": Fault(
        "the bolt of the street door does not follow its relay",
        "check the lock's supply and its wires, and whether the door presses against the bolt; then the contact of "
        "'inputs.street_bolt'; until the bolt moves, no visitor is let in",
    ),
    "enclosure_opened": Fault(
        "the enclosure of the Pi and the relays is open, or the wire of its switch is cut",
        "see who opened it, look for changed wires and unknown devices, and close it; if it is closed, check the "
        "switch of 'inputs.tamper' and its wire",
    ),
    "presence_stuck": Fault(
        "the presence sensor reports a person for longer than 'inputs.presence.stuck_s', or did not change while doors "
        "opened 30 times",
        "remove what stands in front of it, clean it, check its wire; until it changes, the kiosk does not spray, and "
        "a visit begins with a code",
    ),
    "worker_ended": Fault(
        "a part of the program ended unexpectedly",
        "the kiosk restarts by itself; send the output of 'journalctl -u kiosk' to the maintainers",
    ),
    "settings_refused": Fault(
        "the settings file has a mistake, so the kiosk serves with the last settings that served",
        "'kiosk check /etc/kiosk/kiosk.yaml' lists the mistakes; the kiosk starts with the corrected file by itself, "
        "once nobody was there for 15 seconds; if it has other wires, use 'sudo systemctl restart kiosk'",
    ),
    "settings_unusable": Fault(
        "the settings file has a mistake, and the last settings that served may not fit the wires, so no pin is driven",
        "'kiosk check /etc/kiosk/kiosk.yaml' lists the mistakes; the kiosk starts by itself after they are corrected",
    ),
    "safe_mode": Fault(
        "the kiosk crashed again and again; only the officer and the emergency input open the door",
        "see the cause in 'journalctl -u kiosk' and correct it, then 'sudo systemctl restart kiosk'; it tries again "
        "by itself too",
    ),
}
