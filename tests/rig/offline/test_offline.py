"""The whole demo without a network: script/rig runs this in a network namespace that has only a loopback device."""

import fcntl
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.composition.screen_app import ScreenApp
from kiosk.runtime.clock import RealClock
from kiosk.screen.supervisor import ScreenSupervisor
from tests.browser.chromium import HEADLINES, Tab, executable, running

pytestmark = pytest.mark.rig

ROOT = Path(__file__).parents[3]
KIOSK = (sys.executable, "-m", "kiosk")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
"""ioctls and flag of a network device (netdevice(7))."""

WITHIN_S = 300


@pytest.fixture(scope="module", autouse=True)
def loopback() -> None:
    """Raise the loopback device, and see that there is no other one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack("16xh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    assert [name for _, name in socket.if_nameindex()] == ["lo"]


def site(folder: Path, port: int) -> Path:
    """Return a settings file that is that of the demo, with a loudspeaker that exists on every machine."""
    config = folder / "kiosk.yaml"
    own = (ROOT / "kiosk/simulator/config/demo.yaml").read_text()
    assert "speaker:" in own
    (folder / "texts").symlink_to(ROOT / "config/texts")
    sandbox = ", --no-sandbox" if os.geteuid() == 0 else ""
    screen = f"  screen:\n    browser: [chromium, --headless{sandbox}]\n"
    lines = re.sub(r"(?m)^  port: .*\n", f"  port: {port}\n{screen}", own)
    config.write_text(re.sub(r"(?m)^speaker:.*\n(  .*\n)*", "speaker:\n  device: 'null'\n  clips: clips\n", lines))
    return config


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


@pytest.fixture(scope="module")
def config(port: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield site(Path(name), port)


def test_no_other_machine_can_be_reached() -> None:
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("192.0.2.1", 80), 5)  # RFC 5737


def test_a_visitor_is_served_with_the_page_on_the_screen(config: Path, port: int) -> None:
    path = executable()
    if path is None:
        pytest.skip("NO BROWSER, THE PAGE IS NOT TESTED: sudo apt install chromium")
    command = [*KIOSK, "demo", "--visits", "1", "--port", str(port)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    line = demo.stdout.readline()
    while "the page is on" not in line:
        assert line, "the demo ended"
        line = demo.stdout.readline()

    def report(supervisor: ScreenSupervisor) -> None:
        if supervisor.painting and supervisor.browser and f":{port}/" in supervisor.browser.page.address:
            app.stop()

    app = ScreenApp(config, {**os.environ, "XDG_RUNTIME_DIR": str(config.parent)}, config.parent, RealClock(), report)
    app.run()
    with running(path) as browser, browser.new_page() as page:
        tab = Tab(page)
        tab.open(port)
        headlines = {tuple(page.evaluate(HEADLINES))}
        tab.page.set_default_timeout(1000 * WITHIN_S)
        tab.until(f"JSON.stringify({HEADLINES}) !== JSON.stringify({list(*headlines)!r})")
        assert [url for url in tab.requested if not url.startswith(f"http://127.0.0.1:{port}/")] == []
    output, _ = demo.communicate(timeout=WITHIN_S)
    assert "1 visits" in output  # a machine that is too slow for real time serves the visitor otherwise than scripted


def test_visitors_of_every_kind_are_served() -> None:
    done = subprocess.run([*KIOSK, "demo", "--fast", "--visits", "12"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 visits, 0 not as scripted" in done.stdout


def test_the_voice_is_made_and_speaks(config: Path) -> None:
    for words in (("voice", "render"), ("voice", "say"), ("voice", "list")):
        done = subprocess.run(
            [*KIOSK, *words, "--config", str(config)], capture_output=True, text=True, check=False, timeout=WITHIN_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
