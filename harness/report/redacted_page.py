"""Redact finished pages: their text, the values of attributes, and the data that they carry.

Markup, styles and scripts are the project's own and are not changed.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, Final

from harness.report.inputs import with_texts

if TYPE_CHECKING:
    from harness.record.redaction import Redaction

_MARKUP: Final = re.compile(
    r"<!--.*?-->|<style\b.*?</style\s*>|<script\b.*?</script\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
_DATA: Final = re.compile(
    r'(<script type="application/json"[^>]*>)(.*)(</script\s*>)', re.DOTALL | re.IGNORECASE
)
_VALUE: Final = re.compile(
    r"(\s(?!class\b|style\b|role\b|type\b)[\w:-]+\s*=\s*([\"']))(.*?)\2", re.DOTALL
)


def redacted_page(page: str, redaction: Redaction) -> str:
    """A page without what `redaction` finds."""
    parts, at = [], 0
    for match in _MARKUP.finditer(page):
        parts += [_escaped(page[at : match.start()], redaction), _markup(match[0], redaction)]
        at = match.end()
    return "".join([*parts, _escaped(page[at:], redaction)])


def _escaped(text: str, redaction: Redaction) -> str:
    plain = html.unescape(text)
    redacted = redaction.text(plain)
    return text if redacted == plain else html.escape(redacted, quote=True)


def _markup(markup: str, redaction: Redaction) -> str:
    data = _DATA.fullmatch(markup)
    if data is not None:
        redacted = with_texts(json.loads(data[2]), redaction.text, redaction.text)
        return data[1] + embedded_json(redacted) + data[3]
    if markup.lower().startswith(("<!", "<style", "<script", "</")):
        return markup
    return _VALUE.sub(lambda found: f"{found[1]}{_escaped(found[3], redaction)}{found[2]}", markup)


def embedded_json(data: Any) -> str:
    """JSON for the inside of a ``<script>``: nothing in it can end the element."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
