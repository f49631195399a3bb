"""From scenarios to a folder of results: plan blocks of trials, run them, record each."""
