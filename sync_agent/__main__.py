"""`python -m sync_agent` is the command line."""

import sys

from sync_agent.cli.main import main

sys.exit(main())
