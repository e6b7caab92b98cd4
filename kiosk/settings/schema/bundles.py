"""Settings of the signed bundles by which the office changes many kiosks."""

from pydantic import Field

from kiosk.settings.schema.services import FileName, ServiceAddress
from kiosk.settings.schema.wiring import Section


class BundlesSettings(Section):
    """The source of the office's signed bundles, and the greatest age of their last confirmation."""

    address: ServiceAddress = Field(description="address of the office's repository of bundles; https")
    root: FileName = Field(
        default="fleet/root.json", description="file of the repository's root keys, as the office handed it out"
    )
    ca_file: FileName | None = Field(
        default=None, description="certificate authority of the address (PEM); without it those of the system"
    )
    folder: FileName = Field(default="/var/lib/kiosk-bundles", description="folder of the fetched bundles")
    alarm_age_days: int = Field(
        default=7, ge=1, le=365, description="if the office has not confirmed the bundle for this long, it is a fault"
    )
