"""Definition hints: lines that may define NAME, by language.

Most mentions of a name are uses, and a hint saves parsing their files. RE2 expressions, looked for in
single lines; NAME stands for an expression.
"""

PYTHON = r"^\s*(?:async\s+)?(?:def|class|type)\s+NAME\b|^\s*NAME\s*(?::|=[^=])"
C = "|".join(
    (
        r"^(?:[A-Za-z_#*][^;=()\"]*[\s*])?NAME\s*(?:\(|=|;|\[|,|$)",  # at the margin: functions, variables
        r"^[A-Za-z_][^;=\"]*\)[\w\s*]*[\s*]NAME\s*\(",  # … after an attribute with arguments
        r"\b(?:struct|union|enum|class)\s+NAME\s*(?:\{|$|/)",
        r"#\s*define\s+NAME\b",
        r"^\s*\}[^;]*\bNAME\s*[;,]",
        r"^typedef\b[^;]*\bNAME\s*;",
        r"\(\s*\*\s*NAME\s*\)",
        r"^\s+NAME\s*(?:,|=|/|\}|$)",  # enumerators
        r"^\s+(?:struct\s+|union\s+|enum\s+|const\s+|unsigned\s+)*\w+[\s*]+NAME\s*[;:\[]",  # fields
        r"[{,]\s*NAME\s*[,=}]",
    )
)
GO = "|".join(
    (
        r"\bfunc\s+(?:\([^)]*\)\s*)?NAME\b",
        r"\b(?:type|const|var)\s+(?:\w+\s*,\s*)*NAME\b",
        r"^\s+(?:\w+\s*,\s*)*NAME\b(?:\s*,|\s*=|\s*\(|\s+[\w\[\]*.<(]|\s*$)",
    )
)
RUST = "|".join(
    (
        r"\b(?:fn|struct|enum|union|trait|type|mod|const|static|mut|macro_rules!)\s+NAME\b",
        r"^\s*(?:pub(?:\([^)]*\))?\s+)?NAME\s*(?::|,|\(|\{|=|$)",
        r"[{,(]\s*NAME\s*[:,({}]",
    )
)
# Data and markup have many more words than definitions.
JSON = r'"NAME"\s*:'
YAML = r"NAME['\"]?\s*:"
TOML = r"NAME['\"]?\s*[=\].]"
MARKDOWN = r"^ {0,3}#{1,6}\s.*NAME|^\s*NAME\s*$"
HTML = r"(?i:\bid\s*=\s*['\"]?|<h[1-6]\b).*NAME"
MAKE = r"^[^\t#]*NAME"
