"""Endpoint that is OpenAI-compatible: its client, made at first use, and what it says about itself."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from rlm_core.models import bounded_json
from rlm_core.models.base import ModelError, model_list
from rlm_core.well_formed import well_formed
from rlm_core.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2
    from openai import AsyncOpenAI

    from rlm_core.config import ModelSettings

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECONDS = 10.0
# Local servers want no key, but the client insists on one.
NO_KEY = "no-key-needed"
LIST_SECONDS = 10.0
# Of a header that is quoted.
HEADER_CHARS = 40


@dataclass(slots=True)
class Attempts:
    """The tries of one request; `why` is what the latest one met."""

    report: Callable[[str], None]
    why: str = "could not be reached or did not answer in time"


attempts: ContextVar[Attempts | None] = ContextVar("attempts", default=None)


class Endpoint:
    """Where requests go.

    Attributes:
        url: the base URL as it may be shown: without credentials or query.
        is_openai: it is OpenAI's own, not a compatible server.
        retries: tries after the first.
        timeout: seconds for one request.

    Raises:
        ModelError: the base URL is none.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self._base_url = settings.base_url or OPENAI_URL
        self._key = settings.api_key.get_secret_value() if settings.api_key else NO_KEY
        parts = _parsed(self._base_url)
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
        self.is_openai = parts.hostname == urlsplit(OPENAI_URL).hostname
        self.retries = settings.retries
        self.timeout = settings.timeout
        self._client: AsyncOpenAI | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> AsyncOpenAI:
        """The client; importing it takes a second, so that happens on a thread."""
        async with self._connecting:
            if self._client is None:
                await asyncio.to_thread(__import__, "openai")
                self._client = self._connect()
        return self._client

    def _connect(self) -> AsyncOpenAI:
        import httpx2  # comes with openai, which is imported when it is needed
        from openai import AsyncOpenAI

        from rlm_core.models.http_client import BoundedClient

        return AsyncOpenAI(
            base_url=self._base_url,
            api_key=self._key,
            max_retries=self.retries,
            http_client=BoundedClient(
                httpx2.Timeout(self.timeout, connect=CONNECT_SECONDS),
                {"request": [self._on_request], "response": [self._on_response]},
            ),
        )

    async def _on_request(self, request: httpx2.Request) -> None:
        # The client retries by itself and tells only the server, in this header.
        again = int(request.headers.get("x-stainless-retry-count", 0))
        under_way = attempts.get()
        if again and under_way is not None:
            under_way.report(f"{self.url} {under_way.why}; trying again ({again} of {self.retries}).")

    async def _on_response(self, response: httpx2.Response) -> None:
        under_way = attempts.get()
        if under_way is not None:
            wait = response.headers.get("retry-after")
            delay = f" and asked to wait {one_line(wait, HEADER_CHARS)} s" if wait else ""
            under_way.why = f"answered {response.status_code}{delay}"

    async def list_models(self) -> list[str]:
        """The names that `GET /models` lists.

        Raises:
            OpenAIError: it could not be asked, or has no such list.
        """
        client = (await self.client()).with_options(timeout=LIST_SECONDS, max_retries=0)
        from openai import OpenAIError

        response = await client.models.with_raw_response.list()
        try:
            listed = bounded_json.loads(response.content)["data"]
            return sorted(well_formed(model["id"]) for model in listed)
        except (ValueError, LookupError, TypeError) as error:
            # A server need not answer in the right shape.
            raise OpenAIError(f"its list of models cannot be read: {type(error).__name__}") from error

    async def known_models(self) -> list[str]:
        """The names that `GET /models` lists; empty when the endpoint does not say, for it need not."""
        await self.client()
        from openai import OpenAIError

        try:
            return await self.list_models()
        except OpenAIError:
            return []

    async def only_model(self) -> str:
        """The name to use when none is configured: the only one that the endpoint serves.

        Raises:
            ModelError: it serves none or several, does not say, or cannot be reached.
        """
        await self.client()
        from openai import APIConnectionError, OpenAIError

        try:
            names = await self.list_models()
        except APIConnectionError as error:
            from rlm_core.models.failures import explain

            raise await explain(error, self, "its list of models") from error
        except OpenAIError:
            names = []  # it need not say
        if len(names) == 1:
            return names[0]
        offered = f"it serves {model_list(names)}" if names else "it does not list what it serves"
        raise ModelError(
            f"No model is chosen for {self.url}, and {offered}; set RLM_MODEL to one it serves.",
            "unknown-model",
        )

    def redacted(self, text: str) -> str:
        """`text` without the key, should a server have quoted it."""
        return text.replace(self._key, "[key]")

    async def close(self) -> None:
        """Gives the connections back."""
        if self._client is not None:
            await self._client.close()
            self._client = None


def _parsed(url: str) -> SplitResult:
    """The parts of a base URL, which is not quoted in an error: it may hold credentials."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ModelError(
            "The base URL is none that can be asked; it should look like http://localhost:8000/v1 "
            "(--base-url, OPENAI_BASE_URL or model.base_url).",
            "unreachable",
        )
    return parts
