"""The form in which the root certificates (CSCA) of ICAO's seals are published: certificates in PEM."""

from kiosk.credentials.trust.certificates import is_authority, root_key
from kiosk.credentials.trust.published_forms import PublishedKeys

KEYS = PublishedKeys(from_certificate=lambda certificate, _: root_key(certificate, "vds_nc"), owns=is_authority)
