"""Secret values: credentials that only their key, or the file that they stand in, tells from other text.

In files whose names say so (`secrets.credentials_in`), and in the manifests of Kubernetes' Secrets. What is
written by whoever writes such a file as a template (`${TOKEN}`, `{{ .Values.token }}`, `<%= ENV["X"] %>`),
what is encrypted (`ENC[…]`, `!vault`) and what has a space in it is no credential.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rlm_core.workspace.secret_formats import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    import re2

_CREDENTIAL_KEY = (
    r"(?:[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|account[_-]?key|signing[_-]?key|encryption[_-]?key|key-data|credential|_auth|salt)[\w-]*"
    r"|auth|pass|pwd|[\w-]*[_-](?:key|pass|pwd|pat))"
)
# What is masked already is a value, too, or else what follows it would be read otherwise the second time.
_VALUE = (
    r"""(?:"([^"\r\n]*)"|'([^'\r\n]*)'"""
    r"""|(\[secret[^\]\r\n]*\]\**|ENC\[[^\]\r\n]*\]|[^\s"'$%<{}\[\],;()!&|#>][^\s"',;()<>]*))"""
)


def _assignments(key: str) -> str:
    """`key: value`, `key = value`, `"key": "value"`, `define('key', 'value')`, whatever the key's case."""
    return rf"""(?im)(?:^|[\s{{,;("':/@])({key})(?:["']?[ \t]*(?:=>|=|:[ \t])|["'][ \t]*[:,])[ \t]*{_VALUE}"""


_BY_KEY = _assignments(_CREDENTIAL_KEY)
_BY_ANY_KEY = _assignments(r"[\w.-]+")
# XML: `<password>…</password>`, `<add key="ApiKey" value="…"/>`.
_XML = rf"""(?i)<({_CREDENTIAL_KEY})>([^<>\r\n]*)</|\bkey="({_CREDENTIAL_KEY})"\s+value="([^"\r\n]*)\""""
# Composer's auth.json names hosts and not keys.
_BY_HOST = r"""(github-oauth|gitlab-oauth|gitlab-token|bearer)"\s*:\s*\{\s*"[^"]+"\s*:\s*"([^"\r\n]*)\""""
# Keys that speak about a credential and do not hold it.
_ABOUT = (
    r"(?i)(?:url|uri|file|path|name|type|policy|length|expir\w*|timeout|ttl|enabled|required|algorithm|class"
    r"|kind|apiversion|version|format|provider|header|method|mode|count|index|public[_-]?key)$"
)
_PLACEHOLDER = (
    r"(?i)(?:|null|none|nil|true|false|undefined|changeme|placeholder|todo|x{3,}|\.{3}|env[.(\[].*|process\.env.*"
    r"|os\.environ.*|getenv.*|ENC[\[(].*|string|boolean|number|integer|https?:.*"
    r"|[$%<{\[*!&|#].*)"
)
_DOCUMENT_END = r"(?m)^---"
_SECRETS_KIND = r"""(?m)^kind:[ \t]*["']?Secret["']?[ \t]*\r?$"""
_DATA = r"(?m)^(?:data|stringData):[ \t]*\r?\n((?:[ \t]+[^\r\n]*\r?\n?|\r?\n)+)"
_ENTRY = r"""(?m)^[ \t]+["']?([\w.-]+)["']?:[ \t]*["']?([^\s"'$%<{|>&*!\[#][^\s"']*)"""

_KIND = "value"


class Span(NamedTuple):
    """Where a credential stands in a text, and what it is.

    Attributes:
        start: its first byte.
        end: behind its last.
        kind: as in `SecretFormat`.
        continues: it is a further part of the credential before.
    """

    start: int
    end: int
    kind: str
    continues: bool = False


def credential_spans(text: bytes, *, any_key: bool) -> Iterator[Span]:
    """Where credentials stand in a file that has some, going by their keys.

    Args:
        text: what the file says.
        any_key: any key's value is one.
    """
    for match in compiled(_BY_ANY_KEY if any_key else _BY_KEY).finditer(text):
        yield from _span(match, 1, next(group for group in (2, 3, 4) if match.span(group)[0] >= 0))
    for match in compiled(_XML).finditer(text):
        yield from _span(match, *((1, 2) if match.span(2)[0] >= 0 else (3, 4)))
    for match in compiled(_BY_HOST).finditer(text):
        yield from _span(match, 1, 2)


def kubernetes_spans(text: bytes) -> Iterator[Span]:
    """Where values stand in the manifests of Secrets."""
    start = 0
    ends = [*(match.start() for match in compiled(_DOCUMENT_END).finditer(text)), len(text)]
    for end in ends:
        document = text[start:end]
        if compiled(_SECRETS_KIND).search(document):
            for block in compiled(_DATA).finditer(document):
                offset = start + block.start(1)
                for entry in compiled(_ENTRY).finditer(block.group(1)):
                    yield from _span(entry, 1, 2, offset)
        start = end


def _span(match: re2._Match[bytes], key: int, value: int, offset: int = 0) -> Iterator[Span]:
    """Where the value is, if that is what its key sounds like."""
    said = match.group(value)
    in_words = b" " in said and not said.startswith(b"-----BEGIN")
    if (
        not in_words
        and not compiled(_ABOUT).search(match.group(key))
        and not compiled(_PLACEHOLDER).fullmatch(said)
    ):
        yield Span(offset + match.start(value), offset + match.end(value), _KIND)
