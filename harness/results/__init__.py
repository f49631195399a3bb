"""Read runs back and sum them up."""
