"""A name server for the names that AWS gives to load balancers and API servers, some of which take their time."""

import socket
import socketserver
import struct
import threading
import time

_A, _answered, _unknown = 1, 0x8580, 0x8583
# Name -> IPv4 address, and from when on it is known.
_zone: dict[str, tuple[str, float]] = {}


def place(name: str, address: str, seconds: float) -> None:
    """Let a name resolve to an address, after so many seconds."""
    _zone[name.lower()] = (address, time.monotonic() + seconds)


def _question(query: bytes) -> tuple[str, int, int]:
    """Name, type, and where the question ends."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += query[at] + 1
    return ".".join(labels).lower(), struct.unpack_from("!H", query, at + 1)[0], at + 5


def _answer(query: bytes) -> bytes:
    """An A record; nothing of other types; NXDOMAIN for what nobody knows yet."""
    name, kind, end = _question(query)
    address, since = _zone.get(name, ("", time.monotonic() + 1))
    known = time.monotonic() >= since
    records = b""
    if known and kind == _A:
        records = struct.pack("!HHHIH", 0xC00C, _A, 1, 0, 4) + socket.inet_aton(address)
    counts = struct.pack("!HHHHH", _answered if known else _unknown, 1, 1 if records else 0, 0, 0)
    return query[:2] + counts + query[12:end] + records


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        query, asked = self.request
        asked.sendto(_answer(query), self.client_address)


def serve(host: str) -> int:
    """Answer on a free UDP port until the process ends; returns the port."""
    server = socketserver.ThreadingUDPServer((host, 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
