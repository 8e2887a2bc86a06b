"""A raw socket, nothing decoded: how fast the server itself is. python raw_socket.py URL PAGES"""

from __future__ import annotations

import socket
import sys
import time
from urllib.parse import urlsplit

import reading


def get(stream: socket.socket, page: int) -> bytes:
    """The body of a page."""
    stream.sendall(f"GET {reading.LIST}?page={page}&page_size={reading.SIZE} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    head, _, body = stream.recv(2**18).partition(b"\r\n\r\n")
    left = int(head.rpartition(b":")[2]) - len(body)
    parts = [body]
    while left:
        parts.append(stream.recv(2**18))
        left -= len(parts[-1])
    return b"".join(parts)


def main() -> None:
    """Read the list once."""
    pages, address = int(sys.argv[2]), urlsplit(reading.url())
    with socket.create_connection((address.hostname, address.port)) as stream:
        began = time.perf_counter()
        seen = sum(get(stream, page).count(b'"user_id":') for page in range(1, pages + 1))
        reading.tell(time.perf_counter() - began, reading.peak_mb(), seen)


main()
