"""Fetching from real package indexes: HTTP servers on 127.0.0.1 with the HTML pages of PEP 503."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ExitCode, PayloadUnavailableError
from harness.payload.cache import Archive, cache_folder, path_of
from harness.payload.fetch import PYPI, IndexSettings, fetch, index_settings, without_secrets

CONTENT = bytes(range(256)) * 3000  # several chunks
FILE = "tiny_tool-1.0-py3-none-any.whl"
ARCHIVE = Archive("Tiny.Tool", FILE, hashlib.sha256(CONTENT).hexdigest())
PASSWORD = "s3cret-pass"  # noqa: S105 - of a server that this file starts


class Index:
    """A package index in a folder: ``simple/<project>/index.html``, and files beside it.

    It can ask for a login, break off in the middle of a file, and send pages of another type.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.requests: list[str] = []
        self.encodings: list[str | None] = []
        self.login: str | None = None
        self.logins: list[str | None] = []
        self.breaks_off = False
        self.page_type = "text/html"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, index=self))
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple/"
        (root / "simple").mkdir(parents=True)

    def url_with_login(self) -> str:
        return self.url.replace("http://", f"http://user:{PASSWORD}@")

    def add(self, archive: Archive, content: bytes) -> None:
        """Publish a file; PEP 503 has the project under its normalised name."""
        (self.root / "files").mkdir(exist_ok=True)
        (self.root / "files" / archive.file).write_bytes(content)
        normalised = re.sub(r"[-_.]+", "-", archive.project).lower()
        link = f'<a href="../../files/{archive.file}#sha256={archive.sha256}">{archive.file}</a>'
        self.add_page(normalised, f'<!DOCTYPE html><a href="../../files/x-0.1.zip">x-0.1.zip</a>{link}')

    def add_page(self, project: str, text: str) -> None:
        (self.root / "simple" / project).mkdir(parents=True, exist_ok=True)
        (self.root / "simple" / project / "index.html").write_text(text)


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, index: Index) -> None:
        self.index = index
        super().__init__(*args, directory=str(index.root))

    def do_GET(self) -> None:
        self.index.requests.append(self.path)
        if self.path.startswith("/files/"):
            self.index.encodings.append(self.headers["Accept-Encoding"])
        self.index.logins.append(self.headers["Authorization"])
        expected = base64.b64encode(f"{self.index.login}".encode()).decode()
        if self.index.login and self.headers["Authorization"] != f"Basic {expected}":
            self.send_error(401)
        else:
            super().do_GET()

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return self.index.page_type if str(path).endswith(".html") else super().guess_type(path)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        content = source.read()
        broken = self.index.breaks_off and self.path.startswith("/files/")
        outputfile.write(content[: len(content) // 2] if broken else content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Keep the output of the tests to themselves."""


def serve(root: Path) -> Iterator[Index]:
    index = Index(root)
    thread = threading.Thread(target=index.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield index
    index.server.shutdown()
    thread.join()
    index.server.server_close()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    yield from serve(tmp_path / "index")


@pytest.fixture
def second_index(tmp_path: Path) -> Iterator[Index]:
    yield from serve(tmp_path / "second")


@pytest.fixture(autouse=True)
def clean_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget how pip is configured on this machine; and that it is there: it takes half a second."""
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)  # for pip: read no file at all
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "no-pip" / "pip").mkdir(parents=True)
    (tmp_path / "no-pip" / "pip" / "__init__.py").touch()  # a package that cannot be run
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "no-pip"))
    index_settings.cache_clear()
    yield
    index_settings.cache_clear()


@pytest.fixture
def real_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pip, for tests of its configuration."""
    if find_spec("pip") is None:
        pytest.skip("pip is not in this environment")
    monkeypatch.delenv("PYTHONPATH")


@pytest.fixture
def configured(index: Index, monkeypatch: pytest.MonkeyPatch) -> Index:
    """The index that pip is configured for."""
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    return index


def refusal() -> PayloadUnavailableError:
    """Fetch in vain; nothing may be kept, and no password may be told."""
    with pytest.raises(PayloadUnavailableError) as caught:
        fetch(ARCHIVE)
    assert not kept()
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.exit_code == ExitCode.PAYLOAD_UNAVAILABLE
    assert caught.value.message.startswith(FILE)
    return caught.value


def kept() -> list[Path]:
    """All files in the cache."""
    return [path for path in cache_folder().rglob("*") if path.is_file()]


def unreachable_url() -> str:
    """An address on this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/simple/"


def test_a_fetched_file_ends_in_the_cache_under_its_hash(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT)
    path = fetch(ARCHIVE)
    assert path == path_of(ARCHIVE)
    assert path.read_bytes() == CONTENT
    assert kept() == [path]


DOWNLOAD_AND_END = """
import os, sys
from harness.payload.cache import Archive
from harness.payload.fetch import fetch

fetch(Archive(*sys.argv[1:]), lambda done, total: os._exit(3))  # no handler runs, as after a kill
"""


def test_what_a_killed_download_left_is_removed_by_the_next_one(
    configured: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured.add(ARCHIVE, CONTENT)
    other = Archive("other", "other-1.zip", hashlib.sha256(b"x" * 500_000).hexdigest())
    configured.add(other, b"x" * 500_000)
    path = os.pathsep.join([str(tmp_path / "no-pip"), str(Path.cwd())])
    monkeypatch.setenv("PYTHONPATH", path)
    for archive in (ARCHIVE, other):
        arguments = (archive.project, archive.file, archive.sha256)
        killed = subprocess.run([sys.executable, "-c", DOWNLOAD_AND_END, *arguments], check=False)
        assert killed.returncode == 3
    assert [path.suffix for path in kept()].count(".part") == 1  # the second removed that of the first
    fetch(ARCHIVE)
    assert kept() == [path_of(ARCHIVE)]


def test_the_project_is_asked_for_by_its_normalised_name(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT)
    fetch(ARCHIVE)
    assert configured.requests == ["/simple/tiny-tool/", f"/files/{FILE}"]


def test_a_second_fetch_asks_nobody(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT)
    first = fetch(ARCHIVE)
    configured.requests.clear()
    assert fetch(ARCHIVE) == first
    assert configured.requests == []


def test_a_damaged_file_in_the_cache_is_fetched_again(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT)
    fetch(ARCHIVE).write_bytes(b"damaged")
    configured.requests.clear()
    assert fetch(ARCHIVE).read_bytes() == CONTENT
    assert f"/files/{FILE}" in configured.requests


def test_progress_is_told_up_to_the_last_byte(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT)
    told: list[tuple[int, int | None]] = []
    fetch(ARCHIVE, lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_file_is_asked_for_as_it_is(configured: Index) -> None:
    # servers that take .tar.gz for a content encoding would have it unpacked on the way
    configured.add(ARCHIVE, CONTENT)
    fetch(ARCHIVE)
    assert configured.encodings == ["identity"]


def test_an_address_may_end_without_a_slash(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.add(ARCHIVE, CONTENT)
    monkeypatch.setenv("PIP_INDEX_URL", index.url.rstrip("/"))
    assert fetch(ARCHIVE).read_bytes() == CONTENT


def test_other_bytes_than_pinned_are_refused(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT + b"!")
    error = refusal()
    assert ARCHIVE.sha256 in error.message
    assert hashlib.sha256(CONTENT + b"!").hexdigest() in error.message
    assert error.hint is not None


def test_a_project_that_is_not_there_is_said_to_be_missing(configured: Index) -> None:
    assert refusal().message == f"{FILE}: {configured.url} does not have it"


def test_a_file_that_its_project_does_not_have_is_said_to_be_missing(configured: Index) -> None:
    configured.add(Archive(ARCHIVE.project, "tiny_tool-2.0.tar.gz", "0" * 64), b"")
    assert refusal().message == f"{FILE}: {configured.url} does not have it"


def test_an_index_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    url = unreachable_url()
    monkeypatch.setenv("PIP_INDEX_URL", url)
    assert refusal().message == f"{FILE}: {url} cannot be used (ConnectionError)"


def test_a_file_that_its_page_promises_but_is_gone_is_refused(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT)
    (configured.root / "files" / FILE).unlink()
    assert refusal().message == f"{FILE}: {configured.url} cannot be used (HTTPError)"


def test_of_a_download_that_breaks_off_nothing_is_kept(configured: Index) -> None:
    configured.add(ARCHIVE, CONTENT)
    configured.breaks_off = True
    assert "cannot be used" in refusal().message
    assert f"/files/{FILE}" in configured.requests


@pytest.mark.parametrize(
    ("page_type", "page"),
    [
        ("application/vnd.pypi.simple.v1+json", "{}"),
        ("application/vnd.pypi.simple.v1+json", "<html>"),
        ("application/vnd.pypi.simple.v1+json", '{"meta": {"api-version": "99.0"}, "files": []}'),
        ("application/pdf", "%PDF"),
        ("", ""),
        ("text/html", '<meta name="pypi:repository-version" content="99.0">'),
    ],
)
def test_what_is_no_page_of_an_index_is_refused(page_type: str, page: str, configured: Index) -> None:
    configured.page_type = page_type
    configured.add_page("tiny-tool", page)
    assert f"{configured.url} cannot be used" in refusal().message


def test_a_page_nested_too_deeply_is_refused(configured: Index) -> None:
    configured.page_type = "application/vnd.pypi.simple.v1+json"
    configured.add_page("tiny-tool", "[" * 200_000)
    assert f"{configured.url} cannot be used" in refusal().message


def test_a_page_that_is_too_large_is_refused(configured: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.payload.fetch.MAX_PAGE_BYTES", 1000)
    configured.add_page("tiny-tool", " " * 1001)
    assert f"{configured.url} cannot be used: it sends more than 1,000 bytes" in refusal().message


def test_the_login_is_used_for_links_to_the_same_server_only(
    index: Index, second_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.login = f"user:{PASSWORD}"
    for server in (index, second_index):
        server.add(ARCHIVE, CONTENT)
        link = f"{server.url.removesuffix('simple/')}files/{FILE}"
        index.add_page("tiny-tool", f'<a href="{link}">{FILE}</a>')
        monkeypatch.setenv("PIP_INDEX_URL", index.url_with_login())
        assert fetch(ARCHIVE).read_bytes() == CONTENT
        path_of(ARCHIVE).unlink()
    assert second_index.logins == [None]


def test_a_login_in_the_address_is_used_for_page_and_file(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(ARCHIVE, CONTENT)
    index.login = f"user:{PASSWORD}"
    monkeypatch.setenv("PIP_INDEX_URL", index.url_with_login())
    assert fetch(ARCHIVE).read_bytes() == CONTENT


def test_a_wrong_login_is_not_told(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.login = "somebody:else"
    monkeypatch.setenv("PIP_INDEX_URL", index.url_with_login())
    assert refusal().message == f"{FILE}: {index.url} cannot be used (HTTPError)"


def test_the_login_is_not_told_when_the_project_is_missing(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.url_with_login())
    assert refusal().message == f"{FILE}: {index.url} does not have it"


def test_the_login_is_not_told_when_the_bytes_are_wrong(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(ARCHIVE, b"other")
    monkeypatch.setenv("PIP_INDEX_URL", index.url_with_login())
    refusal()


@pytest.mark.parametrize(
    "address",
    [
        f"http://user:{PASSWORD}@127.0.0.1:1/simple",
        f"http://user:{PASSWORD}@[::1/simple",
        f"user:{PASSWORD}@127.0.0.1/simple",
        f"{PASSWORD}@127.0.0.1/simple",
        f"ftp://{PASSWORD}@127.0.0.1/simple",
        f"http://{PASSWORD}@",
    ],
)
def test_the_login_is_not_told_when_the_address_is_of_no_use(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", address)
    assert "cannot be used" in refusal().message


@given(
    scheme=st.sampled_from(["http://", "https://", "HTTPS://", "git+ssh://", ""]),
    login=st.text(
        st.characters(codec="utf-8", exclude_characters="?", exclude_categories=["Cc"]), min_size=1
    ),
)
def test_an_address_without_its_login_is_the_address(scheme: str, login: str) -> None:
    bare = f"{scheme}index.example:8080/simple/"
    assert without_secrets(f"{scheme}{login}@index.example:8080/simple/") == bare
    assert without_secrets(bare) == bare


@given(
    before=st.text(st.characters(codec="utf-8", exclude_characters=PASSWORD)),
    after=st.text(st.characters(codec="utf-8", exclude_characters=PASSWORD)),
)
def test_no_part_of_a_query_is_shown(before: str, after: str) -> None:
    shown = without_secrets(f"https://index.example/simple/?{before}{PASSWORD}{after}")
    assert PASSWORD not in shown
    assert PASSWORD not in without_secrets(f"https://{before}?{PASSWORD}@index.example/simple/{after}")


def test_an_address_with_a_query_shows_that_it_has_one() -> None:
    assert (
        without_secrets("https://index.example/simple/?token=abc") == "https://index.example/simple/?…"
    )


def test_the_extra_index_is_asked_when_the_first_does_not_have_it(
    configured: Index, second_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", second_index.url)
    second_index.add(ARCHIVE, CONTENT)
    assert fetch(ARCHIVE).read_bytes() == CONTENT
    assert configured.requests == ["/simple/tiny-tool/"]


def test_the_extra_index_is_asked_when_the_first_cannot_be_reached(
    second_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", unreachable_url())
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", second_index.url)
    second_index.add(ARCHIVE, CONTENT)
    assert fetch(ARCHIVE).read_bytes() == CONTENT


def test_the_extra_index_is_asked_when_the_first_breaks_off(
    configured: Index, second_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", second_index.url)
    configured.add(ARCHIVE, CONTENT)
    configured.breaks_off = True
    second_index.add(ARCHIVE, CONTENT)
    assert fetch(ARCHIVE).read_bytes() == CONTENT


def test_the_extra_index_is_not_asked_when_the_first_has_it(
    configured: Index, second_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", second_index.url)
    configured.add(ARCHIVE, CONTENT)
    fetch(ARCHIVE)
    assert second_index.requests == []


def test_every_index_that_was_asked_in_vain_is_named(
    configured: Index, second_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = unreachable_url()
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{nowhere} {second_index.url_with_login()}")
    message = refusal().message
    assert f"{configured.url} does not have it" in message
    assert f"{nowhere} cannot be used" in message
    assert f"{second_index.url} does not have it" in message


def write_config(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pip.conf"
    path.write_text(text)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))


def test_without_any_setting_the_index_is_pypi() -> None:
    assert index_settings() == IndexSettings((PYPI,))


def test_without_pip_its_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://a.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://b.example/simple  https://c.example/simple")
    monkeypatch.setenv("PIP_CERT", "/certificates.pem")
    assert index_settings() == IndexSettings(
        ("https://a.example/simple", "https://b.example/simple", "https://c.example/simple"),
        "/certificates.pem",
    )


def test_an_index_that_is_named_twice_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://a.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example/simple")
    assert index_settings().urls == ("https://a.example/simple",)


@pytest.mark.usefixtures("real_pip")
def test_the_configuration_file_of_pip_is_honoured(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(ARCHIVE, CONTENT)
    write_config(tmp_path, f"[global]\nindex-url = {index.url}\n", monkeypatch)
    assert fetch(ARCHIVE).read_bytes() == CONTENT


@pytest.mark.usefixtures("real_pip")
def test_several_extra_indexes_may_stand_on_lines_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(
        tmp_path,
        "[global]\n"
        "index-url = https://a.example/simple?q=1\n"
        "extra-index-url =\n    https://b.example/simple\n    https://c.example/simple\n",
        monkeypatch,
    )
    assert index_settings().urls == (
        "https://a.example/simple?q=1",
        "https://b.example/simple",
        "https://c.example/simple",
    )


@pytest.mark.usefixtures("real_pip")
def test_what_pip_is_told_for_downloads_counts_more_than_what_it_is_told_in_general(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `pip config list` sorts by name, so what comes last there need not win
    write_config(
        tmp_path,
        "[global]\nindex-url = https://general.example/simple\n"
        "[download]\nindex-url = https://download.example/simple\n",
        monkeypatch,
    )
    assert index_settings().urls[0] == "https://download.example/simple"


@pytest.mark.usefixtures("real_pip")
def test_the_environment_counts_more_than_the_configuration_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(
        tmp_path,
        "[global]\nindex-url = https://file.example/simple\n"
        "[install]\nindex-url = https://install.example/simple\n",
        monkeypatch,
    )
    monkeypatch.setenv("PIP_INDEX_URL", "https://environment.example/simple")
    assert index_settings().urls[0] == "https://environment.example/simple"
