"""The command line of the browser, and the rotation by programs that tests put into the path."""

from pathlib import Path

import pytest

from kiosk.errors import DeviceError
from kiosk.faults import FAULTS
from kiosk.screen.command_line import command_line, display_options
from kiosk.screen.rotation import rotate


@pytest.mark.parametrize(
    ("environ", "options"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ("--ozone-platform=wayland",)),
        ({"DISPLAY": ":0"}, ("--ozone-platform=x11",)),
    ],
)
def test_the_display_server_of_the_session_is_used(environ: dict[str, str], options: tuple[str, ...]) -> None:
    assert display_options(environ, ("chromium",)) == options
    assert display_options(environ, ("chromium", "--ozone-platform=drm")) == ()


def test_without_a_display_server_the_remedy_is_said() -> None:
    assert display_options({}, ("chromium", "--headless")) == ()
    with pytest.raises(DeviceError, match="neither WAYLAND_DISPLAY nor DISPLAY is set") as caught:
        display_options({"DISPLAY": ""}, ("chromium",))
    assert caught.value.fault in FAULTS


def test_the_options_of_the_site_come_first_and_the_page_last() -> None:
    words = command_line(["chromium", "--mine"], ["--ozone-platform=x11"], 1.5, Path("/p"), "http://a/", graphics=True)
    assert words[:2] == ["chromium", "--mine"]
    assert words[-1] == "http://a/"
    assert {"--remote-debugging-pipe", "--kiosk", "--user-data-dir=/p", "--force-device-scale-factor=1.5"} < set(words)
    assert "--disable-gpu" not in words
    assert "--disable-gpu" in command_line(["chromium"], [], 1.0, Path("/p"), "http://a/", graphics=False)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that note how they were called; wlr-randr lists two outputs."""
    listing = 'HDMI-A-1 "Maker"\n  Enabled: yes\nDSI-1 "Panel"\n  Enabled: yes\n'
    for name, answer in (("wlr-randr", listing), ("xrandr", "")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {name} \"$@\" >> {tmp_path}/calls\n[ $# -gt 0 ] || printf '{answer}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_every_output_of_wayland_is_rotated(programs: Path) -> None:
    assert rotate(90, {"WAYLAND_DISPLAY": "wayland-0"})
    assert (programs / "calls").read_text().splitlines()[1:] == [
        "wlr-randr --output HDMI-A-1 --transform 90",
        "wlr-randr --output DSI-1 --transform 90",
    ]


@pytest.mark.parametrize(("degrees", "name"), [(0, "normal"), (90, "left"), (180, "inverted"), (270, "right")])
def test_the_screen_of_x_is_rotated(programs: Path, degrees: int, name: str) -> None:
    assert rotate(degrees, {"DISPLAY": ":0"})
    assert (programs / "calls").read_text() == f"xrandr --orientation {name}\n"


@pytest.mark.parametrize("trouble", ["fails", "is missing"])
def test_a_screen_that_cannot_be_rotated_is_shown_as_it_is(
    programs: Path, trouble: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = programs / "wlr-randr"
    if trouble == "fails":
        program.write_text("#!/bin/sh\nexit 1\n")
    else:
        monkeypatch.setenv("PATH", str(programs / "nothing"))
    assert not rotate(90, {"WAYLAND_DISPLAY": "wayland-0"})
    assert "the screen is not rotated" in caplog.text
