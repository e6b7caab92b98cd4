"""`kiosk scan` as a technician types it."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from kiosk.credentials.judging.kinds import kind_of
from kiosk.hardware.cameras import opening
from kiosk.scanner.trial import pictures, report
from kiosk.scanner.trial.still import code_in_picture
from kiosk.settings.schema.policy import CredentialsSettings
from kiosk.settings.schema.services import OnlineStatusSettings, StatusMeaning
from kiosk.simulator.camera import BoothCamera, SimulatedView
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from tests.commands.test_cli import kiosk
from tests.scanner.drawing import unread

SECRET = b"HC1:6BFOXN%TSMAHN-H"
PHONE = Scene(CodeCarrier.PHONE, SECRET, seed=5)
PERSON = Scene(CodeCarrier.PERSON, seed=5)
CONFIG = """\
door: {relay_pin: 17}
sequence: [credential]
camera: {kind: v4l2}
scanner: {budget_ms: 200}
credentials:
  online_status: {address: "https://status.example.id/ask", prefixes: ["PL:"], status: {ok: pass}}
"""


def drawn(scene: Scene, at_s: float = 0.0) -> NDArray[np.uint8]:
    return DrawnView(scene, 1280, 720).picture(at_s)


def write(path: Path, scene: Scene) -> Path:
    assert cv2.imwrite(str(path), drawn(scene))
    return path


def write_video(path: Path, scenes: list[Scene]) -> Path:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (1280, 720))
    assert video.isOpened()
    for number, scene in enumerate(scenes):
        video.write(cv2.cvtColor(drawn(scene, number / 10), cv2.COLOR_GRAY2BGR))
    video.release()
    return path


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"KP1:ABC", "site_pass"),
        (b"HC1:6BF", "eu_dcc"),
        (b"shc:/5676", "smart_health_card"),
        (b"PK\x03\x04rest", "divoc"),
        (b'{"data":{"hdr":{"t":"icao.vacc"}}}', "vds_nc"),
        (b"PL:12", "online_status"),
        (b"HTTPS://example.org", "url"),
        (b"WIFI:T:WPA;;", "wifi"),
        (b"4006381333931", "other"),
        (b"", "other"),
    ],
)
def test_the_kind_of_a_code_is_found_by_its_first_bytes(data: bytes, kind: str) -> None:
    online = OnlineStatusSettings(address="https://status.example", prefixes=("PL:",), status={"1": StatusMeaning.PASS})
    assert kind_of(data, CredentialsSettings(online_status=online)) == kind


def test_the_line_of_a_picture_has_kind_position_stage_and_time_but_not_the_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "phone.png", PHONE)
    assert kiosk("scan", file) == 0
    line, last = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{file}: eu_dcc at ")
    assert " px, stage plain, " in line
    assert line.endswith(" ms")
    assert "6BFOXN" not in line
    assert last == "1 of 1 with a code; codes: 1 eu_dcc"


def test_show_payload_prints_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("scan", "--show-payload", write(tmp_path / "phone.png", PHONE)) == 0
    assert repr(SECRET) in capsys.readouterr().out


def test_a_picture_without_a_code_exits_1_and_prints_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "far.png"
    assert cv2.imwrite(str(small), unread(2))
    assert cv2.imwrite(str(tmp_path / "wall.png"), np.full((720, 1280), 90, np.uint8))
    assert kiosk("scan", "--budget", 40, small, tmp_path / "wall.png") == 1
    far, wall, last = capsys.readouterr().out.splitlines()
    assert far.endswith(": too_small")
    assert wall.endswith(": nothing like a code is seen")
    assert last == "0 of 2 with a code; codes: none"


def test_the_pictures_of_a_folder_are_read_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "b.png", PHONE)
    write(tmp_path / "a.jpg", PHONE)
    (tmp_path / "notes.txt").write_text("not read")
    assert kiosk("scan", tmp_path) == 0
    names = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert names[:2] == [str(tmp_path / "a.jpg"), str(tmp_path / "b.png")]


def test_subfolders_are_read_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "monday" / "morning").mkdir(parents=True)
    write(tmp_path / "monday" / "morning" / "phone.png", PHONE)
    assert kiosk("scan", tmp_path) == 0
    assert capsys.readouterr().out.endswith("1 of 1 with a code; codes: 1 eu_dcc\n")


def test_a_folder_that_cannot_be_read_is_reported_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root can read every folder, so the test raises the error of the system itself."""

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    phone = write(tmp_path / "phone.png", PHONE)
    (tmp_path / "locked").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    assert kiosk("scan", tmp_path / "locked", phone) == 2
    printed = capsys.readouterr()
    remedy = "let this user read it, or name another"
    assert printed.err == f"kiosk scan: folder '{tmp_path / 'locked'}' cannot be read: Permission denied; {remedy}\n"
    assert printed.out.endswith("1 of 1 with a code; codes: 1 eu_dcc\n")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
