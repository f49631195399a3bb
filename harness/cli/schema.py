"""``harness schema``: the JSON Schema of scenario and profile files, for editors."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.command_app import command_app
from harness.cli.console import print_json
from harness.scenario.json_schema import json_schema

app = command_app()


@app.command()
def schema(
    profile: Annotated[
        bool, typer.Option("--profile", help="The schema of profile files, not scenario files.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    print_json(json_schema("profile" if profile else "scenario"))
