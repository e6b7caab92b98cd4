"""Reading the body of a request within limits of size and time.

uvicorn has neither limit. A client that sends its body a byte at a time would keep one of the few connections for ever.
"""

import asyncio

from starlette.requests import ClientDisconnect, Request

BODY_S = 5.0
"""Longest time for a body; the largest one has 256 KiB."""


class BodyRefused(Exception):  # noqa: N818 - it is an answer and no error
    """The body is too large or too slow. `status` is the answer for it (RFC 9110, sections 15.5.9 and 15.5.14)."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Return the body. Raises `BodyRefused` if it has more than `most_bytes` or is not there within `BODY_S`."""
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most_bytes:
                    raise BodyRefused(f"larger than {most_bytes // 1024} KiB", 413)
    except TimeoutError:
        raise BodyRefused("the request came too slowly", 408) from None
    except ClientDisconnect:
        raise BodyRefused("the request is not complete", 400) from None
    return body
