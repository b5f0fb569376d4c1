"""Endpoint failures: what went wrong, as a sentence that names it and says what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import openai

from rlm_core.models.base import FailureKind, ModelError, model_list
from rlm_core.models.http_client import HEAD_BYTES, RESPONSE_BYTES, ResponseTooLargeError
from rlm_core.wording import escaped, one_line

if TYPE_CHECKING:
    from rlm_core.models.endpoint import Endpoint

# Compatible servers agree on neither status nor code, only roughly on words.
_OVERFLOW = re.compile(
    r"context.?(length|size|window)|maximum.?context|exceeds? the (available )?context"
    r"|too many tokens|prompt is too long",
    re.IGNORECASE,
)
_UNKNOWN_MODEL = re.compile(
    r"model\b.*(not (be )?found|does not exist|not exist|unknown|invalid|not supported)"
    r"|(unknown|invalid|no such) model|model_not_found",
    re.IGNORECASE | re.DOTALL,
)
QUOTED_CHARS = 300
# The patterns take a time that grows with the square of it.
SEARCHED_CHARS = 4_000


async def explain(error: openai.OpenAIError, endpoint: Endpoint, model: str) -> ModelError:
    """The `ModelError` for what the client raised, after its retries."""
    match error:
        case openai.APITimeoutError():
            return ModelError(
                f"{endpoint.url} did not answer {model} within {endpoint.timeout:g} s"
                f"{_tries(endpoint)}; ask with less text, or raise model.timeout.",
                "timeout",
            )
        case openai.APIConnectionError():
            return ModelError(
                f"{endpoint.url} cannot be reached{_tries(endpoint)}{_cause(error, endpoint)}; "
                "check OPENAI_BASE_URL, the network, and that the server runs.",
                "unreachable",
            )
        case openai.APIStatusError():
            return await _explain_status(error, endpoint, model)
        case ResponseTooLargeError():
            return ModelError(
                f"{endpoint.url} sent more than {RESPONSE_BYTES >> 20} MiB, or {HEAD_BYTES >> 10} KiB before "
                f"that, for one request to {model}, and nothing of it counts; check that OPENAI_BASE_URL "
                "names the API (it often ends in /v1).",
                "rejected",
            )
        case _:
            return not_an_api(b"", str(error), endpoint)


def not_an_api(body: bytes, why: str, endpoint: Endpoint) -> ModelError:
    """The `ModelError` for a server that answers, but not with a chat completion."""
    start = _short(body[: 4 * QUOTED_CHARS].decode("utf-8", "replace"), endpoint)
    quote = f", which begins with {start}" if start else ""
    return ModelError(
        f"{endpoint.url} answered something that is not a chat completion ({_short(why, endpoint)}{quote}); "
        "check that OPENAI_BASE_URL names the API (it often ends in /v1).",
        "rejected",
    )


async def _explain_status(error: openai.APIStatusError, endpoint: Endpoint, model: str) -> ModelError:
    status, url = error.status_code, endpoint.url
    quote = _server_message(error, endpoint)
    words = f"{error.code} {error.type} {error.message}"[:SEARCHED_CHARS]
    if status in {401, 403}:
        # What the server says is left out: providers quote parts of the key here.
        return ModelError(f"{url} refused the key ({status}); check OPENAI_API_KEY.", "authentication")
    if 300 <= status < 400:
        return ModelError(
            f"{url} redirects to {_destination(error)}, and no redirect is followed, for it would take the "
            "code elsewhere; set OPENAI_BASE_URL to the address of the API itself.",
            "rejected",
        )
    if status == 429:
        advice = "add credit" if "quota" in words else "wait, or lower limits.concurrency"
        return ModelError(
            f"{url} keeps answering 429 for {model}{_tries(endpoint)}{quote}; {advice}.", "rate-limit"
        )
    if status >= 500 or status in {408, 409}:
        return ModelError(
            f"{url} answered {status} for {model}{_tries(endpoint)}{quote}; try later.", "unreachable"
        )
    if _OVERFLOW.search(words):
        return ModelError(
            f"The text sent to {model} at {url} is larger than its context window{quote}; send less at once.",
            "context-overflow",
        )
    if status == 404 or _UNKNOWN_MODEL.search(words):
        return await _explain_missing(endpoint, model, quote)
    return ModelError(f"{url} refused the request to {model} ({status}){quote}.", "rejected")


async def _explain_missing(endpoint: Endpoint, model: str, quote: str) -> ModelError:
    offered = await endpoint.known_models()
    if model in offered:
        kind: FailureKind = "rejected"
        advice = "it lists the model, but has no chat completions for it; choose another with RLM_MODEL"
    elif offered:
        kind, advice = (
            "unknown-model",
            f"it serves {model_list(offered)}; set RLM_MODEL or RLM_SUB_MODEL to one of them",
        )
    else:
        kind = "unknown-model"
        advice = (
            "check RLM_MODEL and RLM_SUB_MODEL, and that OPENAI_BASE_URL names the API (it often ends in /v1)"
        )
    return ModelError(f"{endpoint.url} does not know the model {model}{quote}; {advice}.", kind)


def _destination(error: openai.APIStatusError) -> str:
    """Where a redirect leads, without the path, which could be a secret."""
    try:
        parts = urlsplit(error.response.headers.get("location", ""))
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    if not parts.scheme and not host:
        return "another path"
    return escaped(one_line(f"{parts.scheme}://{host}", QUOTED_CHARS))


def _tries(endpoint: Endpoint) -> str:
    return f" in {endpoint.retries + 1} tries" if endpoint.retries else ""


def _server_message(error: openai.OpenAIError, endpoint: Endpoint) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        body = body.get("message")
    text = str(body or error)
    return f" (it says: {_short(text, endpoint)})" if text.strip() else ""


def _cause(error: openai.OpenAIError, endpoint: Endpoint) -> str:
    text = str(error.__cause__ or "")
    return f" ({_short(text, endpoint)})" if text.strip() else ""


def _short(text: str, endpoint: Endpoint) -> str:
    return one_line(endpoint.redacted(text).rstrip(" \n."), QUOTED_CHARS)
