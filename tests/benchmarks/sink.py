"""A receiver in a process of its own that takes every message and answers at once, or after `--delay` seconds.

It does as little as can be done, so that what is measured is the sender. Prints its port and serves until it is ended.
"""

import argparse
import asyncio
import uuid

__all__ = ["main"]

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class _Sink(asyncio.Protocol):
    """Reads requests by their Content-Length; several may follow each other on one connection."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._received = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._received += data
        while (end := self._received.find(_HEAD_END)) >= 0:
            head = bytes(self._received[:end]).lower()
            at = head.index(_LENGTH) + len(_LENGTH)
            whole = end + len(_HEAD_END) + int(head[at:].split(b"\r\n", 1)[0])
            if len(self._received) < whole:
                return
            del self._received[:whole]
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        body = b'"{\\"Id\\":\\"%s\\",\\"Message\\":\\"\\"}"' % str(uuid.uuid4()).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)


async def _serve(delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Sink(delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the port is what the caller waits for
    await server.serve_forever()


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(_serve(parser.parse_args().delay))


if __name__ == "__main__":
    main()
