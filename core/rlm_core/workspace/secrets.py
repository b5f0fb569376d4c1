"""Secret names: files whose very name says that nobody should be shown their content, or some values in it.

`names_secret` means the whole file; that is for names that hardly anything else has. Of names that many
ordinary files have as well (`settings.xml`, `database.yml`, `auth.json`, `.npmrc`, `*.tfvars` …) a name is a
poor witness: such a file stays, and values in it are masked whose keys sound like a secret's
(`credentials_in`, `secret_masking`). Names are compared without case, and as what an editor or somebody in
a hurry has made a copy of (`.env~`, `.env.bak`, `.id_rsa.swp`).
"""

from __future__ import annotations

import re
from typing import Literal

_HEAD = 8000  # bytes in which a private key makes a secret of all of a file

_NAMES = frozenset(
    {
        ".env", "env.local", ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf",
        ".pypirc",
        ".git-credentials", ".htpasswd", ".htdigest", ".dockercfg", ".dockerconfigjson", ".s3cfg", ".boto",
        ".passwd-s3fs", ".terraformrc", "terraform.rc", "credentials.tfrc.json", ".vault-token",
        ".vault_pass",
        ".vault-pass", "vault_pass", "vault-pass", "vault_pass.txt", "vault-pass.txt",
        "vault_password",
        "vault-password", "vault_password.txt", "vault-password.txt", "master.key", "aws_credentials",
        "kubeconfig", "kubeconfig.yaml", "kubeconfig.yml", "kubeconfig.json", "filezilla.xml",
        "application_default_credentials.json", "sitemanager.xml", "recentservers.xml",
        "settings-security.xml",
        ".lesshst", ".credentials", ".databrickscfg", ".sentryclirc", ".msmtprc", ".dev.vars", ".secret",
        ".claude.json",
        ".renviron", ".secrets", "secring.gpg", "shadow", "gshadow",
    }
)  # fmt: skip
_SUFFIXES = (
    ".env", ".p12", ".pfx", ".jks", ".jceks", ".bcfks", ".keystore", ".kdbx", ".kdb", ".ppk", ".keytab",
    ".kubeconfig", ".tfstate",
)  # fmt: skip
_PATTERNS = re.compile(
    r"id_(?:rsa|dsa|ecdsa|ed25519|xmss)(?:[-_][\w-]*)?"  # ssh-keygen(1)
    r"|client_secrets?(?:[_-][\w.-]*)?\.json"  # as Google's console names what it gives out
    r"|[\w.-]*firebase-adminsdk[\w.-]*\.json"
    r"|\.\w+_history"
    r"|\.[\w-]+[_-](?:key|token|password|passwd|secrets?)"  # .openai_key
    r"|[\w.-]+\.tfstate\.[\w.-]+"
)
_FOLDERS = re.compile(
    r"(?:.*/)?(?:"
    r"\.ssh/(?!config$|known_hosts|authorized_keys|rc$|.*\.pub$)[^/]+"
    r"|\.gnupg/private-keys-v1\.d/[^/]+"
    r"|\.docker/config\.json|\.kube/config|\.aws/credentials|\.azure/(?:accesstokens|msal_token_cache)\.json"
    r"|gcloud/(?:credentials|access_tokens)\.db|gh/hosts\.ya?ml"
    r"|\.snowsql/config|\.config/hub"
    r"|\.cargo/credentials(?:\.toml)?|\.gem/credentials|\.streamlit/secrets\.toml|\.composer/auth\.json"
    r"|config/credentials/[\w-]+\.key"
    r")"
)
_FOLDER_NAMES = (
    ".ssh", ".gnupg/private-keys-v1.d", ".docker", ".kube", ".aws", ".azure", "gcloud", "gh", ".cargo",
    ".gem", ".snowsql", ".config", ".streamlit", ".composer", "config/credentials",
)  # fmt: skip

_TEMPLATES = frozenset(
    {
        "example", "examples", "sample", "samples", "template", "tmpl", "tpl", "dist", "default", "defaults",
        "schema", "enc", "j2", "erb", "md",
    }
)  # fmt: skip
_COPIES = ("~", "#", ".swp", ".swo", ".swn", ".bak", ".old", ".orig", ".save", ".backup", ".copy", ".tmp")

