"""How the status service's library is loaded, seen in a process of its own."""

import subprocess
import sys

IMPORT = "from kiosk.credentials.lean_requests import import_requests; import_requests(); import sys, requests"


def told(program: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_no_table_of_encodings_is_loaded_and_others_may_load_it_later() -> None:
    assert told(f"{IMPORT}; print('charset_normalizer' in sys.modules, requests.compat.chardet)") == "False None\n"
    assert told(f"{IMPORT}; import charset_normalizer; print(charset_normalizer.__name__)") == "charset_normalizer\n"


def test_what_was_loaded_before_stays() -> None:
    assert told(f"import charset_normalizer; {IMPORT}; print('charset_normalizer' in sys.modules)") == "True\n"


def test_a_text_can_still_be_read() -> None:
    program = f"{IMPORT}; r = requests.Response(); r._content = b'{{}}'; print(r.text, r.json())"
    assert told(program) == "{} {}\n"
