r"""Secret formats: what credentials look like in text, as those who issue them document it.

Only formats that hardly anything else has: a prefix of the issuer's with an alphabet and a length, a key
block with its header, a password at its place in a URL or a connection string. Nothing is judged by entropy
alone, which takes hashes and identifiers for keys. The selection was made by hand from what issuers publish;
GitHub's list of supported patterns has nearly all of them
(https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
gitleaks (MIT) and detect-secrets (Apache-2.0) were read for what they look for, and no expression is theirs:
most of theirs judge a bare hexadecimal word by a name nearby, or by entropy.

An expression is RE2's, so linear in any text, and runs only over texts that have one of its keywords. A token
begins where no letter or digit stands before it but those of an escape (`\\n`, `\\u003d`, `%3D`, a terminal's
colour), and reaches as far as its alphabet does.
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
        expression: what matches it; where it has groups, the one that matches is it, else the whole match.
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


# What may stand before a token: a sign, or an escape of source text, of a URL or of a terminal.
_LEFT = (
    r"(?:^|[^A-Za-z0-9]|\\[abfnrtv0]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]+\}|%[0-9A-Fa-f]{2}"
    r"|\[[\d;]*m)"
)
_RIGHT = r"(?:[^A-Za-z0-9]|$)"


def _token(kind: str, keywords: str, expression: str, *, ends: bool = False) -> SecretFormat:
    """A token with marks of its issuer's; one with `ends` has its length, and no letter or digit behind."""
    return _format(kind, keywords, f"{_LEFT}({expression}){_RIGHT if ends else ''}")


# A line end within a key: a real one, or an escaped one of a string literal, with what code puts around it.
# Before it HTML may have a tag, behind it a listing has numbers.
_BREAK = (
    r"""(?:[ \t"'+,;\\`.)]*(?:<br ?/?>)?(?:\r\n?|\n|\\[rn]|&#(?:1[03]|x[AaDd]);|<br ?/?>)"""
    r"""(?:[ \t]*\d+[:|.]?[ \t]+)?[ \t"'`#*>|(\\]*)+"""
)
_ARMOR = r"(?:Proc-Type|DEK-Info|Comment|Version|Hash|Charset|Subject): [^\r\n\\]*"
_BASE64 = r"[A-Za-z0-9+/=]"
_HEADER = r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}"
_FOOTER = r"-{4,5} ?END"
_HEADER_WORDS = "PRIVATE KEY----|PRIVATE KEY ----|PRIVATE KEY BLOCK----"

_KEY_BLOCKS = [
    # RFC 7468, RFC 4716 and RFC 4880; the header and the footer stay.
    _format(
        "private key",
        _HEADER_WORDS,
        rf"{_HEADER}((?:{_BREAK}(?:{_ARMOR}|{_BASE64}+))+{_BREAK}{_FOOTER}"
        rf"|[ ]*{_BASE64}{{40,}}(?:[ ]+{_BASE64}+)*[ ]*{_FOOTER}"
        rf"|(?:(?:{_BREAK}|[ ]*)(?:{_ARMOR}|{_BASE64}{{40,}}))+)",
        rf"\\[nrt]|{_FOOTER}|<br ?/?>|&#\w+;|\b\d+[:|.]?[ \t]|({_BASE64}+)",
    ),
    # A header on a line of its own begins one whatever follows: to its end, or while lines are Base64.
    _format(
        "private key",
        _HEADER_WORDS,
        rf"(?m)^[ \t]*{_HEADER}[ \t\r]*\n"
        rf"((?:[ \t]*[^ \t\r\n-][^\r\n]*\r?\n|[ \t\r]*\n)+[ \t]*{_FOOTER}"
        rf"|(?:[ \t]*{_BASE64}+[ \t]*(?:\r?\n|\z))+)",
        rf"\[secret(?:: [\w ]+)?\]|{_FOOTER}|({_BASE64}+)",
    ),
    # PuTTY's, and .NET's in XML.
    _format(
        "private key",
        "Private-Lines: ",
        rf"Private-Lines: \d+((?:{_BREAK}{_BASE64}+)+)",
        rf"\\[nrt]|\b\d+[:|.]?[ \t]|Private|({_BASE64}{{8,}})",
    ),
    _format(
        "private key",
        "<RSAKeyValue>|<DSAKeyValue>",
        rf"<(?:D|P|Q|DP|DQ|InverseQ|X)>((?:{_BASE64}|\s){{16,}})</",
        rf"({_BASE64}+)",
    ),
    _token("age key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58,}"),
    _format("WireGuard key", "PrivateKey", rf"(?m)^PrivateKey[ \t]*=[ \t]*({_BASE64}{{43}}=)"),
]

