"""Settings of the fleet: the office's server, and the certificate by which it knows this kiosk."""

from typing import Annotated

from pydantic import Field

from kiosk.settings.schema.services import FileName
from kiosk.settings.schema.wiring import Section, wanted

ServerName = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?){0,9}"
        r"|[0-9a-fA-F]*:[0-9a-fA-F:]{1,37})$",
        json_schema_extra=wanted("a host name, such as fleet.example.org, or an IP address, without a port"),
    ),
]


class FleetSettings(Section):
    """Settings of the connection to the office's server (docs/fleet.md); a kiosk without this section has none.

    The kiosk is known there by `name`, which is also the name in its certificate.
    """

    server: ServerName = Field(description="host name or IP address of the office's server, as in its certificate")
    port: int = Field(default=8883, ge=1, le=65535, description="port of the MQTT broker on that server")
    ca: FileName = Field(description="file of the certificate authority of the fleet (PEM)")
    certificate: FileName = Field(description="file of this kiosk's certificate (PEM); the name in it is `name`")
    key: FileName = Field(description="file of the private key of that certificate (PEM)")
    seal: FileName = Field(description="file of the key that seals this kiosk's rows, from its enrolment")
