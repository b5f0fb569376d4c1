"""Secret filter: what of secrets is kept out of the context, as the user has chosen.

All text passes it on its way into a snapshot: files, unsaved buffers and old versions. So no program ever has
what is kept out, nor has the cache on disk, and what is compared with the past is compared masked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rlm_core.workspace import secret_masking, secrets
from rlm_core.workspace.secret_masking import MaskedText


@dataclass(frozen=True)
class SecretFilter:
    """The user's choice, which is never a project's.

    Attributes:
        hide_files: leave files out that are secrets as a whole: by their name, and private keys.
        mask_text: mask credentials in all other text.
    """

    hide_files: bool = True
    mask_text: bool = True

    def hides(self, path: str) -> bool:
        """Whether a file does not belong, going by its name."""
        return self.hide_files and secrets.names_secret(path)

    def why_hidden(self, text: bytes) -> str:
        """Why a file that says this does not belong, in a word or two; empty when it does."""
        return "secret: private key" if self.hide_files and secrets.is_private_key(text) else ""

    def masked(self, text: bytes, path: str) -> MaskedText:
        """A text (UTF-8) as it may go into a snapshot."""
        return secret_masking.mask(text, path) if self.mask_text else MaskedText(text)

    @cached_property
    def version(self) -> str:
        """Changes with the choice and with what is known of secrets: other text, then, is in a cache."""
        known = hashlib.blake2b(digest_size=8)
        for module in ("secrets", "secret_formats", "secret_values", "secret_masking"):
            known.update(Path(__file__).with_name(f"{module}.py").read_bytes())
        return f"{self.hide_files:d}{self.mask_text:d} {known.hexdigest()}"
