"""From scenarios to a folder of results: plan blocks of trials, run them, write each one down."""
