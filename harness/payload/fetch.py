"""Fetch archives from the package index that the user's pip is configured for.

Only files are fetched: no code of an archive is run, and every file must have the hash that its scenario
pins. The index may serve HTML or JSON.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from harness.errors import PayloadUnavailableError, room_in
from harness.isolated_python import isolated_python
from harness.ownership import clear_abandoned, owned
from harness.payload.cache import Archive, path_of, verified
from harness.payload.download import RefusedAnswerError, chunks
from harness.strategy import get_strategy

if TYPE_CHECKING:
    import requests

PYPI: Final = "https://pypi.org/simple/"
PIP_S: Final = 60.0
MAX_BYTES: Final = 1_000_000_000
NOT_FOUND: Final = 404
JSON_PAGES: Final = frozenset({"application/vnd.pypi.simple.v1+json"})
HTML_PAGES: Final = frozenset({"application/vnd.pypi.simple.v1+html", "text/html"})
MAX_PAGE_BYTES: Final = 100_000_000
"""The largest page of PyPI has about 3 MB (2026)."""

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes so far and, if the index gives it, the total."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """The indexes to ask, in this order, and the certificates to trust (``None``: the usual ones)."""

    urls: tuple[str, ...]
    certificates: str | None = None


@cache
def index_settings() -> IndexSettings:
    """The configuration of pip: files, environment and site settings, as pip itself reads them.

    Without pip, ``PIP_INDEX_URL``, ``PIP_EXTRA_INDEX_URL`` and ``PIP_CERT`` are read.
    """
    listed = subprocess.run(  # noqa: S603
        isolated_python("-m", "pip", "config", "list"),
        capture_output=True,
        text=True,
        check=False,
        timeout=PIP_S,
    )
    # in pip's order, later ones win; the list itself is sorted by name
    scopes: dict[str, dict[str, str]] = {"global": {}, "install": {}, "download": {}, ":env:": {}}
    for line in listed.stdout.splitlines() if listed.returncode == 0 else ():
        key, _, value = line.partition("=")
        scope, _, name = key.strip().rpartition(".")
        if scope in scopes:
            try:
                scopes[scope][name] = str(ast.literal_eval(value.strip()))
            except (ValueError, SyntaxError):
                continue
    settings = {name: value for found in scopes.values() for name, value in found.items()}
    for name in ("index-url", "extra-index-url", "cert"):
        variable = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if variable:
            settings[name] = variable
    urls = [settings.get("index-url") or PYPI, *settings.get("extra-index-url", "").split()]
    return IndexSettings(tuple(dict.fromkeys(urls)), settings.get("cert"))


def fetch(archive: Archive, progress: Progress | None = None) -> Path:
    """Return the path of `archive` in the cache, after fetching it from an index if need be.

    Raises `PayloadUnavailableError` if no index has it, none can be reached, or the file has another
    hash than the scenario pins.
    """
    path = verified(archive)
    if path is not None:
        return path
    import requests  # noqa: PLC0415 - half a second, and not needed once all is cached

    settings = index_settings()
    with requests.Session() as session:
        if settings.certificates:
            session.verify = settings.certificates
        failures: list[str] = []
        for url in settings.urls:
            try:
                link = _find(archive, url, session)
                if link is None:
                    failures.append(f"{without_secrets(url)} does not have it")
                    continue
                return _download(archive, link, session, login_for(link, url), progress)
            except (requests.RequestException, ValueError) as error:  # the latter: not an index page
                failures.append(f"{without_secrets(url)} cannot be used{_reason(error)}")
    raise PayloadUnavailableError(f"{archive.file}: {'; '.join(failures)}")


def _reason(error: Exception) -> str:
    """The words of the harness, but not those of other libraries, which may contain a login."""
    return f": {error}" if isinstance(error, RefusedAnswerError) else f" ({type(error).__name__})"


def _find(archive: Archive, url: str, session: requests.Session) -> str | None:
    """Return the address of `archive` by its project's page on the index at `url`."""
    import pypi_simple  # noqa: PLC0415 - heavy, see `fetch`
    from requests import HTTPError  # noqa: PLC0415

    address = pypi_simple.PyPISimple(endpoint=url, session=session).get_project_url(archive.project)
    try:
        response, body = chunks(
            session,
            address,
            headers={"Accept": pypi_simple.ACCEPT_ANY},
            auth=None,
            max_bytes=MAX_PAGE_BYTES,
        )
    except HTTPError as error:
        if error.response.status_code == NOT_FOUND:
            return None
        raise
    kind = response.headers.get("Content-Type", "text/html").partition(";")[0].strip().lower()
    return link_in(b"".join(body), kind, response.url, archive)


