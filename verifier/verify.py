"""For a folder that was copied and not installed: `python verify.py bundle ...`."""

from sync_agent_verifier.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
