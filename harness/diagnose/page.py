"""A diagnosis as one page for people: no script, nothing from elsewhere, all text escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from harness.text import milliseconds, printable

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
code, pre { font-family: ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top; }
th { font-weight: 600; } .answer { font-size: 1.1rem; } footer { margin-top: 3rem; opacity: .7; }
"""


def page(pack: Mapping[str, Any]) -> str:
    """The page of a pack, as `harness.diagnose.pack.packed_diagnosis` makes it."""
    return "".join(f"{line}\n" for line in _lines(pack))


def _lines(pack: Mapping[str, Any]) -> Iterator[str]:
    found = pack["diagnosis"]
    title = f"Diagnosis: {found['verdict']}"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
    )
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{_text(title)}</h1>"
    yield from (f'<p class="answer">{_text(line)}</p>' for line in found["answers"])
    yield from _list("What would have helped", found["helps"])
    yield from _list("What this does not say", [*found["cautions"], *found["not_asked"]])
    yield f"<h2>To repeat it</h2>\n<pre>{_text(pack['repeat'])}</pre>"
    yield from _table(
        "What the command said",
        ("after", "error", "line"),
        [(milliseconds(each["at_ms"]), each["code"], each["line"]) for each in found["messages"]],
    )
    if (more := found["messages_in_all"] - len(found["messages"])) > 0:
        yield f"<p>and {more:,} more</p>"
    yield from _table(
        "What its own retries show",
        ("step", "blocked for more than", "possible by", "error"),
        [
            (each["what"], milliseconds(each["low_ms"]), _end(each["high_ms"]), each["code"] or "-")
            for each in found["retried"]
        ],
    )
    yield from _table(
        "What was found afterwards",
        ("path", "state", "blocked for more than", "free by", "looks", "why"),
        [
            (
                each["path"],
                "not there" if each["state"] == "gone" else each["state"],
                *(milliseconds(each["low_ms"]), _end(each["high_ms"])),
                *(each["looks"], f"{each['why']} (error {each['code']})" if each["code"] else "-"),
            )
            for each in found["watched"]
        ],
    )
    yield from _table(
        "Who had it open",
        ("program", "product", "maker", "after", "found by"),
        [
            (
                *(each["process"], each["product"] or "-", each["company"] or "-"),
                *(milliseconds(each["at_ms"]), each["found_by"]),
            )
            for each in found["holders"]
        ],
    )
    if found["control"] is not None:
        yield from _list("Control, without a hold", control_sentences(found["control"]))
    yield from _list("In this pack", pack["in it"])
    yield from _list("Not in it", pack["not in it"])
    system = ", ".join(f"{key} {value}" for key, value in pack["environment"].items())
    yield f"<footer>Made with persist-harness. {_text(system)}</footer>\n</body>\n</html>"


def control_sentences(control: Mapping[str, Any]) -> list[str]:
    """What the control says, in sentences."""
    most = f"at most {100 * control['blocked_at_most']:.1f} % are blocked (95 %)"
    plain = _renamed(control["renamed"], control["blocked"])
    sentences = [f"{plain} in the temporary folder: {most}."]
    if control["asked"]:
        sentences.append(
            f"A question who has a file open took {milliseconds(control['question_ms'])} at the median: "
            "shorter holds may be missed. While asked about, "
            f"{_renamed(control['asked'], control['blocked_while_asked']).lower()}."
        )
    return sentences


def _renamed(number: int, blocked: int) -> str:
    if not blocked:
        return f"All {number} new files could be renamed"
    return f"{blocked} of {number} new files could not be renamed"


def _table(title: str, heads: Sequence[str], rows: Sequence[Iterable[object]]) -> Iterator[str]:
    if rows:
        yield f"<h2>{_text(title)}</h2>\n<table>"
        yield f"<tr>{''.join(f'<th>{_text(head)}</th>' for head in heads)}</tr>"
        for row in rows:
            yield f"<tr>{''.join(f'<td>{_text(str(cell))}</td>' for cell in row)}</tr>"
        yield "</table>"


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"<h2>{_text(title)}</h2>\n<ul>"
        yield from (f"<li>{_text(item)}</li>" for item in items)
        yield "</ul>"


def _end(value: float | None) -> str:
    return "not seen" if value is None else milliseconds(value)


def _text(text: str) -> str:
    return html.escape(printable(text))
