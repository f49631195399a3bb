"""The study: all catalogued strategies under all injected profiles, as data that anybody can repeat.

``python -m harness.study`` runs it (``nox -s study``), makes its page, and repeats a part of its trials.
"""
