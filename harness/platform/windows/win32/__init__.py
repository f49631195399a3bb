"""The calls of Windows that the harness makes, declared once and fully typed, by reason.

Each function is one call (or the few that belong together) and raises the `OSError` that Python itself
would raise, with its ``winerror`` and, where the call reached the kernel, its ``ntstatus``. Values come
from the headers of Microsoft's Windows SDK. Every module can be imported on every system.
"""
