"""`rlm-mcp serve --http` with other limits than the usual ones.

python -m tests.support.limited_http '{"connections": 8, …}' serve --http …
"""

from __future__ import annotations

import functools
import json
import sys

from rlm_mcp.cli.main import main
from rlm_mcp.server import http

if __name__ == "__main__":
    http.serve = functools.partial(http.serve, limits=http.HttpLimits(**json.loads(sys.argv[1])))
    sys.exit(main(sys.argv[2:]))