_CREDENTIALS = re.compile(
    r"\.npmrc|\.yarnrc(?:\.yml)?|nuget\.config|\.flaskenv|(?:local|gradle|key|keystore|signing)\.properties"
    r"|settings\.xml|(?:web|app)(?:\.[\w-]+)?\.config|appsettings(?:\.[\w-]+)?\.json|local\.settings\.json"
    r"|(?:application|bootstrap)(?:-[\w-]+)?\.(?:properties|ya?ml)|wp-config(?:-[\w-]+)?\.php|database\.ya?ml"
    r"|auth\.json|credentials(?:\.(?:json|ya?ml|toml|ini))?|my\.cnf|\.?rclone\.conf|token\.json|wg\d*\.conf|wireguard\.conf"
    r"|[\w.-]*service[-_]?account[\w.-]*\.json|[\w.-]*gcp[-_]?key[\w.-]*\.json|sftp(?:-config)?\.json"
    r"|\.remote-sync\.json|\.ftpconfig|[\w.-]*\.tfvars(?:\.json)?"
)
_CREDENTIALS_IN_FOLDERS = ("docker/config.json", ".aws/config", "doctl/config.yaml")
_ONLY_SECRETS = re.compile(r"\.envrc|\.?secrets?\.(?:ya?ml|json|toml|ini|properties)")

# What the names begin with or have in them that the expressions above know. They are asked about every file
# of a workspace, and nearly none has any of this.
_STARTS = (".", "id_", "client_secret", "#")
_ENDS = (*_SUFFIXES, *_COPIES)
_CREDENTIALS_STARTS = (
    ".", "nuget", "local.", "gradle.", "key", "signing.", "settings.x", "web.", "app", "bootstrap",
    "wp-config", "database.y", "auth.j", "credentials", "token.j", "my.cnf", "rclone", "wg", "wireguard",
        "sftp", "secret",
)  # fmt: skip


def names_secret(path: str) -> bool:
    """Whether a path (POSIX, relative) names a file that is a secret as a whole."""
    folder, _, name = path.lower().rstrip().rpartition("/")
    if name.startswith(_STARTS) or name.endswith(_ENDS) or ".tfstate." in name or "firebase" in name:
        name = _original(name) if name.endswith(_COPIES) else name
        if _is_secret_name(name):
            return True
    return name in _NAMES or (
        folder.endswith(_FOLDER_NAMES) and _FOLDERS.fullmatch(f"{folder}/{name}") is not None
    )


def is_private_key(text: bytes) -> bool:
    """Whether a text begins with keys and certificates in armour, a private key among the first."""
    start = text[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PuTTY-User-Key-File-"):
        return True
    if not start.startswith((b"-----BEGIN ", b"----BEGIN ", b"---- BEGIN ")):
        return False
    head = text[:_HEAD]
    return any(words in head for words in (b"PRIVATE KEY----", b"PRIVATE KEY BLOCK----", b"PRIVATE KEY ----"))


def credentials_in(path: str) -> Literal["none", "keys", "values"]:
    """What in a file of this path is a credential, as far as its name tells.

    Returns:
        `keys`: values whose keys sound like a credential's; `values`: each value, as also in a file that
        `names_secret` knows and that somebody wants in the context all the same.
    """
    name = path[path.rfind("/") + 1 :].lower().rstrip()
    if (
        name.startswith(_CREDENTIALS_STARTS)
        or "tfvars" in name
        or "account" in name
        or "gcp" in name
        or name.startswith("config")
    ):
        if _ONLY_SECRETS.fullmatch(name):
            return "values"
        if _CREDENTIALS.fullmatch(name) or path.endswith(_CREDENTIALS_IN_FOLDERS):
            return "keys"
    return "values" if names_secret(path) else "none"


def _is_secret_name(name: str) -> bool:
    if name.startswith((".env.", ".env_", ".env-")) or name.endswith(".env"):
        return _TEMPLATES.isdisjoint(re.split(r"[._-]", name))
    return name in _NAMES or name.endswith(_SUFFIXES) or _PATTERNS.fullmatch(name) is not None


def _original(name: str) -> str:
    """What a file is a copy or an editor's backup of: `.env` for `.env~`, `#.env#` and `..env.swp`."""
    while name.endswith(_COPIES):
        name = name.removesuffix(next(copy for copy in _COPIES if name.endswith(copy)))
    short = name[1:]  # an editor may have put a sign before
    return short if name.startswith(("#", ".")) and _is_secret_name(short) else name