def test_a_truncated_picture_is_reported_as_damaged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str
) -> None:
    file = write(tmp_path / f"half{suffix}", PHONE)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert kiosk("scan", file) == 2
    remedy = "copy it again, or give a smaller one"
    assert capfd.readouterr().err == f"kiosk scan: '{file}' is damaged or cut short, or too large; {remedy}\n"


def test_the_libraries_print_no_messages_of_their_own(tmp_path: Path) -> None:
    half, video = write(tmp_path / "half.png", PHONE), tmp_path / "text.mp4"
    half.write_bytes(half.read_bytes()[:5000])
    video.write_bytes(b"\0\0\0\x18ftypmp42 and no more of it")
    ran = subprocess.run(
        [sys.executable, "-m", "kiosk", "scan", half, video], capture_output=True, text=True, check=False
    )
    assert [line.split(":")[0] for line in ran.stderr.splitlines()] == ["kiosk scan"] * 2, ran.stderr


def test_only_regular_files_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [Path("/dev/zero"), tmp_path / "pipe.png", tmp_path / "pipe.mp4"]
    for pipe in files[1:]:
        os.mkfifo(pipe)
    assert kiosk("scan", *files, tmp_path) == 2
    refusal = "is a device, pipe or socket; name a regular file"
    named = [*files, files[2], files[1]]  # the two in the folder once more
    assert capsys.readouterr().err.splitlines() == [f"kiosk scan: '{file}' {refusal}" for file in named]


def test_a_file_larger_than_a_picture_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_FILE_MB", 1)
    file = write(tmp_path / "phone.png", PHONE)
    with file.open("r+b") as large:
        large.truncate(1_000_000)
    assert kiosk("scan", file) == 0
    with file.open("r+b") as large:
        large.truncate(1_000_001)
    assert kiosk("scan", file) == 2
    assert capsys.readouterr().err == f"kiosk scan: '{file}' is larger than 1 MB; give a smaller picture\n"


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_code_that_is_only_in_the_alpha_channel_is_read(tmp_path: Path, depth: type[np.unsignedinteger[Any]]) -> None:
    """The picture is black everywhere and transparent where the code is light; many generators draw this."""
    layers = np.zeros((720, 1280, 4), depth)
    layers[:, :, 3] = (255 - drawn(PHONE)).astype(depth) * (np.iinfo(depth).max // 255)
    file = tmp_path / "alpha.png"
    assert cv2.imwrite(str(file), layers)
    assert kiosk("scan", file) == 0
    assert code_in_picture(file.read_bytes()) == SECRET


@pytest.mark.parametrize("alpha", [0, 255])
def test_a_uniform_alpha_channel_hides_no_code(tmp_path: Path, alpha: int) -> None:
    layers = cv2.cvtColor(drawn(PHONE), cv2.COLOR_GRAY2BGRA)
    layers[:, :, 3] = alpha
    assert cv2.imwrite(str(tmp_path / "alpha.png"), layers)
    assert kiosk("scan", tmp_path / "alpha.png") == 0


@pytest.mark.parametrize("content", [b"just some text", b""])
def test_a_file_that_is_not_a_picture_is_reported_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "text.png").write_bytes(content)
    assert kiosk("scan", tmp_path / "text.png", tmp_path / "none.png", write(tmp_path / "phone.png", PHONE)) == 2
    printed = capsys.readouterr()
    assert f"'{tmp_path / 'text.png'}' is no picture that can be read; give a PNG or JPEG" in printed.err
    assert f"'{tmp_path / 'none.png'}' cannot be read: No such file or directory" in printed.err
    assert "1 of 1 with a code" in printed.out


