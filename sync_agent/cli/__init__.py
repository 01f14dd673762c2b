"""The command line: parses, calls, prints. Decides nothing about cases; `main.py` is the entry point."""

__all__: list[str] = []
