"""`python -m rlm_mcp`."""

import sys

from rlm_mcp.cli import main

sys.exit(main())
