"""A start with a signed bundle: what it changes, when it is refused, and the restart that brings it in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.composition.starting.bundles import NOTE, StartSettings, with_bundle
from kiosk.composition.supervision import QUIET_S, Supervision
from kiosk.composition.voice import open_clips
from kiosk.faults import FAULTS
from kiosk.fleet.bundles.archive import BundleArchive
from kiosk.fleet.bundles.duty import LOOK_EVERY_S
from kiosk.fleet.bundles.store import BundleStore, NewestBundle
from kiosk.fleet.bundles.trial import ATTEMPTS, Trials
from kiosk.hardware.speaker.audio import wav_bytes
from kiosk.hardware.speaker.clips import ClipName
from kiosk.hardware.speaker.rendering import render
from kiosk.health.watchdog import Watchdog
from kiosk.model import Phase
from kiosk.settings.loader import load
from kiosk.simulator.speaker import spell, words_of
from tests.booth import NOW_UTC, Booth, settings
from tests.credentials.trust.published import stored

FILE = """
site: Kantor A
sequence: [credential]
door: {relay_pin: 17}
camera: {}
inputs: {presence: {pin: 5}}
credentials:
  eu_dcc: {}
  site_pass: {site: demo, public_keys: [office.pem], revoked: revoked.txt}
  trust: {folder: trust}
journal: {path: journal.db}
bundles: {address: "https://bundles.bekasi.go.id", folder: store}
"""
OLD_ID, NEW_ID = "a" * 16, "b" * 16


@pytest.fixture
def config(tmp_path: Path) -> Path:
    texts = Path(__file__).parents[2] / "config" / "texts"
    (tmp_path / "texts").mkdir()
    for path in texts.glob("*.yaml"):
        (tmp_path / "texts" / path.name).write_bytes(path.read_bytes())
    Booth.make_keys(tmp_path)
    (tmp_path / "trusted.pem").rename(tmp_path / "office.pem")
    (tmp_path / "revoked.txt").write_text(f"{OLD_ID}\n")
    stored(tmp_path / "trust", NOW_UTC)
    config = tmp_path / "kiosk.yaml"
    config.write_text(FILE)
    return config


def offer(config: Path, version: int, **members: str) -> None:
    store = BundleStore(config.parent / "store")
    named = {name.replace("__", "/").replace("_dot_", "."): text.encode() for name, text in members.items()}
    store.put(BundleArchive(version, named))
    store.confirm(NewestBundle(version, datetime.now(UTC)))


def start(config: Path) -> StartSettings:
    return with_bundle(config, load(config, config.parent / "texts"))


def note(config: Path) -> Trials:
    return Trials(config.with_name(NOTE), BundleStore(config.parent / "store"))


def test_without_a_bundle_the_file_counts(config: Path) -> None:
    made = start(config)
    assert (made.settings.site, made.bundle) == ("Kantor A", 0)


def test_a_bundle_changes_settings_texts_key_lists_and_revocations(config: Path) -> None:
    lists = config.parent / "lists"
    stored(lists, NOW_UTC)
    (listed,) = lists.glob("*.json")
    store = BundleStore(config.parent / "store")
    store.put(
        BundleArchive(
            1,
            {
                "overlay.yaml": b"site: Kantor B\n",
                "texts/id.yaml": b'idle.headline: "Selamat datang di Kantor B"\n',
                f"trust/{listed.name}": listed.read_bytes(),
                "revoked.txt": f"{OLD_ID}\n{NEW_ID}\n".encode(),
            },
        )
    )
    store.confirm(NewestBundle(1, datetime.now(UTC)))
    made = start(config)
    bundle = store.find(1)
    assert bundle
    assert (made.settings.site, made.bundle, made.texts_over) == ("Kantor B", 1, bundle.texts)
    assert made.settings.credentials.trust.folder == str(bundle.trust)
    assert made.settings.credentials.site_pass
    assert made.settings.credentials.site_pass.revoked == str(bundle.revoked)


def spoken(config: Path, version: int, sentence: str, *, spoilt: bool = False) -> StartSettings:
    """Start with a bundle in which one sentence is shown and spoken; `spoilt`: its clip is not the manifest's."""
    clips = config.parent / f"clips-{version}"
    name = ClipName("id", "admitting.headline")
    render(clips, {name: sentence}, spell)
    if spoilt:
        name.path(clips).write_bytes(wav_bytes(spell("id", "another")))
    files = {f"clips/{path.relative_to(clips).as_posix()}": path.read_bytes() for path in clips.rglob("*.*")}
    store = BundleStore(config.parent / "store")
    texts = {"texts/id.yaml": f'{name.key}: "{sentence}"\n'.encode()}
    store.put(BundleArchive(version, {**texts, **files}))
    store.confirm(NewestBundle(version, datetime.now(UTC)))
    return start(config)