_TOKENS = [
    _token("GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_", r"gh[pousr]_[A-Za-z0-9]{36,}"),
    _token("GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{36,}"),
    _token("GitLab token", "glpat-|glrt-|glcbt-|gldt-", r"gl(?:pat|rt|cbt|dt)-[\w.-]{20,}"),
    _token("Atlassian token", "ATATT3", r"ATATT3[\w=-]{100,}"),
    _token("Bitbucket token", "ATBB", r"ATBB[A-Za-z0-9]{32}", ends=True),
    _token("Slack token", "xox", r"xox[abeoprs][-.][A-Za-z0-9.-]{10,}"),
    _token("Slack token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{20,}"),
    _format(
        "Slack webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w+/]{20,})",
    ),
    _format("Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/([\w-]{60,})"),
    _token("Stripe key", "k_live_|k_test_", r"[rs]k_(?:live|test)_[A-Za-z0-9]{20,}"),
    _token("Stripe key", "whsec_", r"whsec_[A-Za-z0-9+/]{32,}"),
    _token("Square token", "sq0atp-|sq0csp-", r"sq0(?:atp|csp)-[\w-]{22,}"),
    _token("Shopify token", "shpat_|shpss_", r"shp(?:at|ss)_[A-Fa-f0-9]{32,}"),
    _token("AWS key", "AKIA|ASIA", r"(?:AKIA|ASIA)[A-Z2-7]{16}", ends=True),
    _token("Google key", "AIza", r"AIza[\w-]{35,}"),
    _token("Google key", "GOCSPX-", r"GOCSPX-[\w-]{28,}"),
    _token("Google token", "ya29.", r"ya29\.[\w-]{30,}"),
    _token("OpenAI key", "sk-proj-", r"sk-proj-[\w-]{20,}"),
    _token("OpenAI key", "T3BlbkFJ", r"sk-[\w-]*T3BlbkFJ[\w-]{20,}"),
    _token("Anthropic key", "sk-ant-", r"sk-ant-[a-z0-9]+-[\w-]{20,}"),
    _token("OpenRouter key", "sk-or-v1-", r"sk-or-v1-[a-f0-9]{64,}"),
    _token("Groq key", "gsk_", r"gsk_[A-Za-z0-9]{52,}"),
    _token("xAI key", "xai-", r"xai-[A-Za-z0-9]{70,}"),
    _token("Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{40,}"),
    _token("Replicate token", "r8_", r"r8_[A-Za-z0-9]{37,}"),
    _token("Hugging Face token", "hf_", r"hf_[A-Za-z]{34,}"),
    _token("npm token", "npm_", r"npm_[A-Za-z0-9]{36,}"),
    _token("PyPI token", "pypi-AgE", r"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[\w-]{50,}"),
    _token("RubyGems key", "rubygems_", r"rubygems_[a-f0-9]{48,}"),
    _token("Docker token", "dckr_", r"dckr_[op]at_[\w-]{27,}"),
    _token("DigitalOcean token", "_v1_", r"do[opr]_v1_[a-f0-9]{64,}"),
    _token("Heroku key", "HRKU-", r"HRKU-[\w-]{36,}"),
    _token("Netlify token", "nfp_", r"nfp_[A-Za-z0-9]{36,}"),
    _token("Supabase token", "sbp_", r"sbp_(?:v0_)?[a-f0-9]{40,}"),
    _token("Doppler token", "dp.pt.|dp.st.|dp.ct.|dp.sa.", r"dp\.(?:pt|st|ct|sa)\.[\w.-]{40,}"),
    _token("Pulumi token", "pul-", r"pul-[a-f0-9]{40,}"),
    _token("Vault token", "hvs.|hvb.", r"hv[sb]\.[\w-]{24,}"),
    _token("Databricks token", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?", ends=True),
    _token("Terraform token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}"),
    _token("Grafana token", "glsa_|glc_", r"glsa_[A-Za-z0-9]{32}_[a-f0-9]{8,}|glc_eyJ[A-Za-z0-9+/=]{32,}"),
    _token("Sentry token", "sntrys_|sntryu_", r"sntry(?:u_[a-f0-9]{64,}|s_[A-Za-z0-9+/=_]{60,})"),
    _token("SendGrid key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43,}"),
    # Hexadecimal numbers that would be anybody's, but for the issuer's name in the file.
    _token("Twilio key", "wilio|WILIO", r"SK[a-f0-9]{32}", ends=True),
    _token("Mailgun key", "ailgun|AILGUN", r"key-[a-f0-9]{32}", ends=True),
    _token("Mailchimp key", "-us1|-us2", r"[a-f0-9]{32}-us[12]?\d", ends=True),
    _token("New Relic key", "NRAK-", r"NRAK-[A-Z0-9]{27,}"),
    _token("Postman key", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34,}"),
    _token("Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40,}"),
    _token("Figma token", "figd_", r"figd_[\w-]{40,}"),
    _token("Notion token", "ntn_", r"ntn_[A-Za-z0-9]{40,}"),
    _token("Telegram token", ":AA", r"\d{8,10}:AA[\w-]{32,}"),
    # RFC 7519: header and payload are JSON objects, `{"` is `eyJ` in Base64.
    _token("JSON Web Token", "eyJ", r"eyJ[\w-]{10,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
]  # fmt: skip

# Names of what belongs there, and what servers have before anybody sets a password.
_PLACEHOLDER = (
    r"(?i)[a-z_-]{0,8}(?:pass(?:word|wd|phrase)?|pwd?|secret|token|key)\d{0,4}|x{3,}|\.{3}|\*+|.{1,2}|foo|ba[rz]"
    r"|user(?:name)?|guest|test|example|changeme|postgres|mysql|root|admin|\[secret.*"
)

# Of these URLs only those are looked at that somebody writes with a password.
_LOOSE_SCHEMES = "amqp://|amqps://|postgres://|postgresql://|mysql://|mongodb://|mongodb+srv://|redis://"

_PASSWORDS = [
    # RFC 3986, userinfo. What a template would fill in is no password.
    _format(
        "password",
        f"://|{_LOOSE_SCHEMES}",
        r"""://[^\s/?#:@"'`<>\\\[\]{}()]*:([^\s/?#@"'`<>\\\[\]{}()$*%,|][^\s/?#@"'`<>\\\[\]{}()*|]*)@[\w\[]|://([A-Za-z0-9_]{30,})@[\w\[]""",
        placeholder=_PLACEHOLDER,
    ),
    # The same with signs that should have been escaped, where nothing else has such a scheme.
    _format(
        "password",
        _LOOSE_SCHEMES,
        r"""\b(?:amqps?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?)(?:\+\w+)?://[^\s/?#:@"'`<>\\\[\]{}()$]*:"""
        r"""([^\s"'`<>\\{}()$*%,|\[\]]+)@[\w.-]+(?:[:/?"'\s]|$)""",
        placeholder=_PLACEHOLDER,
    ),
    _format(
        "password",
        "jdbc:oracle",
        r"""jdbc:oracle:\w+:[^\s/:@"'$]+/([^\s@"'$<>{}]+)@""",
        placeholder=_PLACEHOLDER,
    ),
    _format(
        "password",
        "assword=|pwd=|Pwd=",
        r"""(?i)//[^\s"'`<>]*[?&;](?:password|pwd)=([^\s"'`<>&;#${}()*\[\]]{3,})""",
        placeholder=_PLACEHOLDER,
    ),
    # libpq: `host=… password=…`, in either order.
    _format(
        "password",
        "assword=",
        r"""\b(?:host|hostaddr|dbname|user|port|sslmode)=[^\s"',()]+[ ](?:[a-z_]+=[^\s"',()]+[ ])*?"""
        r"""password=(?:\\?'([^'\r\n\\]{3,})|([^\s"'\\$<>{}()\[\]*%&;,]{3,}))""",
        placeholder=_PLACEHOLDER,
    ),
    # ADO.NET, ODBC and their likes: `Server=…;User=…;Password=…`.
    _format(
        "password",
        "assword=|Pwd=|pwd=",
        r"""(?i)\b(?:server|data source|host|uid|user id|user|username|database|initial catalog)="""
        r"""[^;"'\r\n]+;(?:[^;"'\r\n]+;)*?\s?(?:password|pwd)=(?:\\?["']([^"'\\\r\n<>{}$]{3,})"""
        r"""|([^;"'\s<>{}()\[\]$%*\\]{3,}))""",
        placeholder=_PLACEHOLDER,
    ),
    # RFC 7617 and RFC 6750.
    _format(
        "Authorization",
        "earer |Basic |basic ",
        r"""(?i)authorization["']?\]?\s{0,3}[:=,]\s{0,3}["'`]?(?:bearer|basic) ([A-Za-z0-9+/=._~-]{16,})""",
        placeholder=r"(?i)[a-z_.-]*(?:token|key|secret|credentials|auth)[a-z_.-]*|[x.]+",
    ),
    _format("Azure key", "SharedAccessKey=", rf"SharedAccessKey=({_BASE64}{{43,88}})"),
    _format(
        "Azure signature", "sig=", r"(?:[?&]|&amp;|\\u0026)sig=((?:[A-Za-z0-9+/]|%[0-9A-Fa-f]{2}){42,}=?)"
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
