import logging
import os
from pathlib import Path

import pytest

from kiosk.credentials.schemes.site_pass.pass_revocations import RevokedPasses, read_ids, revoke
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.errors import KioskError
from kiosk.model import Pass, Reason, Refer, WallTime
from kiosk.office.pass_office import issue_order
from tests.credentials import passes
from tests.credentials.passes import MONDAY, ORDER, SITE


def test_a_revoked_pass_is_refused_at_once_and_every_pass_while_the_list_cannot_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "revoked.txt"
    revoke(path, ["0" * 16])
    scheme = SitePass(SITE, passes.keys(passes.KEY), is_revoked=RevokedPasses(path))
    issued = issue_order(passes.KEY, SITE, ORDER)
    when = WallTime(MONDAY, sure=True)
    assert scheme.judge(issued.text.encode(), when) == Pass("staff")
    assert revoke(path, [issued.pass_id.upper()]) == 2
    assert scheme.judge(issued.text.encode(), when) == Refer(Reason.STATUS_DENIED, "revoked")
    path.write_text("nonsense\n")
    caplog.set_level(logging.ERROR)
    assert scheme.judge(issue_order(passes.KEY, SITE, ORDER).text.encode(), when) == Refer(
        Reason.STATUS_DENIED, "revoked"
    )
    assert "every site pass is refused" in caplog.text
    path.unlink()
    assert scheme.judge(issued.text.encode(), when) == Refer(Reason.STATUS_DENIED, "revoked")


def test_the_list_of_revoked_passes_is_read_as_a_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "revoked.txt"
    path.write_text(f"# lost\n{'a' * 16}  # on the bus\n\n{'B' * 32}\n")
    assert read_ids(path) == {"a" * 16, "b" * 32}
    path.write_text(f"{'a' * 16}\nxyz\n")
    with pytest.raises(KioskError, match="line 2"):
        read_ids(path)
    with pytest.raises(KioskError, match="cannot be read"):
        RevokedPasses(tmp_path / "none")
    with pytest.raises(KioskError, match="not a pass id"):
        revoke(path, ["xyz"])
    path.write_text("")
    with pytest.raises(KioskError, match="cannot be written"):
        revoke(tmp_path / "folder" / "revoked.txt", ["a" * 16])
    with path.open("wb") as file:
        os.truncate(file.fileno(), 5_000_000)
    with pytest.raises(KioskError, match="larger than"):
        read_ids(path)
