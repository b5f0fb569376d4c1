"""Definition hints: lines that may define NAME, by language.

Most mentions of a name are uses, and a hint saves parsing their files. RE2 expressions, looked for in
single lines; NAME stands for an expression.
"""

PYTHON = "|".join(
    (
        r"^\s*(?:async\s+)?(?:def|class|type)\s+NAME\b",
        # bound alone, with others, or behind another: `a, (NAME, *b) = …`, `a = NAME = …`
        r"^\s*(?:[^\s=,()\[\]]+\s*,\s*|[(\[*])*NAME\s*(?:,[^=:]*|[)\]]+\s*(?:,[^=:]*)?)?(?::|=[^=])",
        r"=\s*(?:[\w*(]+\s*,\s*)*NAME\s*(?:,[^=]*)?[)\]]*\s*=[^=]",
        r"[:;]\s*NAME\s*(?::|=[^=])",  # on the line of its class, or of `if`
        r"[:;]\s*(?:def|class)\s+NAME\b",
    )
)
# What stands before a name that is declared: types and other names, but nothing that computes.
_C_BEFORE = (
    r"(?:[\w\s*,&]|\((?:[^()]|\([^()]*\))*\)|/\*(?:[^*]|\*[^/])*\*/|\[[^\]]*\]|__attribute__\s*\(\(.*?\)\))*"
)
_C_TYPE = (
    r"(?:(?:struct|union|enum|const|volatile|unsigned|signed|extern|static|inline|void|char|short|int|long|float"
    r"|double|bool|auto|\w+_t|[A-Z]\w*|__\w+)[\s*]|\w+\*|\w+\s+\*)"
)
C = "|".join(
    (
        rf"^{_C_BEFORE}\bNAME\b\s*(?:[;:,\[/{{}}]|__\w+|[A-Z]\w+|$)",  # variables, fields, enumerators
        rf"^(?:[A-Za-z_*/]{_C_BEFORE}\(?\s*\b)?NAME\b\s*(?:\)\s*)?[=(]",  # at the margin
        rf"^\s+{_C_TYPE}{_C_BEFORE}\bNAME\b\s*[=(]",
        r"^\s+NAME\s*=",
        r"\b(?:struct|union|enum)\s+(?:\w+\s+|\w*\(.*\)\s*)?NAME\b\s*(?:\{|$|/)",
        r"#\s*define\s+NAME\b",
        r"\}.*\bNAME\b",
        r"^\s*typedef\b.*\bNAME\b",
        r"\(\s*\*.*\bNAME\s*[\)\[(]",
        r"[{,;]\s*(?:\w+[\s*]+)*NAME\s*[,=};:\[]",
        r"\b[A-Z]\w*\s*\((?:[^()]*,)?\s*NAME\s*[,)]",  # by a macro: `SYSCALL_DEFINE1(close, …)`
    )
)
GO = "|".join(
    (
        r"\bfunc\s+(?:\([^)]*\)\s*)?NAME\b",
        r"\b(?:type|const|var)\s+(?:\w+\s*,\s*)*NAME\b",
        r"^\s+(?:\w+\s*,\s*)*NAME\b(?:\s*,|\s*=|\s*\(|\s*/[/*]|\s*;|\s*\[|\s+[\w\[\]*.<(]|\s*$)",
        r"\b(?:struct|interface)\s*\{.*\bNAME\b",  # on one line
    )
)
RUST = "|".join(
    (
        r"\b(?:fn|struct|enum|union|trait|type|mod|const|static|mut|macro_rules!)\s+(?:r#)?NAME\b",
        r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:r#)?NAME\s*(?::|,|\(|\{|=|$)",
        r"[{,(]\s*(?:pub(?:\([^)]*\))?\s+)?(?:r#)?NAME\s*[:,({}]",
    )
)
# Data and markup have many more words than definitions.
JSON = r'"NAME"\s*:'
YAML = r"NAME['\"]?\s*:"
TOML = r"NAME['\"]?\s*[=\].]"
MARKDOWN = r"^ {0,3}#{1,6}\s.*NAME|^\s*NAME\s*$"
HTML = r"(?i:\bid\s*=\s*['\"]?|<h[1-6]\b).*NAME"
MAKE = r"^[^\t#]*NAME"
