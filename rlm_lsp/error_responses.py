"""Error responses: what a request's handler raises, as a `ResponseError` of LSP."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError

from rlm_core.errors import RlmError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


def with_error_responses(
    handler: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """The handler of a request, raising nothing but what pygls sends as it is."""

    @wraps(handler)
    async def respond(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await handler(*args, **kwargs)
        except JsonRpcException:
            raise
        except RlmError as error:
            raise JsonRpcException(str(error), types.LSPErrorCodes.RequestFailed.value) from error
        except Exception as error:
            logger.exception("A request failed")
            raise JsonRpcInternalError(
                f"rlm-lsp has failed on this request ({error}); its log on standard error says where."
            ) from error

    return respond