def test_an_empty_folder_and_a_broken_video_are_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.avi").write_text("no video")
    assert kiosk("scan", tmp_path / "empty", tmp_path / "text.avi") == 2
    printed = capfd.readouterr().err
    assert "holds no picture" in printed
    assert "is no video that can be read" in printed


def test_a_photograph_larger_than_any_camera_picture_is_shrunk(tmp_path: Path) -> None:
    large = np.asarray(cv2.resize(drawn(PHONE), (5120, 2880)), np.uint8)
    assert pictures.fitting(large).shape == (2304, 4096)
    assert cv2.imwrite(str(tmp_path / "large.jpg"), large)
    assert kiosk("scan", "--budget", 500, tmp_path / "large.jpg") == 0


def test_each_code_of_a_video_is_printed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_video(tmp_path / "visit.avi", [PERSON] * 2 + [PHONE] * 5)
    assert kiosk("scan", file) == 0
    *hints, line, last = capsys.readouterr().out.splitlines()
    assert all(": no code: " in hint for hint in hints)
    assert line.startswith(f"{file} frame 2: eu_dcc at ")
    assert last == "1 of 1 with a code; codes: 1 eu_dcc"


def test_a_truncated_video_is_reported_and_its_codes_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_video(tmp_path / "visit.avi", [PHONE] * 10)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 6 // 10])
    assert kiosk("scan", file) == 2
    printed = capsys.readouterr()
    assert f"'{file}' breaks off after " in printed.err
    assert "of 10 frames; copy or record it again" in printed.err
    assert printed.out.endswith("1 of 1 with a code; codes: 1 eu_dcc\n")


def test_ctrl_c_prints_the_summary_of_the_pictures_read_so_far(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> NDArray[np.uint8]:
        if path.name == "b.png":
            raise KeyboardInterrupt
        return drawn(PHONE)

    monkeypatch.setattr(pictures, "read_picture", read)
    assert kiosk("scan", tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png") == 130
    assert capsys.readouterr().out.splitlines()[1:] == ["stopped; 1 of 1 with a code; codes: 1 eu_dcc"]


def test_a_video_without_a_code_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_video(tmp_path / "nobody.avi", [PERSON] * 2)
    assert kiosk("scan", file) == 1
    assert f"{file}: no code in any frame" in capsys.readouterr().out


def test_kept_pictures_are_readable_by_their_owner_only_and_consent_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pictures, report):
        monkeypatch.setattr(module, "MAX_KEPT", 2)
    folder = tmp_path / "kept"
    files = [write(tmp_path / f"{number}.png", PERSON) for number in range(4)]
    assert kiosk("scan", "--budget", 5, "--save", folder, *files, write(tmp_path / "phone.png", PHONE)) == 1
    kept = sorted(folder.iterdir())
    assert [file.name for file in kept] == ["unread-001-1280x720.png", "unread-002-1280x720.png"]
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    printed = capsys.readouterr()
    assert "they may show faces and codes" in printed.err
    full = f"{folder} holds its 2 pictures: no more are kept; empty it or name another"
    assert [line for line in printed.out.splitlines() if "no more" in line] == [full]
    assert printed.out.endswith(f"; 2 kept in {folder}\n")


def test_the_numbers_of_kept_pictures_continue_beyond_999(tmp_path: Path) -> None:
    for name in ("unread-999-9x9.png", "unread-1000-9x9.png", "unread-x-9x9.png", "unread-2000.txt"):
        (tmp_path / name).touch()
    assert pictures.KeptPictures(tmp_path).keep(np.zeros((30, 40), np.uint8), "40x30")
    assert (tmp_path / "unread-1001-40x30.png").exists()


def test_pictures_of_a_video_in_which_nothing_is_seen_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "wall.avi"
    video = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (320, 240))
    for _ in range(11):
        video.write(np.full((240, 320, 3), 90, np.uint8))
    video.release()
    assert kiosk("scan", "--save", tmp_path / "kept", file) == 1
    assert len(list((tmp_path / "kept").iterdir())) == 3  # at 0, 0.5 and 1 s


