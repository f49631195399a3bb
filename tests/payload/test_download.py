"""Answers that are too large or too slow, from real servers on 127.0.0.1."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from harness.payload.download import CHUNK, RefusedAnswerError, chunks

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer one request with `answer`, which gets the connection."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(CHUNK)
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def read(url: str, max_bytes: int = 100_000, timeout_s: float = 10.0) -> bytes:
    with requests.Session() as session:
        session.trust_env = False
        _, body = chunks(session, url, headers={}, auth=None, max_bytes=max_bytes, timeout_s=timeout_s)
        return b"".join(body)


def trickle(connection: socket.socket, released: threading.Event) -> None:
    """Send a byte every 50 ms until nobody reads or `released` is set: each is in time for a socket."""
    try:
        while not released.wait(0.05):
            connection.sendall(b" ")
    except OSError:
        pass


def test_an_answer_is_read_to_its_end() -> None:
    content = bytes(range(256)) * 300
    with server(lambda connection: connection.sendall(HEAD + b"\r\n" + content)) as url:
        assert read(url, len(content)) == content


def test_one_byte_more_than_allowed_is_refused() -> None:
    with (
        server(lambda connection: connection.sendall(HEAD + b"\r\n" + bytes(1001))) as url,
        pytest.raises(RefusedAnswerError, match="more than 1,000 bytes"),
    ):
        read(url, 1000)


def test_a_compressed_answer_counts_as_what_it_grows_to() -> None:
    bomb = gzip.compress(bytes(200_000_000))  # 195 kB on the line
    head = HEAD + b"Content-Encoding: gzip\r\n\r\n"
    with (
        server(lambda connection: connection.sendall(head + bomb)) as url,
        pytest.raises(RefusedAnswerError, match="more than 100,000 bytes"),
    ):
        read(url)


@pytest.mark.parametrize("start", [HEAD + b"\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "], ids=["body", "head"])
def test_an_answer_that_trickles_is_refused(start: bytes) -> None:
    released = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        trickle(connection, released)

    with server(answer) as url:
        try:
            with pytest.raises(RefusedAnswerError, match="less than 10,000 bytes a second"):
                read(url, timeout_s=0.3)
        finally:
            released.set()


def test_an_error_while_reading_is_raised_by_the_reader() -> None:
    head = HEAD + b"Content-Length: 1000\r\n\r\n"
    with (
        server(lambda connection: connection.sendall(head + bytes(10))) as url,
        pytest.raises(requests.exceptions.ChunkedEncodingError),
    ):
        read(url)


def test_a_status_that_is_an_error_is_raised() -> None:
    with (
        server(
            lambda connection: connection.sendall(b"HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\n")
        ) as url,
        pytest.raises(requests.HTTPError, match="503"),
    ):
        read(url)
