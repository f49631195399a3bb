"""The bytes that are laid down: fetched, generated or built, verified, and laid out for a trial."""
