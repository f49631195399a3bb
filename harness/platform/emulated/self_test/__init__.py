"""The checks of the emulated platform, each a module with a `CHECK`."""
