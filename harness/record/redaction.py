r"""Redact what is published: no user, no host, no home folder.

Runs have no such names (`harness.record.manifest`). But the path of a run's folder may, or a label, an
error, the output of a notebook. So text is searched for the names of this machine's user, host and home
folder, and for paths below any home folder.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

USER: Final = "[user]"
HOST: Final = "[host]"
_NOT_A_NAME: Final = re.compile(
    r"root|user|test|admin(istrator)?|runner(admin|user)?|ubuntu|debian|fedora|vagrant|docker|builder?|"
    r"ci|guest|nobody|home|system|public|default|local(host)?|machine|computer|host"
)
"""Names that identify no person or machine, and are ordinary words in a report."""
_SEPARATOR: Final = r"(?:\\+|/+|(?:%5c|%2f)+)"
_DRIVE: Final = r"\b(?:[a-z](?::|%3a))"
_IN_WINDOWS_PATH: Final = r"[^\\/:*?\"'`<>|\r\n]+"
_NOT_A_PERSON: Final = r"(?!(?:Public|Default|All Users)\b)"
_HOMES: Final = (
    # C:\Users\Some One\..., where a separator says where the name ends
    re.compile(
        rf"(?i)({_DRIVE}{_SEPARATOR}users{_SEPARATOR}){_NOT_A_PERSON}{_IN_WINDOWS_PATH}(?={_SEPARATOR})"
    ),
    # ... and where nothing does: up to what cannot be in a name, or separates words of a sentence
    re.compile(
        rf"(?i)({_DRIVE}{_SEPARATOR}users{_SEPARATOR}){_NOT_A_PERSON}(?!\[)[^\\/:*?\"'`<>|\r\n,;()]+"
    ),
    re.compile(
        rf"(?i)({_SEPARATOR}(?:home|users){_SEPARATOR})(?!public\b|default\b|\[)[^\\/:*?\"'`<>|\s,;()]+"
    ),
)


class Redaction:
    """Replaces names in text: paths below any home folder, `words` and `folders`.

    Each word and folder comes with its replacement. Words are found in any case, as whole words.
    """

    def __init__(
        self, words: Sequence[tuple[str, str]] = (), folders: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._words = [(re.compile(_spellings(word)), instead) for word, instead in words]
        self._folders = [
            (each, instead)
            for folder, instead in folders
            for each in dict.fromkeys((folder, quote(folder)))
        ]
        found = ["users", "home", *(name for name, _ in (*words, *folders))]
        escaped = [json.dumps(name)[1:-1] for name in found]  # as it is in JSON
        self._suspicious = {b"%", *(name.encode().lower() for name in (*found, *escaped))}

    def suspects(self, raw: bytes) -> bool:
        """Whether `raw` (UTF-8, or JSON) may contain a name: a quick test before `text`."""
        lowered = raw.lower()
        return any(name in lowered for name in self._suspicious)

    def text(self, text: str) -> str:
        """Plain text without names."""
        for folder, instead in self._folders:
            text = text.replace(folder, instead)
        for home in _HOMES:
            text = home.sub(rf"\1{USER}", text)
        for word, instead in self._words:
            text = word.sub(instead, text)
        return text


def _spellings(word: str) -> str:
    """Return a pattern for a whole word in any case, where any character may be percent-encoded."""
    characters = "".join(
        f"(?:{'|'.join(map(_spelled, sorted({each.lower(), each.upper()})))})" for each in word
    )
    return rf"(?i)(?:(?<![^\W_])|(?<=%[0-9a-f][0-9a-f])){characters}(?![^\W_])"


def _spelled(character: str) -> str:
    encoded = "".join(f"%{byte:02x}" for byte in character.encode(errors="surrogatepass"))
    return f"{re.escape(character)}|{encoded}"


def of_this_machine(runs: Iterable[Path] = ()) -> Redaction:
    """The names of this machine's user, host and home folder, and the folders of the `runs`."""
    home = os.path.expanduser("~")
    given = os.environ.get
    users = {os.path.basename(home), _asked(getpass.getuser), given("USERNAME", ""), given("USER", "")}
    hosts = {_asked(socket.gethostname), given("COMPUTERNAME", "")}
    hosts |= {host.partition(".")[0] for host in hosts}
    words = [
        *((name, USER) for name in _telling(users)),
        *((name, HOST) for name in _telling(hosts)),
    ]
    parents = {path.parent for run in runs for path in (run.absolute(), run.resolve())}
    folders = [str(parent).rstrip("\\/") for parent in parents]
    kept = [(folder + os.sep, "") for folder in folders if len(folder) > 1]
    if len(home) > 1:
        kept.append((home, "~"))
    return Redaction(_longest_first(words), _longest_first(kept))


def _telling(names: Iterable[str]) -> list[str]:
    return [name for name in names if len(name) > 1 and not _NOT_A_NAME.fullmatch(name.lower())]


def _longest_first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: (-len(pair[0]), pair))


def _asked(question: Callable[[], str]) -> str:
    try:
        return question()
    except (OSError, KeyError, ImportError):  # no such user, no name: nothing to redact
        return ""
