"""However a name is wrapped in text, in JSON, an address or a path, none of it is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from mutation_lab import mutated_text

from harness.record.redaction import Redaction

REDACTION = Redaction((("zelda", "[user]"), ("ganon-pc", "[host]")), (("/srv/zelda", "~"),))
AROUND = (
    'PermissionError: [WinError 5] Access is denied: "C:\\\\Users\\\\<>\\\\AppData\\\\x.exe" -> y',
    "pip cache at /home/<>/.cache, see file:///C:/Users/<>/x.html#top",
    "Traceback (most recent call last):\n  File \"/srv/<>/run.py\", line 3\n    rename('<>.tmp')\n",
    "<table><tr><td>host <></td><td>1.5 ms</td></tr></table>",
    r"\\?\C:\Users\<>\AppData\Local\Temp\tmp1234 and \\<>\share",
)
CUT = "\u2063"  # where a name is put in again after the damage: no input of AROUND has it


def _wrapped(name: str, how: str) -> str:
    match how:
        case "upper":
            return name.upper()
        case "json":
            return json.dumps(name)[1:-1]
        case "percent":
            return "".join(f"%{byte:02X}" for byte in name.encode())
        case "quoted":
            return quote(name)
    return name


@given(
    around=mutated_text([each.replace("<>", CUT) for each in AROUND]),
    name=st.sampled_from(["zelda", "ganon-pc"]),
    how=st.sampled_from(["plain", "upper", "json", "quoted", "percent"]),
)
def test_names(around: str, name: str, how: str, tried: Callable[[str], None]) -> None:
    text = around.replace(CUT, f" {_wrapped(name, how)} ")
    redacted = REDACTION.text(text)
    tried("texts")
    assert name not in redacted.lower()
    assert _wrapped(name, how) not in redacted
    assert REDACTION.text(redacted) == redacted


@given(around=mutated_text(AROUND), user=st.from_regex(r"[a-z][a-z0-9_.-]{2,12}", fullmatch=True))
def test_home_folders_of_anybody(around: str, user: str, tried: Callable[[str], None]) -> None:
    text = around + f" /home/{user}/x C:\\Users\\{user}\\y file:///Users/{user}/z"
    redacted = REDACTION.text(text)
    tried("texts with home folders")
    for path in (f"/home/{user}/", f"\\Users\\{user}\\", f"/Users/{user}/"):
        assert path not in redacted
