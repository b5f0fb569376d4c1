"""Secrets by name: files whose very name says that nobody should be shown their content."""

from __future__ import annotations

_NAMES = frozenset(
    {
        "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", "_netrc", ".pgpass", ".pypirc",
        ".git-credentials", ".htpasswd", ".dockercfg",
    }
)  # fmt: skip
_SUFFIXES = (
    ".env", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".tfstate", ".tfstate.backup",
    ".docker/config.json", ".aws/credentials", ".kube/config",
)  # fmt: skip
_ENDINGS = (*_SUFFIXES, *(f"/{name}" for name in _NAMES))
_TEMPLATES = (".example", ".sample", ".template", ".dist", ".defaults")


def is_secret(path: str) -> bool:
    """Whether a path (POSIX, relative) names a secret. Private keys are also known by content."""
    if path.endswith(_ENDINGS) or path in _NAMES:
        return True
    if ".env." not in path:
        return False
    name = path[path.rfind("/") + 1 :]
    return name.startswith(".env.") and not name.endswith(_TEMPLATES)
