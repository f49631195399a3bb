"""Fetch archives from the package index that the user's pip is configured for.

Only files are fetched: no code of an archive is run, and every file must have the hash that its scenario
pins. The index may serve HTML or JSON.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from harness.errors import PayloadUnavailableError
from harness.payload.cache import Archive, path_of, verified
from harness.strategy import get_strategy

if TYPE_CHECKING:
    import pypi_simple
    import requests

PYPI: Final = "https://pypi.org/simple/"
TIMEOUT_S: Final = 60.0
MAX_BYTES: Final = 1_000_000_000

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
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
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
                    failures.append(f"{without_login(url)} does not have it")
                    continue
                return _download(archive, link, session, progress)
            except (requests.RequestException, ValueError) as error:  # the latter: not an index page
                failures.append(f"{without_login(url)} cannot be used ({type(error).__name__})")
    raise PayloadUnavailableError(f"{archive.file}: {'; '.join(failures)}")


def _find(archive: Archive, url: str, session: requests.Session) -> str | None:
    import pypi_simple  # noqa: PLC0415 - heavy, see `fetch`

    client = pypi_simple.PyPISimple(endpoint=url, session=session)
    try:
        page: pypi_simple.ProjectPage = client.get_project_page(archive.project, timeout=TIMEOUT_S)
    except pypi_simple.NoSuchProjectError:
        return None
    except pypi_simple.UnsupportedRepoVersionError as error:
        raise ValueError(str(error)) from error
    return next((found.url for found in page.packages if found.filename == archive.file), None)


def _download(archive: Archive, link: str, session: requests.Session, progress: Progress | None) -> Path:
    """Stream into the cache, and give the file its name only if its hash is right."""
    path = path_of(archive)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PayloadUnavailableError(
            f"the cache cannot be written: {path.parent}: {error.strerror}",
            hint="HARNESS_CACHE names its folder.",
        ) from error
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    digest = hashlib.sha256()
    count = 0
    try:
        with (
            # identity: some servers take the .gz of an sdist for an encoding and unpack it
            session.get(
                link, stream=True, timeout=TIMEOUT_S, headers={"Accept-Encoding": "identity"}
            ) as response,
            temporary.open("wb") as file,
        ):
            response.raise_for_status()
            length = response.headers.get("Content-Length", "")
            for chunk in response.iter_content(1 << 18):
                count += len(chunk)
                if count > MAX_BYTES:
                    raise PayloadUnavailableError(f"{archive.file}: larger than {MAX_BYTES:,} bytes")
                digest.update(chunk)
                file.write(chunk)
                if progress is not None:
                    progress(count, int(length) if length.isdigit() else None)
        if digest.hexdigest() != archive.sha256:
            raise PayloadUnavailableError(
                f"{archive.file}: the index sent other bytes than the scenario pins "
                f"(sha256 {digest.hexdigest()}, pinned {archive.sha256})",
                hint="Nothing was kept. If you trust the new file, change the pin in the scenario.",
            )
        # a scanner may hold the file that was just written
        get_strategy("exponential").persist(os.replace, temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def without_login(url: str) -> str:
    """Remove the user name and password from an address, so that it can be shown."""
    return re.sub(r"^([a-z][a-z0-9+.-]*://)?.*@", r"\1", url, flags=re.IGNORECASE)
