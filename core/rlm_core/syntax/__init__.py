"""tree-sitter: languages, symbols and chunks. Pure functions of a text."""

from rlm_core.syntax.chunks import Chunk, chunks
from rlm_core.syntax.languages import LANGUAGES, Language, detect, of_source, preload
from rlm_core.syntax.parsing import TangledError
from rlm_core.syntax.symbols import Symbol, symbols, walk

__all__ = [
    "LANGUAGES",
    "Chunk",
    "Language",
    "Symbol",
    "TangledError",
    "chunks",
    "detect",
    "of_source",
    "preload",
    "symbols",
    "walk",
]
