"""The Windows platform: the real calls, real handles of another process, real time.

Wine runs these modules too; every record says where it was made.
"""
