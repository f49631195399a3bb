"""Holds for a test in any language, which starts ``harness hold`` or ``harness watch`` as a child."""
