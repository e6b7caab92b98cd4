"""requests without its guess at the encoding of a text: 2.5 MB of tables that a controller holds for nothing.

An answer of the status service is JSON in UTF-8 or no answer (RFC 8259 section 8.1); nothing is guessed about it.
"""

import sys
import warnings

GUESSERS = ("charset_normalizer", "chardet")
"""Either will do for requests (its `compat`), and it works with neither, but for a warning."""


def import_requests() -> None:
    """Import requests so; where it was imported already, or is imported later by others, nothing changes."""
    hidden = [name for name in GUESSERS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: not to be imported
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Unable to find acceptable character detection")
            import requests  # noqa: F401 - it is there from now on
    finally:
        for name in hidden:
            del sys.modules[name]
