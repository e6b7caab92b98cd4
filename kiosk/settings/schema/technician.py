"""Settings of the technician's page."""

from typing import Annotated

from pydantic import Field

from kiosk.settings.schema.services import FileName
from kiosk.settings.schema.wiring import Section, wanted

PageName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.\-]{0,250}[A-Za-z0-9])?$",
        json_schema_extra=wanted("a host name or an IP address, such as kiosk-1.local or 192.168.1.20"),
    ),
]


class LanSettings(Section):
    """The technician's page for other computers: only by TLS, and after a login."""

    names: tuple[PageName, ...] = Field(
        min_length=1, max_length=8, description="names and addresses of this kiosk in the network; others are refused"
    )
    certificate: FileName = Field(description="file of the page's certificate with its chain (PEM)")
    key: FileName = Field(description="file of the private key of that certificate (PEM)")
    password: FileName = Field(description="file that 'kiosk technician password' wrote")


class TechnicianSettings(Section):
    """The technician's page (docs/technician/page.md)."""

    port: int = Field(default=8090, ge=1024, le=65535, description="port of the page")
    lan: LanSettings | None = Field(
        default=None, description="opens the page to other computers; without it, only this computer can open it"
    )
