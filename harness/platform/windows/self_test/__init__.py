"""The checks of Windows, each a module with a `CHECK`. Wine runs them too."""
