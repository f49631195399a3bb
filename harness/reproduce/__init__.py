"""Real programs as subjects: reproduce a report with them, measure how they retry."""
