"""Platforms: where primitives and holds come from, behind the interface `Platform`."""
