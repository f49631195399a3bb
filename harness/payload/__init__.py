"""The payloads of trials: fetched, generated or built, verified, and laid down."""
