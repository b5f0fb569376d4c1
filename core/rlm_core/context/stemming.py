"""Stemming and splitting: words of a question and of code, made comparable."""

from __future__ import annotations

import re

# getHTTPResponse2 → get, HTTP, Response, 2
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
# Endings and how much must be left without them.
_ENDINGS = {"ations": 4, "ation": 4, "ings": 4, "ing": 4, "ers": 4, "ies": 4, "ed": 4, "es": 4, "er": 4}
_ENDINGS |= {"s": 3, "e": 4, "y": 4}

_STOP_WORDS = """
a about after all also an and any are as at be because been before being between both but by called can code
could defined did do does doing done each else exactly explain file files find for from function get gets give
given had happen happens has have how i if implement implementation implemented implements in into is it its
itself just like list made make makes many may me mean means method most must my need no not of on one only or
other our out over own please project repo repository same say see should show so some such tell than that the
their them then there these they thing things this those through to under up us use used uses using very was
way we were what when where whether which while who why will with work works would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def split_identifier(identifier: str) -> list[str]:
    """Splits an identifier the way code joins words: camelCase, snake_case, digits; lower case."""
    return [part.lower() for part in split_by_case(identifier)]


def split_by_case(identifier: str) -> list[str]:
    """The same, as it is written."""
    if identifier.isascii():
        return _PART.findall(identifier)
    # `re` has classes for the case of ASCII letters only, so `größeÄndern` is cut where `aaaaaAaaaaa` is.
    shape = "".join("A" if char.isupper() else "a" if char.islower() else char for char in identifier)
    return [identifier[slice(*part.span())] for part in _PART.finditer(shape)]


def stem(word: str) -> str:
    """Returns a word without its ending, so that `caches`, `cached` and `caching` meet."""
    for ending, least in _ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return _undoubled(word[: -len(ending)])
    return word


def _undoubled(stem: str) -> str:
    """`mapp` → `map`: a consonant that is doubled before an ending; not in `pass`, `call`, `stuff`."""
    doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "aeiouszfl"
    return stem[:-1] if doubled else stem
