"""A new bundle is tried, and taken back if the kiosk does not become ready with it: every order of events."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kiosk.fleet.bundles.archive import BundleArchive
from kiosk.fleet.bundles.store import BundleStore, NewestBundle
from kiosk.fleet.bundles.trial import ATTEMPTS, NEVER_READY, Trials
from tests.samples import examples


def offer(store: BundleStore, version: int) -> None:
    store.put(BundleArchive(version, {"overlay.yaml": b"site: X\n"}))
    store.confirm(NewestBundle(version, datetime.now(UTC)))


def chosen(trials: Trials) -> int:
    bundle = trials.choose()
    return bundle.version if bundle else 0


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    return BundleStore(tmp_path / "store")


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "bundle.json"


def test_without_a_bundle_none_is_chosen(store: BundleStore, note: Path) -> None:
    assert chosen(Trials(note, store)) == 0
    assert not note.exists()


def test_a_new_bundle_is_tried_and_serves_when_the_kiosk_is_ready(store: BundleStore, note: Path) -> None:
    offer(store, 1)
    trials = Trials(note, store)
    assert chosen(trials) == 1
    trials.serve(1)
    again = Trials(note, store)
    assert again.note.served == 1
    assert again.waiting() is None
    assert chosen(again) == 1


def test_after_two_attempts_without_ready_the_bundle_before_serves_again(store: BundleStore, note: Path) -> None:
    offer(store, 1)
    trials = Trials(note, store)
    trials.choose()
    trials.serve(1)
    offer(store, 2)
    assert [chosen(Trials(note, store)) for _ in range(ATTEMPTS + 2)] == [2, 2, 1, 1]
    assert Trials(note, store).note.reason == NEVER_READY
    offer(store, 3)
    assert chosen(Trials(note, store)) == 3


def test_a_power_cut_during_the_first_attempt_does_not_refuse_a_good_bundle(store: BundleStore, note: Path) -> None:
    offer(store, 1)
    assert chosen(Trials(note, store)) == 1
    second = Trials(note, store)
    assert chosen(second) == 1
    second.serve(1)
    assert Trials(note, store).note.attempts == 0


def test_a_refused_bundle_that_served_before_leaves_none(store: BundleStore, note: Path) -> None:
    offer(store, 1)
    trials = Trials(note, store)
    trials.choose()
    trials.serve(1)
    trials.refuse(1, "the technician's file has changed")
    assert chosen(Trials(note, store)) == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"served": "x"}', "\x00" * 50])
def test_a_damaged_note_means_that_nothing_was_tried(text: str, store: BundleStore, note: Path) -> None:
    note.write_text(text)
    offer(store, 1)
    assert chosen(Trials(note, store)) == 1


class TrialOrders(RuleBasedStateMachine):
    """Any order of new bundles, starts, READY and ends: the kiosk always comes back to a bundle that served."""

    @initialize(path=st.uuids())
    def begin(self, path: object) -> None:
        import tempfile

        self.folder = Path(tempfile.mkdtemp(prefix=f"trial-{path}"))
        self.store = BundleStore(self.folder / "store")
        self.offered = 0
        self.good: set[int] = {0}
        self.running: int | None = None
        self.failures: dict[int, int] = {}

    @rule()
    def offer_next(self) -> None:
        self.offered += 1
        offer(self.store, self.offered)

    @rule()
    def start_and_become_ready(self) -> None:
        trials = Trials(self.folder / "note.json", self.store)
        version = chosen(trials)
        trials.serve(version)
        self.good.add(version)
        assert Trials(self.folder / "note.json", self.store).note.served in (version, 0)

    @rule()
    def start_and_crash(self) -> None:
        version = chosen(Trials(self.folder / "note.json", self.store))
        if version not in self.good:
            self.failures[version] = self.failures.get(version, 0) + 1

    @invariant()
    def no_bundle_fails_more_often_than_it_may(self) -> None:
        assert all(count <= ATTEMPTS for count in getattr(self, "failures", {}).values())

    def teardown(self) -> None:
        import shutil

        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


TrialOrders.TestCase.settings = settings(max_examples=examples(40), stateful_step_count=20, deadline=None)
TestTrialOrders = TrialOrders.TestCase
