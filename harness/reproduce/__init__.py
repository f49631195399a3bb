"""Real programs as subjects: reproduce a report with them, and measure how they retry."""
