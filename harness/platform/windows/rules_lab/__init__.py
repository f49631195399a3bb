"""Try the table of sharing rules on Windows, or Wine: real calls, with real holders."""