def test_a_changed_sentence_is_spoken_by_the_bundles_clip(config: Path) -> None:
    config.write_text(f"{FILE}speaker: {{clips: voice}}\n")
    made = spoken(config, 1, "Ayo masuk.")
    clips = open_clips(made.settings, config.parent, config.parent / "texts", made.texts_over, made.clips_over)
    assert clips
    assert words_of(clips.audio(ClipName("id", "admitting.headline"), 1.0)) == "id: Ayo masuk."
    assert "id/admitting.headline" not in clips.missing


def test_a_bundle_with_a_clip_that_is_not_the_manifests_is_refused(config: Path) -> None:
    config.write_text(f"{FILE}speaker: {{clips: voice}}\n")
    assert spoken(config, 1, "Ayo masuk.", spoilt=True).bundle == 0
    assert "is not the file of the manifest" in note(config).note.reason


def test_a_kiosk_without_a_loudspeaker_leaves_the_clips_alone(config: Path) -> None:
    made = spoken(config, 1, "Ayo masuk.", spoilt=True)
    assert (made.bundle, made.clips_over) == (1, None)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("overlay_dot_yaml", "door: {hold_s: 3}\n", "an overlay may not change this"),
        ("overlay_dot_yaml", "temperature: {high_c: 99}\n", "outside"),
        ("overlay_dot_yaml", "display: {languages: [id, xx]}\n", "there is no 'xx.yaml'"),
        ("texts__id_dot_yaml", "no_such_key: x\n", "unknown key"),
        ("texts__id_dot_yaml", "[", "id.yaml"),
        ("trust__eu_dcc.city_dot_json", "{}", "is not a key list"),
        ("revoked_dot_txt", "not an id\n", "not a pass id"),
        ("revoked_dot_txt", f"{NEW_ID}\n", "lacks 1 that this kiosk has revoked"),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused_and_the_one_before_serves(
    name: str, content: str, reason: str, config: Path
) -> None:
    offer(config, 1, overlay_dot_yaml="site: Kantor B\n")
    first = start(config)
    assert first.trials
    first.trials.serve(1)
    offer(config, 2, **{name: content})
    made = start(config)
    assert (made.settings.site, made.bundle) == ("Kantor B", 1)
    assert note(config).note.refused == 2
    assert reason in note(config).note.reason
    assert start(config).bundle == 1


def test_a_bundle_that_no_longer_fits_the_technicians_file_leaves_the_file_alone(config: Path) -> None:
    offer(config, 1, overlay_dot_yaml="temperature: {low_c: 36.0}\n")
    first = start(config)
    assert first.trials
    first.trials.serve(1)
    config.write_text(f"{FILE}temperature: {{high_c: 36.0}}\n")
    made = start(config)
    assert (made.settings.temperature.high_c, made.bundle) == (36.0, made.bundle)


def test_a_kiosk_that_never_becomes_ready_goes_back(config: Path) -> None:
    offer(config, 1, overlay_dot_yaml="site: Kantor B\n")
    assert [start(config).bundle for _ in range(ATTEMPTS + 1)] == [1, 1, 0]


