"""The login of a page that leaves this computer: one password, and sessions in memory.

Theory: a password is kept as Argon2id (RFC 9106) with 19 MiB, two passes and one lane (OWASP, Password Storage Cheat
Sheet). One check takes a fraction of a second and 19 MiB, so that a stolen file is dear to try, and so that many
checks at once would exhaust a small computer: they run one at a time, on a thread of their own.

Rule 1: after `FREE_TRIES` wrong passwords an address waits, each time twice as long.
Rule 2: a session is a random number in a cookie that scripts cannot read and other sites cannot send
    (RFC 6265bis: HttpOnly, SameSite=Strict, the prefix __Host-).
Rule 3: a POST counts only with the page's own Origin (CSRF).
"""

import asyncio
import base64
import hmac
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kiosk.errors import KioskError
from kiosk.support.web.bodies import BodyRefused, read_body

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
SHORTEST_PASSWORD = 12
FREE_TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 15.0, 3600.0
MAX_ADDRESSES = 256
MAX_WAITING = 3
"""Passwords that wait for their check; one more is refused at once."""

MAX_FORM_BYTES = 1024
MAX_SESSIONS = 20
IDLE_S, SESSION_S = 1800.0, 12 * 3600.0
COOKIE = "__Host-session"


def hash_of(password: str) -> str:
    """Return the password as a line for the password file. Raises `KioskError` if it is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise KioskError(f"the password has {len(password)} characters; it needs at least {SHORTEST_PASSWORD}")
    kdf = Argon2id(salt=secrets.token_bytes(16), length=32, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def is_right(password: str, hashed: str) -> bool:
    """Return True if `hashed` was made from this password. Takes a fraction of a second and `MEMORY_KIB`."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), hashed)
    except (InvalidKey, ValueError):
        return False
    return True


def read_hash(file: Path) -> str:
    """Return the line of a password file. Raises `KioskError` if it cannot be read or is no such file."""
    try:
        line = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise KioskError(f"the password file '{file}' cannot be read: {reason}; make it again") from None
    if not line.startswith("$argon2id$") or len(line) > MAX_FORM_BYTES:
        raise KioskError(f"'{file}' is no password file; make it again")
    return line


@dataclass(slots=True)
class _Address:
    wrong: int = 0
    free_at_s: float = 0.0


class Attempts:
    """Counts wrong passwords by address, for at most `MAX_ADDRESSES`; the one that was wrong longest ago is dropped."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._addresses: dict[str, _Address] = {}

    def wait_s(self, address: str) -> float:
        """Return the seconds until this address may try again; 0 if it may now."""
        known = self._addresses.get(address)
        return max(known.free_at_s - self._now(), 0.0) if known else 0.0

    def note_wrong(self, address: str) -> None:
        """Count a wrong password."""
        known = self._addresses.pop(address, _Address())
        known.wrong += 1
        if known.wrong >= FREE_TRIES:
            wait_s = min(FIRST_WAIT_S * 2.0 ** min(known.wrong - FREE_TRIES, 20), LONGEST_WAIT_S)
            known.free_at_s = self._now() + wait_s
        self._addresses[address] = known
        if len(self._addresses) > MAX_ADDRESSES:
            del self._addresses[next(iter(self._addresses))]

    def note_right(self, address: str) -> None:
        """Forget the wrong passwords of an address."""
        self._addresses.pop(address, None)


class Sessions:
    """The sessions that are open, by their number; the oldest makes room for a new one."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: dict[str, tuple[float, float]] = {}

    def begin(self) -> str:
        """Return the number of a new session."""
        while len(self._open) >= MAX_SESSIONS:
            del self._open[next(iter(self._open))]
        number = secrets.token_urlsafe(32)
        self._open[number] = (self._now(), self._now())
        return number

    def is_open(self, number: str) -> bool:
        """Return True if the session is open, and note that it was used."""
        found = self._open.get(number)
        if found is None:
            return False
        began_s, used_s = found
        if self._now() - used_s > IDLE_S or self._now() - began_s > SESSION_S:
            del self._open[number]
            return False
        self._open[number] = (began_s, self._now())
        return True

    def end(self, number: str) -> None:
        """End the session, if it is open."""
        self._open.pop(number, None)


