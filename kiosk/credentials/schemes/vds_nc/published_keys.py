"""The form in which the root certificates (CSCA) of ICAO's seals are published: certificates in PEM.

The scheme owns no certificate by itself: a self-signed certificate of another scheme, such as that of India's DIVOC,
must not become a root. The technician names the scheme.
"""

from kiosk.credentials.trust.certificates import root_key
from kiosk.credentials.trust.published_forms import PublishedKeys

KEYS = PublishedKeys(from_certificate=lambda certificate, _: root_key(certificate, "vds_nc"))
