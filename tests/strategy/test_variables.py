"""Values of environment variables in notation."""

from __future__ import annotations

import pytest

from harness.errors import InvalidInputError
from harness.strategy.notation import parse
from harness.strategy.variables import with_values


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("10ms for env:RETRY_MS or 150ms", {}, "10ms for 150ms"),
        ("10ms for env:RETRY_MS or 150ms", {"RETRY_MS": " "}, "10ms for 150ms"),
        ("10ms for env:RETRY_MS or 150ms", {"RETRY_MS": "5000"}, "10ms for 5000ms"),
        ("10ms for env:RETRY_MS or 150ms", {"RETRY_MS": "5 s"}, "10ms for 5s"),
        # a name may say its unit, which counts before that of the default
        ("10ms for env:RETRY_MS or 30s", {"RETRY_MS": "500"}, "10ms for 500ms"),
        ("10ms for env:RETRY_MILLIS or 30s", {"RETRY_MILLIS": "500"}, "10ms for 500ms"),
        ("10ms for env:RETRY_SECONDS or 500ms", {"RETRY_SECONDS": "2"}, "10ms for 2s"),
        ("10ms for env:RETRY_SECS or 500ms", {"RETRY_SECS": "2"}, "10ms for 2s"),
        ("10ms for env:retry_s or 500ms", {"retry_s": "2"}, "10ms for 2s"),
        ("10ms for env:RETRY_MS or 30s", {"RETRY_MS": "5s"}, "10ms for 5s"),
        ("env:WAIT_MS or 0 3 retries", {"WAIT_MS": "20"}, "20ms 3 retries"),
        ("10ms for env:RETRIES or 30s", {"RETRIES": "5"}, "10ms for 5s"),
        ("10ms env:COUNT or 3 retries", {"COUNT": "9"}, "10ms 9 retries"),
        ("env:WAIT or 0.5s env:COUNT or 3 retries", {"WAIT": "1.5"}, "1.5s 3 retries"),
        ("uv-persist-backon-10", {"UV": "1"}, "uv-persist-backon-10"),
    ],
)
def test_a_variable_has_its_value_or_the_default(
    text: str, environment: dict[str, str], expected: str
) -> None:
    assert with_values(text, environment) == expected


@pytest.mark.parametrize("value", ["soon", "-1", "1e3", "5 s on any", "0x10", "9" * 40, "5\n6"])
def test_a_value_that_is_no_time_is_refused_with_its_name(value: str) -> None:
    with pytest.raises(InvalidInputError, match=r"RETRY_MS is .*expected a number") as refused:
        with_values("10ms for env:RETRY_MS or 150ms", {"RETRY_MS": value})
    assert "unset it for 150ms" in str(refused.value.hint)


def test_a_count_has_no_unit() -> None:
    with pytest.raises(InvalidInputError, match=r"expected a number$"):
        with_values("10ms env:COUNT or 3 retries", {"COUNT": "5s"})


def test_a_file_is_told_to_write_the_value() -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse("10ms for env:RETRY_MS or 150ms")
    assert "in a file, write the value" in str(refused.value.hint)