class Login:
    """An ASGI application that lets only requests with a session through to `app`.

    hashed: the line of the password file. path: of the login, which also ends sessions under `path`/end. home: where a
    login leads. origins: the page's own origins, such as "https://kiosk-1:8443". form: returns the HTML of the login
    with a message. open_paths: paths that need no session, such as the style sheet. basic_paths: paths for programs,
    which send the password with each request, under any user name (HTTP Basic, RFC 7617).
    """

    def __init__(
        self,
        app: ASGIApp,
        hashed: str,
        path: str,
        home: str,
        origins: frozenset[str],
        form: Callable[[str], str],
        open_paths: frozenset[str] = frozenset(),
        basic_paths: frozenset[str] = frozenset(),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._hashed = hashed
        self._path = path
        self._home = home
        self._origins = origins
        self._form = form
        self._open_paths = open_paths
        self._basic_paths = basic_paths
        self._known = secrets.token_bytes(32)
        self._right_digest = b""
        self._attempts = Attempts(now)
        self._sessions = Sessions(now)
        self._hashing = ThreadPoolExecutor(1, "login")
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the login, let a request with a session through, and refuse others with 401 or the login."""
        request = Request(scope, receive)
        app: ASGIApp
        if scope["method"] == "POST" and request.headers.get("origin") not in self._origins:
            app = PlainTextResponse("this request comes from another page", 403)
        elif scope["path"] == self._path:
            app = await self._log_in(request) if scope["method"] == "POST" else HTMLResponse(self._form(""))
        elif scope["path"] in self._open_paths:
            app = self._app
        elif scope["path"] in self._basic_paths and not request.cookies.get(COOKIE):
            app = await self._with_password(request)
        elif self._sessions.is_open(request.cookies.get(COOKIE, "")):
            app = self._app if scope["path"] != f"{self._path}/end" else self._log_out(request)
        elif scope["path"] == self._home:
            app = RedirectResponse(self._path, 303)
        else:
            app = PlainTextResponse("log in first", 401)
        await app(scope, receive, send)

    async def _with_password(self, request: Request) -> ASGIApp:
        """Return the application if the request carries the right password, otherwise a refusal.

        A scrape every few seconds must not cost a check of Argon2id each. So the last right password is remembered as a
        digest under a key of this process.
        """
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            password = base64.b64decode(encoded, validate=True).decode().partition(":")[2]
        except ValueError:
            password = ""
        if scheme.lower() != "basic" or not password:
            return PlainTextResponse("log in first", 401, {"www-authenticate": 'Basic realm="kiosk"'})
        digest = hmac.digest(self._known, password.encode(), "sha256")
        if self._right_digest and hmac.compare_digest(digest, self._right_digest):
            return self._app
        if refusal := await self._refusal(request, password):
            return PlainTextResponse(*refusal)
        self._right_digest = digest
        return self._app

    async def _log_in(self, request: Request) -> Response:
        try:
            body = await read_body(request, MAX_FORM_BYTES)
        except BodyRefused as refused:
            return PlainTextResponse(str(refused), refused.status)
        password = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        if refusal := await self._refusal(request, password):
            return HTMLResponse(self._form(refusal[0]), refusal[1])
        answer = RedirectResponse(self._home, 303)
        answer.set_cookie(COOKIE, self._sessions.begin(), path="/", secure=True, httponly=True, samesite="strict")
        return answer

    async def _refusal(self, request: Request, password: str) -> tuple[str, int] | None:
        """Check the password, one at a time; return why it is refused and the status, or None if it is right."""
        address = request.client.host if request.client else ""
        if wait_s := self._attempts.wait_s(address):
            return f"Too many wrong passwords. Try again in {wait_s:.0f} s.", 429
        if self._waiting >= MAX_WAITING:
            return "Too many logins at once. Try again in a moment.", 429
        self._waiting += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(self._hashing, is_right, password, self._hashed)
        finally:
            self._waiting -= 1
        if not right:
            self._attempts.note_wrong(address)
            return "This password is not right.", 403
        self._attempts.note_right(address)
        return None

    def _log_out(self, request: Request) -> Response:
        self._sessions.end(request.cookies.get(COOKIE, ""))
        return RedirectResponse(self._path, 303)
