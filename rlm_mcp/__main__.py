"""`python -m rlm_mcp`."""

import sys

from rlm_mcp.cli.main import main

sys.exit(main())
