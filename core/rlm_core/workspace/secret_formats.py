r"""Secret formats: what credentials look like in text, as those who issue them document it.

Only formats that hardly anything else has: a prefix of the issuer's with an alphabet and a length, a key
block with its header, a password at its place in a URL or a connection string. Nothing is judged by entropy
alone, which takes hashes and identifiers for keys. The selection was made by hand from what issuers publish;
GitHub's list of supported patterns has nearly all of them
(https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
gitleaks (MIT) and detect-secrets (Apache-2.0) were read for what they look for, and no expression is theirs:
most of theirs judge a bare hexadecimal word by a name nearby, or by entropy.

An expression is RE2's, so linear in any text, and runs only over texts that have one of its keywords. It
begins and ends at a word boundary or at a sign of its own: what is masked then never makes its neighbour look
like another secret, so masking twice is masking once.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import re2


class SecretFormat(NamedTuple):
    """How one kind of credential is written.

    Attributes:
        kind: what it is, for people.
        keywords: one of these is in every text that has such a credential.
        expression: what matches it; where it has a group, that is the credential, else the whole match.
        inner: what of that is masked, if not all.
        placeholder: what stands there in examples, and is none.
    """

    kind: str
    keywords: tuple[bytes, ...]
    expression: str
    inner: str = ""
    placeholder: str = ""


@functools.cache
def compiled(expression: str) -> re2._Regexp[bytes]:
    """An expression over bytes; only when it is needed, since all of them take a tenth of a second."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # any byte is a character
    options.log_errors = False
    pattern: re2._Regexp[bytes] = re2.compile(expression.encode(), options)
    return pattern


def _format(
    kind: str, keywords: str, expression: str, inner: str = "", placeholder: str = ""
) -> SecretFormat:
    words = tuple(word.encode() for word in keywords.split("|"))
    return SecretFormat(kind, words, expression, inner, placeholder)


def _token(kind: str, prefix: str, rest: str) -> SecretFormat:
    """A token that begins with a literal prefix of its issuer's."""
    literal = prefix.replace(".", r"\.")
    return SecretFormat(kind, (prefix.encode(),), rf"\b{literal}{rest}\b")


# A line end within a key: a real one, or an escaped one of a string literal, with what code puts around it.
_BREAK = r"""(?:[ \t"'+,;\\`.)]*(?:\r\n?|\n|\\[rn])[ \t"'`#*>|(\\]*)+"""
_ARMOR = r"(?:Proc-Type|DEK-Info|Comment|Version|Hash|Charset): [^\r\n\\]*"
_BASE64 = r"[A-Za-z0-9+/=]"

