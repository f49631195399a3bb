"""Sphinx configuration. ``nox -s docs`` builds the pages; warnings are errors."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "persist-harness"
author = "the persist-harness contributors"
copyright = "2026, the persist-harness contributors"  # noqa: A001 - Sphinx's own name
release = version = version_of("persist-harness")

extensions = ["myst_parser", "reference_pages"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]
exclude_patterns = ["_build"]
nitpicky = True
smartquotes = False  # "--" is the beginning of an option

html_theme = "furo"
html_title = "persist-harness"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sourcelink = False
