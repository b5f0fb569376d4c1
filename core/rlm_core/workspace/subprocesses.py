"""Subprocesses: starting other programs, as far as the systems differ in that."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

# On Windows a server without a console would open a window for each program that it starts.
NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@cache
def git() -> str:
    """What starts git; raises `FileNotFoundError` where it is known not to be there.

    Windows looks for a program in the current folder before it looks in PATH, and the current folder of a
    server may be a repository with a `git.exe` of its own. So there it is named by its whole path.
    """
    if sys.platform == "win32":
        places = [Path(folder, "git.exe") for folder in os.get_exec_path() if Path(folder).is_absolute()]
        program = next((str(place) for place in places if place.is_file()), "")
        if not program:
            raise FileNotFoundError("git.exe is in no folder of PATH")
    else:
        program = "git"
    return program
