"""For the person who is hit today: who holds the file, and would waiting help?

A command is run as it was typed. Only when it says itself that it was denied a file is anything asked
or tried, and nothing that is tried changes a file. Plain Python, so that it works where the command
does.
"""
