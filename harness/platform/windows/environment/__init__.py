"""The facts about a Windows machine, and what is proved about its antivirus."""