def test_a_note_that_cannot_be_written_tries_no_new_bundle(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(config, 1, overlay_dot_yaml="site: Kantor B\n")
    first = start(config)
    assert first.trials
    first.trials.serve(1)
    offer(config, 2, overlay_dot_yaml="site: Kantor C\n")
    config.with_name(NOTE).rename(config.with_name("kept"))
    config.with_name(NOTE).mkdir()  # a folder cannot be replaced by a file
    assert start(config).bundle == 0


class BundleBooth(Booth):
    """A booth whose store of bundles stands in its folder; bundle `serving` is used by this run."""

    def __init__(self, folder: Path, serving: int) -> None:
        self.store = BundleStore(folder / "store")
        for version in range(1, serving + 1):
            self.offer(version)
        wanted = settings(bundles={"address": "https://bundles.bekasi.go.id", "folder": "store"})
        self.trials = Trials(folder / NOTE, self.store)
        if serving:
            self.trials.choose()
        made = StartSettings(wanted, None, self.trials, serving)
        super().__init__(folder, wanted, start=made)
        self.supervision = Supervision(self.kiosk, None, Watchdog({}))

    def offer(self, version: int, confirmed_at: datetime = NOW_UTC, refused: str = "") -> None:
        if not refused:
            self.store.put(BundleArchive(version, {"overlay.yaml": b"site: X\n"}))
        self.store.confirm(NewestBundle(version, confirmed_at, refused))

    def live(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.advance(1.0)
            for worker in self.kiosk.workers:  # a worker without a thread has no heartbeat while it waits
                worker.beat_at_s = self.clock.now_s()
            self.supervision.check()

    @property
    def is_stopping(self) -> bool:
        return self.kiosk._stopping.is_set()

    @property
    def faults(self) -> set[str]:
        return {fault for device, fault in self.kiosk.loop.state.faults if device == "bundle"}


def test_the_bundle_serves_when_the_kiosk_is_ready_and_the_journal_says_so(folder: Path) -> None:
    booth = BundleBooth(folder, 1)
    assert booth.trials.note.served == 0
    booth.start()
    booth.live(LOOK_EVERY_S + 1.0)
    assert booth.trials.note.served == 1
    with booth.reading() as reader:
        assert [row.detail for row in reader.rows() if row.kind == "bundle_serves"] == ["1"]
    booth.close()


def test_a_new_bundle_restarts_the_kiosk_when_nobody_was_there_for_a_while(folder: Path) -> None:
    booth = BundleBooth(folder, 0)
    booth.start()
    booth.set("presence", active=True)
    booth.live(2.0)
    booth.offer(1)
    booth.live(LOOK_EVERY_S + QUIET_S + 5.0)
    assert booth.phase is not Phase.IDLE
    assert not booth.is_stopping
    booth.set("presence", active=False)
    booth.live(QUIET_S + 60.0)
    assert booth.is_stopping
    booth.close()


def test_an_emergency_is_never_ended_by_a_bundle(folder: Path) -> None:
    booth = BundleBooth(folder, 0)
    booth.start()
    booth.set("emergency", active=True)
    booth.offer(1)
    booth.live(LOOK_EVERY_S + QUIET_S + 60.0)
    assert booth.phase is Phase.EMERGENCY
    assert not booth.is_stopping
    booth.close()


def test_without_a_new_bundle_the_kiosk_goes_on(folder: Path) -> None:
    booth = BundleBooth(folder, 1)
    booth.start()
    booth.live(LOOK_EVERY_S + QUIET_S + 60.0)
    assert not booth.is_stopping
    assert booth.faults == set()
    booth.close()


def test_a_refused_bundle_and_an_old_confirmation_are_faults_and_service_goes_on(folder: Path) -> None:
    booth = BundleBooth(folder, 1)
    booth.start()
    booth.live(LOOK_EVERY_S + 1.0)
    booth.offer(2, refused="cannot be unpacked")
    booth.live(LOOK_EVERY_S + 1.0)
    assert booth.faults == {"bundle_refused"}
    booth.offer(1, confirmed_at=NOW_UTC - timedelta(days=8))
    booth.live(LOOK_EVERY_S + 1.0)
    assert booth.faults == {"bundle_old"}
    booth.offer(1)
    booth.live(LOOK_EVERY_S + 1.0)
    assert booth.faults == set()
    assert booth.phase is Phase.IDLE
    assert {"bundle_refused", "bundle_old"} <= FAULTS.keys()
    booth.close()


def test_the_age_is_not_judged_while_the_time_of_day_is_not_sure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    booth = BundleBooth(folder, 1)
    unsure = replace(booth.wall(), sure=False)
    assert booth.kiosk.bundles
    monkeypatch.setattr(booth.kiosk.bundles, "_wall", lambda: unsure)
    booth.start()
    booth.offer(1, confirmed_at=NOW_UTC - timedelta(days=8))
    booth.live(LOOK_EVERY_S + 1.0)
    assert booth.faults == set()
    booth.close()
