"""Connections on which nobody asks anything: few are enough to fill every place, so none keeps its place for long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from sync_agent.web import server

T = TypeVar("T")
HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
PATIENCE = 30


async def slow(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer after longer than a connection may stay silent."""
    await receive()
    await asyncio.sleep(0.3)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def talked(work: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[T]]) -> T:
    """Return what came of a connection to a server that speaks as the pages do."""

    async def both() -> T:
        config = uvicorn.Config(slow, lifespan="off", log_config=None)
        config.load()
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: server.Impatient(config, ServerState(), {}), "127.0.0.1", 0)
        async with listening:
            reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname()[:2])
            try:
                return await asyncio.wait_for(work(reader, writer), PATIENCE)
            finally:
                writer.close()

    return asyncio.run(both())


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_QUIET_SECONDS", 0.1)


@pytest.mark.parametrize("begun", [b"", b"GET / HT", HEAD])
def test_a_connection_without_a_whole_question_is_closed(begun: bytes) -> None:
    """Whether nothing came or a part of it."""

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(begun)
        return await reader.read()

    assert talked(work) == b""


def test_so_is_one_that_begins_another_question_and_does_not_end_it() -> None:
    """After an answer too."""

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(HEAD + b"\r\n")
        await reader.readuntil(b"ok")
        writer.write(HEAD)
        return await reader.read()

    assert talked(work) == b""


def test_an_answer_may_take_longer() -> None:
    """Only who asks nothing is sent away."""

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(HEAD + b"\r\n")
        return await reader.readuntil(b"ok")

    assert talked(work).startswith(b"HTTP/1.1 200")
