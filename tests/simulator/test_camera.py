"""The simulated camera: paced, told by a file, and faulty when told so."""

from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import DeviceError
from kiosk.scanner.cascade.readers import zxing
from kiosk.simulator.camera import BoothCamera, CameraFault, SceneFile, SimulatedView, write_view
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.phone import CodeCarrier, Scene

PHONE = SimulatedView(Scene(CodeCarrier.PHONE, b"\x00\xff any bytes", seed=3))


class Told:
    """A camera on the virtual clock, and the view that it is told."""

    def __init__(self, view: SimulatedView, frame_hz: float = 10.0) -> None:
        self.view = view
        self.clock = VirtualClock()
        self.camera = BoothCamera((640, 480), frame_hz, lambda: self.view, self.clock.now_s, self.clock.advance)


def test_pictures_come_at_their_pace() -> None:
    told = Told(PHONE)
    told.camera.start()
    began_s = told.clock.now_s()
    times = []
    for _ in range(4):
        assert told.camera.frame(0.5) is not None
        times.append(round(told.clock.now_s() - began_s, 6))
    assert times == [0.0, 0.1, 0.2, 0.3]


def test_nothing_comes_when_none_is_due_in_time() -> None:
    told = Told(PHONE)
    told.camera.start()
    assert told.camera.frame(0.5) is not None
    began_s = told.clock.now_s()
    assert told.camera.frame(0.04) is None
    assert told.clock.now_s() - began_s == pytest.approx(0.04)
    assert told.camera.frame(0.07) is not None


def test_missed_pictures_are_not_made_up_for() -> None:
    told = Told(PHONE)
    told.camera.start()
    told.clock.advance(5.0)
    assert told.camera.frame(0.0) is not None
    assert told.camera.frame(0.0) is None


def test_the_picture_follows_the_view() -> None:
    told = Told(SimulatedView(Scene(CodeCarrier.PERSON, seed=3)))
    told.camera.start()
    before = told.camera.frame(0.5)
    told.view = PHONE
    after = told.camera.frame(0.5)
    assert before is not None
    assert after is not None
    assert zxing()(before).codes == ()
    assert [code.data for code in zxing()(after).codes] == [b"\x00\xff any bytes"]


def test_a_silent_camera_gives_nothing_for_as_long_as_it_is_asked() -> None:
    told = Told(SimulatedView(fault=CameraFault.SILENT))
    told.camera.start()
    began_s = told.clock.now_s()
    assert told.camera.frame(0.5) is None
    assert told.clock.now_s() - began_s == pytest.approx(0.5)


def test_a_missing_camera_cannot_be_started() -> None:
    told = Told(SimulatedView(fault=CameraFault.MISSING))
    with pytest.raises(DeviceError) as caught:
        told.camera.start()
    assert caught.value.fault == "camera_missing"


def test_a_camera_that_was_closed_starts_again() -> None:
    told = Told(PHONE)
    told.camera.start()
    told.camera.close()
    told.camera.start()
    assert told.camera.frame(0.5) is not None


@pytest.mark.parametrize("fault", list(CameraFault))
def test_a_view_survives_its_file(tmp_path: Path, fault: CameraFault) -> None:
    scene = Scene(CodeCarrier.PAPER, np.random.default_rng(1).bytes(2900), 7, 1.5, 2.5, 150.0, 0.5, 1.1, 2.0, 4.0)
    write_view(tmp_path / "scene", SimulatedView(scene, fault))
    assert SceneFile(tmp_path / "scene")() == SimulatedView(scene, fault)
    assert [path.name for path in tmp_path.iterdir()] == ["scene"]


def test_the_file_is_read_again_when_it_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "scene"
    write_view(path, SimulatedView())
    scene_file = SceneFile(path)
    first = scene_file()
    assert scene_file() is first
    write_view(path, PHONE)
    assert scene_file() == PHONE


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"fault": "none", "kind": "ghost", "payload": ""}'])
def test_a_file_that_is_no_scene_is_a_missing_camera(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "scene"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DeviceError, match="cannot be used") as caught:
        SceneFile(path)()
    assert caught.value.fault == "camera_missing"
