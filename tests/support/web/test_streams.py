"""Endless responses: only the newest value, a limited number of readers, and no reader delays another."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kiosk.support.web import streams
from kiosk.support.web.streams import MAX_READERS, Broadcast


class Browser:
    """One ASGI client: `received` is the data so far; it accepts data only while `accepting` is set."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.accepting = asyncio.Event()
        self.accepting.set()
        self.got = asyncio.Event()
        self.left = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.accepting.wait()
        self.received.append(message.get("status") or message["body"])
        self.got.set()

    async def until(self, length: int) -> None:
        while len(self.received) < length:
            self.got.clear()
            await asyncio.wait_for(self.got.wait(), 5.0)

    def open(self, stream: Broadcast) -> "asyncio.Task[None]":
        return asyncio.create_task(stream({}, self.receive, self.send))


class Numbers:
    """A stream whose newest value is a number."""

    def __init__(self) -> None:
        self.number: int | None = 0
        self.stream = Broadcast("text/plain", self.newest, opening=b"hello", beat=b"beat")

    def newest(self) -> bytes | None:
        return None if self.number is None else b"%d" % self.number

    def put(self, number: int | None) -> None:
        self.number = number
        self.stream.wake()


def play(act: Callable[[Numbers], Awaitable[None]]) -> None:
    async def on_a_loop() -> None:
        numbers = Numbers()
        numbers.stream.open(asyncio.get_running_loop())
        await act(numbers)
        numbers.stream.close()

    asyncio.run(on_a_loop())


def test_a_reader_gets_the_newest_value_at_once_and_after_each_change() -> None:
    async def act(numbers: Numbers) -> None:
        browser = Browser()
        answer = browser.open(numbers.stream)
        await browser.until(3)
        numbers.put(1)
        await browser.until(4)
        assert browser.received == [200, b"hello", b"0", b"1"]
        browser.left.set()
        await answer

    play(act)


def test_a_slow_reader_misses_the_values_in_between() -> None:
    async def act(numbers: Numbers) -> None:
        browser = Browser()
        answer = browser.open(numbers.stream)
        await browser.until(3)
        browser.accepting.clear()
        for number in range(1, 100):
            numbers.put(number)
            await asyncio.sleep(0)
        browser.accepting.set()
        await browser.until(5)
        assert browser.received[:3] == [200, b"hello", b"0"]
        assert len(browser.received) == 5  # one send had already begun when the reader became slow
        assert browser.received[-1] == b"99"
        browser.left.set()
        await answer

    play(act)


def test_a_reader_that_accepts_no_data_is_dropped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streams, "SLOW_S", 0.01)

    async def act(numbers: Numbers) -> None:
        browser = Browser()
        answer = browser.open(numbers.stream)
        await browser.until(3)
        browser.accepting.clear()
        numbers.put(1)
        await asyncio.wait_for(answer, 5.0)
        assert "dropped" in caplog.text

    play(act)


def test_a_stream_without_changes_sends_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BEAT_S", 0.01)

    async def act(numbers: Numbers) -> None:
        browser = Browser()
        answer = browser.open(numbers.stream)
        await browser.until(5)
        assert browser.received == [200, b"hello", b"0", b"beat", b"beat"]
        browser.left.set()
        await answer

    play(act)


def test_the_newest_reader_gets_in_and_the_oldest_is_dropped() -> None:
    async def act(numbers: Numbers) -> None:
        browsers = [Browser() for _ in range(MAX_READERS)]
        answers = [browser.open(numbers.stream) for browser in browsers]
        for browser in browsers:
            await browser.until(3)
        screen = Browser()
        answers.append(screen.open(numbers.stream))
        await screen.until(3)
        assert screen.received[0] == 200
        await asyncio.wait_for(answers[0], 5.0)  # nobody left: the oldest was dropped
        assert not any(answer.done() for answer in answers[1:])
        for browser in (*browsers, screen):
            browser.left.set()
        await asyncio.gather(*answers)

    play(act)


def test_a_response_ends_when_the_newest_value_is_none() -> None:
    async def act(numbers: Numbers) -> None:
        browser = Browser()
        answer = browser.open(numbers.stream)
        await browser.until(3)
        numbers.put(None)
        await asyncio.wait_for(answer, 5.0)
        assert browser.received == [200, b"hello", b"0", b""]
        late = Browser()
        await asyncio.wait_for(late.open(numbers.stream), 5.0)
        assert late.received == [204, b""]

    play(act)


def test_close_ends_every_response_and_refuses_new_readers() -> None:
    async def act(numbers: Numbers) -> None:
        browser = Browser()
        answer = browser.open(numbers.stream)
        await browser.until(3)
        numbers.stream.close()
        await asyncio.wait_for(answer, 5.0)
        late = Browser()
        await asyncio.wait_for(late.open(numbers.stream), 5.0)
        assert (browser.received[-1], late.received) == (b"", [503, b""])

    play(act)


def test_wake_works_before_open_after_close_and_from_any_thread() -> None:
    async def act(numbers: Numbers) -> None:
        browser = Browser()
        answer = browser.open(numbers.stream)
        await browser.until(3)
        await asyncio.to_thread(numbers.put, 5)
        await browser.until(4)
        assert browser.received[-1] == b"5"
        numbers.stream.close()
        await answer
        numbers.put(6)

    Numbers().put(1)
    play(act)
