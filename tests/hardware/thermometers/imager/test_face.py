import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hardware.thermometers.imager.face import FaceReading, blobs, read_face
from kiosk.simulator.mlx90640 import EYE_C, face_in_room, room

ROW, COLUMN = np.mgrid[0:24, 0:32]
NOISE_C = 0.2
SKIN = (30.0, 43.0, 1.0)


def noisy(scene: np.ndarray, seed: int) -> np.ndarray:
    return scene + np.random.default_rng(seed).normal(0.0, NOISE_C, scene.shape)


def read(scene: np.ndarray, seed: int = 1) -> FaceReading:
    return read_face(noisy(scene, seed), *SKIN)


rooms_c = st.floats(16.0, 38.0)
usual_rooms_c = st.floats(16.0, 29.0)
skins_c = st.floats(32.0, 42.0)
seeds = st.integers(0, 10_000)


@given(
    forehead_c=st.floats(33.0, 37.5),
    ambient_c=st.floats(16.0, 29.5),
    height=st.floats(10.0, 19.0),
    row=st.floats(8.0, 14.0),
    column=st.floats(10.0, 21.0),
    seed=seeds,
)
@settings(deadline=None)
def test_a_face_in_a_usual_room_is_read_at_its_hottest_region(
    forehead_c: float, ambient_c: float, height: float, row: float, column: float, seed: int
) -> None:
    scene = face_in_room(forehead_c, ambient_c, centre=(row, column), height=height)
    found = read(scene, seed)
    assert found.face_c is not None
    assert forehead_c - 0.1 <= found.face_c <= forehead_c + EYE_C + 0.3
    assert found.room_c == pytest.approx(ambient_c, abs=0.6) or found.room_c < forehead_c - 1.0


@given(wall_c=st.floats(16.0, 42.0), slope_c=st.floats(-2.0, 2.0), seed=seeds)
@settings(deadline=None)
def test_a_wall_or_an_empty_spot_is_never_a_face(wall_c: float, slope_c: float, seed: int) -> None:
    wall = wall_c + slope_c * (COLUMN - 16) / 16 * 0.3
    assert read(wall, seed).face_c is None


@given(
    lamp_c=st.floats(44.0, 200.0),
    ambient_c=rooms_c,
    row=st.integers(0, 23),
    column=st.integers(0, 31),
    radius=st.floats(0.6, 8.0),
    halo=st.floats(0.3, 6.0),
    seed=seeds,
)
@settings(deadline=None)
def test_a_hot_lamp_is_never_a_face_nor_is_what_it_heats_around_it(
    lamp_c: float, ambient_c: float, row: int, column: int, radius: float, halo: float, seed: int
) -> None:
    distance = np.hypot(ROW - row, COLUMN - column)
    scene = ambient_c + (lamp_c - ambient_c) * np.exp(-np.maximum(distance - radius, 0.0) / halo)
    assert read(scene, seed).face_c is None


@pytest.mark.parametrize("shade_c", [34.0, 37.0, 40.0])
def test_a_warm_lampshade_around_a_hot_lamp_is_never_a_face(shade_c: float) -> None:
    distance = np.hypot(ROW - 12, COLUMN - 16)
    scene = np.where(distance <= 6.0, shade_c + (ROW - 12) * 0.15, 24.0)
    assert read(scene).face_c is not None, "without the lamp it looks like a face"
    assert read(np.where(distance <= 3.0, 60.0, scene)).face_c is None


@given(
    ambient_c=usual_rooms_c,
    warm_c=skins_c,
    row=st.integers(0, 23),
    width=st.integers(1, 3),
    seed=seeds,
)
@settings(deadline=None)
def test_a_warm_pipe_or_a_lamp_tube_is_never_a_face(
    ambient_c: float, warm_c: float, row: int, width: int, seed: int
) -> None:
    scene = room(ambient_c)
    scene[row : row + width, 2:30] = warm_c
    assert read(scene, seed).face_c is None


@given(ambient_c=usual_rooms_c, warm_c=skins_c, seed=seeds)
@settings(deadline=None)
def test_a_sunlit_half_of_the_wall_is_never_a_face(ambient_c: float, warm_c: float, seed: int) -> None:
    scene = room(ambient_c)
    scene[:, 15:] = warm_c
    assert read(scene, seed).face_c is None


@pytest.mark.parametrize("ambient_c", [34.0, 35.0, 36.0])
def test_in_a_room_as_warm_as_skin_nobody_is_measured(ambient_c: float) -> None:
    assert read(face_in_room(ambient_c, ambient_c + 0.01)).face_c is None


