"""What a machine with Windows is like, and what is proved about its antivirus."""