_KEY_BLOCKS = [
    # RFC 7468, RFC 4716 and RFC 4880; the header and the footer stay.
    _format(
        "private key",
        "PRIVATE KEY-----|PRIVATE KEY BLOCK-----",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        rf"((?:{_BREAK}(?:{_ARMOR}|{_BASE64}+))+{_BREAK}-----END"
        rf"|[ ]*{_BASE64}{{40,}}(?:[ ]+{_BASE64}+)*[ ]*-----END"
        rf"|(?:(?:{_BREAK}|[ ]*)(?:{_ARMOR}|{_BASE64}{{40,}}))+)",
        rf"\\[nrt]|-----END|({_BASE64}+)",
    ),
    # A header on a line of its own begins one whatever follows: to its end, or while lines are Base64.
    _format(
        "private key",
        "PRIVATE KEY-----|PRIVATE KEY BLOCK-----",
        r"(?m)^[ \t]*-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[ \t\r]*\n"
        r"((?:[ \t]*[^ \t\r\n-][^\r\n]*\r?\n|[ \t\r]*\n)+[ \t]*-----END"
        rf"|(?:[ \t]*{_BASE64}+[ \t]*(?:\r?\n|\z))+)",
        rf"\[secret(?:: [\w ]+)?\]|-----END|({_BASE64}+)",
    ),
    _token("age key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
    _format("WireGuard key", "PrivateKey", rf"(?m)^PrivateKey[ \t]*=[ \t]*({_BASE64}{{43}}=)"),
]

_TOKENS = [
    _format("GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    _token("GitHub token", "github_pat_", r"[A-Za-z0-9_]{36,}"),
    _format(
        "GitLab token",
        "glpat-|glrt-",
        r"\bgl(?:pat|rt)-[\w.-]{20,}\b",
    ),
    _token("Atlassian token", "ATATT3", r"[\w=-]{100,}"),
    _format("Slack token", "xox", r"\bxox[abeoprs][-.][A-Za-z0-9.-]{10,}\b"),
    _token("Slack token", "xapp-", r"\d-[A-Za-z0-9-]{20,}"),
    _format(
        "Slack webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{20,})\b",
    ),
    _format(
        "Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/([\w-]{60,70})\b"
    ),
    _format("Stripe key", "k_live_|k_test_", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}\b"),
    _token("Stripe key", "whsec_", r"[A-Za-z0-9+/]{32,}"),
    _format("Shopify token", "shpat_|shpss_", r"\bshp(?:at|ss)_[A-Fa-f0-9]{32}\b"),
    _format("AWS key", "AKIA|ASIA", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    _token("Google key", "AIza", r"[\w-]{35}"),
    _token("Google key", "GOCSPX-", r"[\w-]{28}"),
    _token("Google token", "ya29.", r"[\w-]{30,}"),
    _format("OpenAI key", "sk-proj-", r"\bsk-proj-[\w-]{20,}\b"),
    _format("OpenAI key", "T3BlbkFJ", r"\bsk-[\w-]*T3BlbkFJ[\w-]{20,}\b"),
    _token("Anthropic key", "sk-ant-", r"[a-z0-9]+-[\w-]{20,}"),
    _token("OpenRouter key", "sk-or-v1-", r"[a-f0-9]{64}"),
    _token("Groq key", "gsk_", r"[A-Za-z0-9]{52}"),
    _token("Hugging Face token", "hf_", r"[A-Za-z]{34}"),
    _token("npm token", "npm_", r"[A-Za-z0-9]{36}"),
    _format("PyPI token", "pypi-AgE", r"\bpypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[\w-]{50,}\b"),
    _token("RubyGems key", "rubygems_", r"[a-f0-9]{48}"),
    _format("DigitalOcean token", "_v1_", r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    _format("Vault token", "hvs.|hvb.", r"\bhv[sb]\.[\w-]{24,}\b"),
    _token("Databricks token", "dapi", r"[a-f0-9]{32}(?:-\d)?"),
    _format("Terraform token", ".atlasv1.", r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}\b"),
    _format("Grafana token", "glsa_", r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b"),
    _token("SendGrid key", "SG.", r"[\w-]{22}\.[\w-]{43}"),
    _token("New Relic key", "NRAK-", r"[A-Z0-9]{27}"),
    _token("Postman key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    _token("Linear key", "lin_api_", r"[A-Za-z0-9]{40}"),
    _format("Telegram token", ":AA", r"\b\d{8,10}:AA[\w-]{32,33}\b"),
    # RFC 7519: header and payload are JSON objects, `{"` is `eyJ` in Base64.
    _format("JSON Web Token", "eyJ", r"\beyJ[\w-]{10,}\.eyJ[\w-]{8,}\.[\w-]{8,}\b"),
]  # fmt: skip

_PASSWORDS = [
    # RFC 3986, userinfo. What a template would fill in is no password.
    _format(
        "password",
        "://",
        r"""://[^\s/?#:@"'`<>\\\[\]{}()]*:([^\s/?#@"'`<>\\\[\]{}()$*%,|][^\s/?#@"'`<>\\\[\]{}()*|]*)@[\w\[]""",
        # Names of what belongs there, and what servers have before anybody sets a password.
        placeholder=r"(?i)[a-z_-]{0,8}(?:pass(?:word|wd|phrase)?|pwd?|secret|token|key)\d{0,4}|x{3,}|\.{3}|.{1,2}|foo|ba[rz]"
        r"|user(?:name)?|guest|test|example|changeme|postgres|mysql|root|admin",
    ),
    # ADO.NET, ODBC and their likes: `Server=…;User=…;Password=…`.
    _format(
        "password",
        "assword=|Pwd=|pwd=",
        r"""(?i)\b(?:server|data source|host|uid|user id|user|username|database|initial catalog)="""
        r"""[^;"'\r\n]+;(?:[^;"'\r\n]+;)*?\s?(?:password|pwd)=([^;"'\s<>{}()\[\]$%*]{3,})""",
    ),
    _format("Azure key", "AccountKey=", rf"\bAccountKey=({_BASE64}{{43,88}})"),
    # What AWS issues has no mark of its own but its length; its name says what it is.
    _format(
        "AWS secret key",
        "aws_sec|AWS_SEC|ecret_access|ecretAccess",
        r"""(?i)(?:aws_?secret|secret_?access)\w{0,20}["'\]]{0,2}\s{0,3}(?::|=>|=|,)\s{0,3}["']?"""
        r"([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)",
    ),
]

FORMATS = (*_KEY_BLOCKS, *_TOKENS, *_PASSWORDS)