def test_the_folder_for_kept_pictures_is_checked_before_any_picture_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "nobody.png", PERSON)
    assert kiosk("scan", "--save", file, file) == 3
    assert capsys.readouterr() == ("", f"kiosk: '{file}' is a file; name a folder to keep pictures in\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert kiosk("scan", "--save", tmp_path / "new" / "kept", file) == 3
    refusal = f"kiosk: '{tmp_path}' cannot be written: Permission denied; choose another folder\n"
    assert capsys.readouterr() == ("", refusal)


def test_without_save_no_picture_is_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "nobody.png", PERSON)
    assert kiosk("scan", "--budget", 5, file) == 1
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("wrong", [[], ["--camera", "a.png"]])
def test_files_or_the_camera_must_be_named(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("scan", *wrong) == 2
    assert "name pictures, videos or folders, or give --camera" in capsys.readouterr().err


def test_seconds_without_the_camera_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("scan", "--seconds", 3, "a.png") == 2
    assert capsys.readouterr().err == "kiosk scan: --seconds is for --camera; leave it out with files\n"


def test_only_the_used_sections_of_the_settings_must_be_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, file = tmp_path / "kiosk.yaml", write(tmp_path / "phone.png", PHONE)
    secret = CONFIG.replace("status: {ok", "secret_headers: {Authorization: missing}, status: {ok")
    config.write_text(secret.replace("kind: v4l2", "kind: none such"))
    assert kiosk("scan", "--config", config, file) == 0
    assert kiosk("scan", "--camera", "--config", config) == 3
    config.write_text(CONFIG.replace("budget_ms: 200", "budget_ms: 0"))
    assert kiosk("scan", "--config", config, file) == 3
    assert "scanner.budget_ms" in capsys.readouterr().err


def use_drawn_camera(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    """Replace the camera of the settings by a drawn one, and advance `time.monotonic` by 0.1 s at each call."""
    ticks = itertools.count()
    now_s = lambda: next(ticks) / 10  # noqa: E731
    camera = BoothCamera((1280, 720), 30.0, lambda: SimulatedView(scene), now_s, lambda _: None)
    monkeypatch.setattr(opening, "open_camera", lambda settings: camera)
    monkeypatch.setattr("kiosk.commands.scan.time.monotonic", now_s)


def test_the_camera_of_the_settings_is_read_for_the_given_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "kiosk.yaml"
    config.write_text(CONFIG)
    use_drawn_camera(monkeypatch, Scene(CodeCarrier.PHONE, b"PL:checkin", seed=5))
    assert kiosk("scan", "--camera", "--seconds", 2, "--config", config) == 0
    line, last = capsys.readouterr().out.splitlines()
    assert line.startswith("camera frame 0: online_status at ")
    assert last == "1 of 1 with a code; codes: 1 online_status"


def test_the_picture_libraries_are_loaded_only_by_the_subcommand() -> None:
    loaded = "print([m for m in ('cv2', 'numpy', 'zxingcpp') if m in sys.modules])"
    heavy = f"import sys, kiosk.cli; kiosk.cli.parser(); {loaded}"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"
