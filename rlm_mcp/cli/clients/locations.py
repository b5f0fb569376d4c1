"""Locations of configuration: where programs keep their settings on a machine."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Locations:
    """An operating system, a home folder and an environment.

    Attributes:
        platform: `sys.platform`.
        home: the user's home folder.
        environ: the environment, where many clients let their folder be moved.
    """

    platform: str
    home: Path
    environ: Mapping[str, str]

    @classmethod
    def here(cls) -> Locations:
        """Those of this machine."""
        return cls(sys.platform, Path.home(), os.environ)

    def folder(self, variable: str, default: Path) -> Path:
        """The folder that an environment variable names, else the default."""
        named = self.environ.get(variable)
        return Path(named) if named else default

    @property
    def config(self) -> Path:
        """The XDG configuration folder, which command-line programs use on every system."""
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")

    @property
    def applications(self) -> Path:
        """Where desktop applications keep their data (Electron's `appData`)."""
        if self.platform == "win32":
            return self.folder("APPDATA", self.home / "AppData" / "Roaming")
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        return self.config
