"""Read what a web address sends, with bounds on its size and on the time that it takes.

The server may be a stranger's. The time limit of a socket starts anew with every byte, so the reading is
done on a thread that is left alone when it takes too long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import requests

TIMEOUT_S: Final = 60.0
"""Seconds that a server may take before its first byte, or stay silent after one."""
SLOWEST: Final = 10_000.0
"""Bytes a second that an answer must reach on average, `TIMEOUT_S` aside."""
CHUNK: Final = 1 << 16
"""Bytes that are read at once. A compressed one grows up to 1,032-fold (RFC 1951), so to 68 MB."""


class RefusedAnswerError(ValueError):
    """An answer that is larger, or comes more slowly, than is accepted."""


def chunks(
    session: requests.Session,
    url: str,
    *,
    headers: dict[str, str],
    auth: tuple[str, str] | None,
    max_bytes: int,
    timeout_s: float = TIMEOUT_S,
) -> tuple[requests.Response, Iterator[bytes]]:
    """Ask `url`; return the answer, whose body is not to be read, and its body in decoded chunks.

    Raises `requests.RequestException` if nobody answers or the status is an error, and
    `RefusedAnswerError` for an answer that is too slow or has more than `max_bytes`; both also while the
    chunks are read.
    """

    def parts() -> Iterator[requests.Response | bytes]:
        with session.get(url, stream=True, timeout=timeout_s, headers=headers, auth=auth) as response:
            response.raise_for_status()
            yield response
            yield from response.iter_content(CHUNK)

    def body() -> Iterator[bytes]:
        count = 0
        while (chunk := reader.next(timeout_s + count / SLOWEST)) is not None:
            count += len(chunk)
            if count > max_bytes:
                raise RefusedAnswerError(f"it sends more than {max_bytes:,} bytes")
            yield chunk

    reader = _OnThread(parts())
    return reader.next(timeout_s), body()


class _OnThread:
    """Takes the parts of an iterator on a daemon thread, one for each call of `next`."""

    def __init__(self, parts: Iterator[requests.Response | bytes]) -> None:
        self._start = time.monotonic()
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._answers: SimpleQueue[requests.Response | bytes | Exception | None] = SimpleQueue()
        threading.Thread(target=self._work, args=(parts,), daemon=True).start()

    def next(self, allowed_s: float) -> Any:
        """Return the next part, ``None`` after the last; raise if all took more than `allowed_s`."""
        self._orders.put(True)
        try:
            part = self._answers.get(timeout=max(0.0, self._start + allowed_s - time.monotonic()))
        except Empty:
            raise RefusedAnswerError(f"it sends less than {SLOWEST:,.0f} bytes a second") from None
        if isinstance(part, Exception):
            raise part
        return part

    def _work(self, parts: Iterator[requests.Response | bytes]) -> None:
        while self._orders.get():
            try:
                self._answers.put(next(parts, None))
            except Exception as error:  # noqa: BLE001 - raised by `next` of this class
                self._answers.put(error)
