import subprocess
import sys
from pathlib import Path

from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.office.pass_office import make_key_pair
from kiosk.settings.schema.policy import CredentialsSettings
from tests.credentials.judging.test_offline import EVERYTHING


def test_the_sites_own_pass_is_asked_before_health_credentials(folder: Path) -> None:
    public = make_key_pair(folder).public.name
    wanted = EVERYTHING.model_dump() | {"site_pass": {"site": "demo", "public_keys": (public,)}}
    names = [scheme.name for scheme in accepted_schemes(CredentialsSettings.model_validate(wanted), folder)]
    assert names == ["site_pass", "eu_dcc", "smart_health_card", "divoc", "vds_nc"]


def test_what_a_site_does_not_accept_costs_it_no_memory() -> None:
    dear = "{'requests', 'kiosk.credentials.judging.offline', 'cryptography.x509'}"
    loaded = f"import sys, kiosk.service; print(sorted({dear} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"