def link_in(page: bytes, kind: str, url: str, archive: Archive) -> str | None:
    """Return the address of `archive` on an index page of the media type `kind`, found at `url`.

    Raises `ValueError` for anything but an index page.
    """
    import pypi_simple  # noqa: PLC0415 - heavy, see `fetch`

    if kind not in JSON_PAGES | HTML_PAGES:
        raise ValueError(f"a page of type {kind}")
    try:
        if kind in JSON_PAGES:
            read = pypi_simple.ProjectPage.from_json_data(json.loads(page), url)
        else:
            read = pypi_simple.ProjectPage.from_html(archive.project, page, base_url=url)
    except Exception as error:  # the parsers of HTML and of JSON have many of their own
        raise ValueError(str(error)) from error
    return next((found.url for found in read.packages if found.filename == archive.file), None)


def login_for(link: str, index: str) -> tuple[str, str] | None:
    """Return the login in the address of the index, if `link` goes to the same server."""
    to, of = urlsplit(link), urlsplit(index)
    if of.username is None or _server(to) != _server(of):
        return None
    return unquote(of.username), unquote(of.password or "")


def _server(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or {"https": 443, "http": 80}.get(url.scheme)


def _download(
    archive: Archive,
    link: str,
    session: requests.Session,
    login: tuple[str, str] | None,
    progress: Progress | None,
) -> Path:
    """Stream into the cache, and give the file its name only if its hash is right."""
    path = path_of(archive)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PayloadUnavailableError(
            f"the cache cannot be written: {path.parent}: {error.strerror}",
            hint="HARNESS_CACHE names its folder.",
        ) from error
    clear_abandoned(path.parent.parent, "*/*.part*", _remove)
    temporary = path.with_name(f"{uuid.uuid4().hex}.part")
    digest = hashlib.sha256()
    count = 0
    with ExitStack() as at_the_end:
        at_the_end.enter_context(owned(temporary))
        at_the_end.callback(_remove, temporary)
        # identity: some servers take the .gz of an sdist for an encoding and unpack it
        response, body = chunks(
            session, link, headers={"Accept-Encoding": "identity"}, auth=login, max_bytes=MAX_BYTES
        )
        length = response.headers.get("Content-Length", "")
        with (
            room_in(path, "Free some space; HARNESS_CACHE names another cache."),
            temporary.open("wb") as file,
        ):
            for chunk in body:
                count += len(chunk)
                digest.update(chunk)
                file.write(chunk)
                if progress is not None:
                    progress(count, int(length) if length.isdecimal() else None)
        if digest.hexdigest() != archive.sha256:
            raise PayloadUnavailableError(
                f"{archive.file}: the index sent other bytes than the scenario pins "
                f"(sha256 {digest.hexdigest()}, pinned {archive.sha256})",
                hint="Nothing was kept. If you trust the new file, change the pin in the scenario.",
            )
        # a scanner may hold the file that was just written
        get_strategy("exponential").persist(os.replace, temporary, path)
    return path


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def without_secrets(url: str) -> str:
    """Remove from an address what may be secret, so that it can be shown: the login, and the query."""
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    address, _, query = rest.partition("?")
    if "@" in query:  # a query, or the rest of a login that is not encoded
        return f"{scheme}{mark}…"
    return f"{scheme}{mark}{address.rpartition('@')[2]}{'?…' if query else ''}"
