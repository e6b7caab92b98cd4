import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.credentials.judging.registry import Registry
from kiosk.credentials.schemes.entry import Network
from kiosk.credentials.schemes.online_status.status_request import HttpsStatusService
from kiosk.credentials.schemes.site_pass.pass_revocations import revoke
from kiosk.errors import KioskError
from kiosk.model import Pass, Payload, Reason, Refer, WallTime
from kiosk.office.pass_office import make_key_pair
from kiosk.settings.schema.policy import CredentialsSettings, SitePassSettings
from kiosk.simulator.clock import VirtualClock
from tests.credentials import passes, services
from tests.credentials.judging.test_offline import EVERYTHING


def test_the_schemes_are_asked_in_the_order_of_the_table(folder: Path) -> None:
    public = make_key_pair(folder).public.name
    wanted = EVERYTHING.model_dump() | {"site_pass": {"site": "demo", "public_keys": (public,)}}
    names = [scheme.name for scheme in accepted_schemes(CredentialsSettings.model_validate(wanted), folder)]
    assert names == ["site_pass", "eu_dcc", "smart_health_card", "divoc", "vds_nc"]


COSTLY = {"requests", "kiosk.credentials.judging.offline", "cryptography.x509"}
"""Modules for health credentials and for the online status: together some 80 ms at start and several MB."""


def loaded_by(program: str) -> list[str]:
    """Return the costly modules that a new interpreter has loaded after `program`."""
    program += f"\nimport sys; print(*sorted({COSTLY} & set(sys.modules)))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()


def test_the_service_does_not_load_the_modules_of_schemes_before_it_needs_them() -> None:
    assert loaded_by("import kiosk.composition.service") == []


def test_a_site_without_health_credentials_does_not_load_their_modules(folder: Path) -> None:
    public = make_key_pair(folder).public.name
    program = (
        "from pathlib import Path\n"
        "from kiosk.credentials.judging.accepted import accepted_schemes\n"
        "from kiosk.settings.schema.policy import CredentialsSettings\n"
        "settings = CredentialsSettings.model_validate({wanted})\n"
        "accepted_schemes(settings, Path({folder!r}))"
    )
    own = {"site_pass": {"site": "demo", "public_keys": (public,)}}
    assert loaded_by(program.format(wanted=own, folder=str(folder))) == []
    assert loaded_by(program.format(wanted={**own, "eu_dcc": {}}, folder=str(folder))) == [
        "cryptography.x509",
        "kiosk.credentials.judging.offline",
    ]


def test_a_site_pass_is_judged_with_the_sites_keys_and_its_revocations(tmp_path: Path) -> None:
    pem = passes.KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pass.pub.pem").write_bytes(pem)
    own = SitePassSettings(site="bekasi-city-hall", public_keys=("pass.pub.pem",))
    [scheme] = accepted_schemes(CredentialsSettings(site_pass=own), tmp_path)
    assert Registry([scheme]).judge(Payload(passes.text()), passes.SURE).verdict == Pass("staff")
    revoke(tmp_path / "revoked.txt", ["0001020304050607"])
    wanted = own.model_copy(update={"revoked": "revoked.txt"})
    [scheme] = accepted_schemes(CredentialsSettings(site_pass=wanted), tmp_path)
    assert scheme.judge(passes.text(), passes.SURE) == Refer(Reason.STATUS_DENIED, "revoked")
    with pytest.raises(KioskError):
        accepted_schemes(CredentialsSettings(site_pass=own.model_copy(update={"revoked": "none.txt"})), tmp_path)
    assert accepted_schemes(CredentialsSettings(), tmp_path) == []
    assert WallTime(passes.NOON, sure=True) == passes.SURE


def test_a_scheme_with_a_service_is_accepted_only_with_a_network(tmp_path: Path) -> None:
    wanted = CredentialsSettings(online_status=services.settings("http://127.0.0.1:1"))
    assert accepted_schemes(wanted, tmp_path) == []
    network = Network(VirtualClock(), 6.0, lambda _reachable: None, HttpsStatusService)
    assert [scheme.name for scheme in accepted_schemes(wanted, tmp_path, network)] == ["online_status"]
