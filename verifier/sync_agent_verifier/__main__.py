"""`python -m sync_agent_verifier`."""

from sync_agent_verifier.cli import main

raise SystemExit(main())
