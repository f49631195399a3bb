"""Scenario files: from TOML to a validated model, with all that is wrong reported at once."""
