"""The simulated camera: its pace, its faults, and the scene file."""

from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import DeviceError
from kiosk.scanner.cascade.readers import zxing
from kiosk.simulator.camera import BoothCamera, CameraFault, SceneFile, SimulatedView, write_view
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.people.phone import CodeCarrier, Scene

PHONE = SimulatedView(Scene(CodeCarrier.PHONE, b"\x00\xff any bytes", seed=3))


class Rig:
    """A camera on the virtual clock, and the view in front of it."""

    def __init__(self, view: SimulatedView, frame_hz: float = 10.0) -> None:
        self.view = view
        self.clock = VirtualClock()
        self.camera = BoothCamera((640, 480), frame_hz, lambda: self.view, self.clock.now_s, self.clock.advance)


def test_frames_come_at_the_frame_rate() -> None:
    rig = Rig(PHONE)
    rig.camera.start()
    began_s = rig.clock.now_s()
    times = []
    for _ in range(4):
        assert rig.camera.frame(0.5) is not None
        times.append(round(rig.clock.now_s() - began_s, 6))
    assert times == [0.0, 0.1, 0.2, 0.3]


def test_no_frame_is_returned_if_none_is_due_in_time() -> None:
    rig = Rig(PHONE)
    rig.camera.start()
    assert rig.camera.frame(0.5) is not None
    began_s = rig.clock.now_s()
    assert rig.camera.frame(0.04) is None
    assert rig.clock.now_s() - began_s == pytest.approx(0.04)
    assert rig.camera.frame(0.07) is not None


def test_missed_frames_are_skipped() -> None:
    rig = Rig(PHONE)
    rig.camera.start()
    rig.clock.advance(5.0)
    assert rig.camera.frame(0.0) is not None
    assert rig.camera.frame(0.0) is None


def test_the_frame_shows_the_present_view() -> None:
    rig = Rig(SimulatedView(Scene(CodeCarrier.PERSON, seed=3)))
    rig.camera.start()
    before = rig.camera.frame(0.5)
    rig.view = PHONE
    after = rig.camera.frame(0.5)
    assert before is not None
    assert after is not None
    assert zxing()(before).codes == ()
    assert [code.data for code in zxing()(after).codes] == [b"\x00\xff any bytes"]


def test_a_silent_camera_returns_no_frame_after_the_full_wait() -> None:
    rig = Rig(SimulatedView(fault=CameraFault.SILENT))
    rig.camera.start()
    began_s = rig.clock.now_s()
    assert rig.camera.frame(0.5) is None
    assert rig.clock.now_s() - began_s == pytest.approx(0.5)


def test_a_missing_camera_cannot_be_started() -> None:
    rig = Rig(SimulatedView(fault=CameraFault.MISSING))
    with pytest.raises(DeviceError) as caught:
        rig.camera.start()
    assert caught.value.fault == "camera_missing"


def test_a_closed_camera_can_be_started_again() -> None:
    rig = Rig(PHONE)
    rig.camera.start()
    rig.camera.close()
    rig.camera.start()
    assert rig.camera.frame(0.5) is not None


@pytest.mark.parametrize("fault", list(CameraFault))
def test_a_view_is_read_back_from_its_file(tmp_path: Path, fault: CameraFault) -> None:
    scene = Scene(CodeCarrier.PAPER, np.random.default_rng(1).bytes(2900), 7, 1.5, 2.5, 150.0, 0.5, 1.1, 2.0, 4.0)
    write_view(tmp_path / "scene", SimulatedView(scene, fault))
    assert SceneFile(tmp_path / "scene")() == SimulatedView(scene, fault)
    assert [path.name for path in tmp_path.iterdir()] == ["scene"]


def test_the_file_is_read_again_only_if_it_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "scene"
    write_view(path, SimulatedView())
    scene_file = SceneFile(path)
    first = scene_file()
    assert scene_file() is first
    write_view(path, PHONE)
    assert scene_file() == PHONE


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"fault": "none", "kind": "ghost", "payload": ""}'])
def test_a_file_without_a_scene_is_a_missing_camera(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "scene"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DeviceError, match="cannot be used") as caught:
        SceneFile(path)()
    assert caught.value.fault == "camera_missing"