def test_glasses_and_a_cap_make_the_face_smaller_and_not_colder() -> None:
    plain = face_in_room(34.5, 26.0, height=16.0)
    bare = read(plain).face_c
    glasses, cap = plain.copy(), plain.copy()
    glasses[9:12, 10:14] = glasses[9:12, 18:22] = 28.0
    cap[:7, :] = 27.0
    for covered in (glasses, cap):
        found = read(covered).face_c
        assert found is not None
        assert bare is not None
        assert found == pytest.approx(bare, abs=0.5)


@pytest.mark.parametrize(
    ("other_c", "height", "read_c"),
    [(36.0, 8.0, 34.0), (36.0, 13.0, 36.0), (33.0, 13.0, 34.0)],
    ids=["far", "near", "colder"],
)
def test_of_two_faces_of_about_the_same_size_the_hottest_counts(other_c: float, height: float, read_c: float) -> None:
    one = face_in_room(34.0, 24.0, centre=(12, 8), height=15.0)
    other = face_in_room(other_c, 24.0, centre=(9, 24), height=height)
    assert read(np.maximum(one, other)).face_c == pytest.approx(read_c + EYE_C, abs=0.4)


@pytest.mark.parametrize("cup_c", [38.0, 41.0, 43.0, 60.0, 90.0])
@pytest.mark.parametrize(
    ("column", "radius", "is_read"),
    [(26.0, 3.0, True), (19.5, 3.0, False), (25.0, 6.5, False)],
    ids=["beside", "touching", "large"],
)
def test_a_warm_cup_beside_the_face_is_left_out(cup_c: float, column: float, radius: float, is_read: bool) -> None:
    """A cup that touches the face or is larger than it is not left out; then the hottest counts, or nobody is read."""
    scene = face_in_room(34.5, 26.0, centre=(11.5, 11.5), height=13.0)
    scene[np.hypot(ROW - 14, COLUMN - column) <= radius] = cup_c
    found = read(scene).face_c
    if is_read:
        assert found == pytest.approx(34.5 + EYE_C, abs=0.4)
    else:
        assert found is None or found > 34.5 + EYE_C - 0.4


@given(
    warm_c=st.floats(30.5, 42.5),
    ambient_c=usual_rooms_c,
    row=st.floats(-2.0, 25.0),
    column=st.floats(-2.0, 33.0),
    height=st.floats(3.0, 20.0),
    aspect=st.floats(0.5, 1.2),
    seed=seeds,
)
@settings(deadline=None)
def test_a_thing_of_the_shape_of_a_face_and_of_one_temperature_is_no_face(
    warm_c: float, ambient_c: float, row: float, column: float, height: float, aspect: float, seed: int
) -> None:
    """A cup, a plate, a lit sign, anywhere in the picture."""
    scene = room(ambient_c)
    scene[((ROW - row) / height) ** 2 + ((COLUMN - column) / (aspect * height)) ** 2 <= 0.25] = warm_c
    assert read(scene, seed).face_c is None


def test_somebody_too_far_away_is_no_face() -> None:
    assert read(face_in_room(34.5, 24.0, height=5.0)).face_c is None


def test_a_picture_that_is_no_number_gives_no_face() -> None:
    assert read_face(np.full((24, 32), np.nan), 30.0, 43.0, 1.0).face_c is None


def test_blobs_are_connected_at_their_edges() -> None:
    mask = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool)
    assert [int(np.count_nonzero(blob)) for blob in blobs(mask)] == [2, 1, 2]


def test_a_face_of_the_picture_before_keeps_by_wider_limits_where_it_was() -> None:
    """A face of 20 pixels is too small for a new one."""
    small = read_face(face_in_room(36.0, 24.0, height=6.5), *SKIN)
    assert small.face is None
    before = read_face(face_in_room(36.0, 24.0, height=15.0), *SKIN)
    elsewhere = read_face(face_in_room(36.0, 24.0, centre=(6, 27), height=9.0), *SKIN)
    assert before.face is not None
    assert elsewhere.face is not None
    assert read_face(face_in_room(36.0, 24.0, height=6.5), *SKIN, before).face_c is not None
    assert read_face(face_in_room(36.0, 24.0, height=6.5), *SKIN, elsewhere).face_c is None
    assert read_face(room(24.0), *SKIN, before).face_c is None
