"""Holds: what a handle is, when it blocks a call, and how the holds of a profile are drawn."""
