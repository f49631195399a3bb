"""The Windows platform: the real calls, real handles of another process, real time.

Wine runs these very modules; `win32.wine_version` tells, and every record says so.
"""
