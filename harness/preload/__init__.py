"""The libraries that processes of Linux are preloaded with, and the rules by which they deny calls."""
