"""The four model protocols that coding agents speak, as far as a scripted model needs them.

Each says which tools a request offers, which results came back so far, and streams one tool call or one
line of text as server-sent events.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Body = dict[str, Any]

_numbers = count(1)  # hosts tell calls apart by id


class Tool(NamedTuple):
    """A tool as it is offered.

    Attributes:
        name: what the host calls it, such as `mcp__rlm__rlm_query`.
        namespace: of the tool, where a protocol has one.
    """

    name: str
    namespace: str | None = None


class Dialect(Protocol):
    """One protocol."""

    def tools(self, body: Body) -> list[Tool]:
        """The tools of a request."""
        ...

    def results(self, body: Body) -> list[str]:
        """What the tools have answered so far, oldest first."""
        ...

    def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """A response that calls a tool."""
        ...

    def say(self, text: str) -> str:
        """A response that ends the turn."""
        ...


def _events(events: Sequence[Body], *, named: bool = True) -> str:
    return "".join(
        (f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event)}\n\n" for event in events
    )


class Responses:
    """OpenAI's Responses API (Codex): https://platform.openai.com/docs/api-reference/responses-streaming."""

    def tools(self, body: Body) -> list[Tool]:
        found = []
        for tool in body.get("tools", ()):
            if tool["type"] == "namespace":
                found += [Tool(inner["name"], tool["name"]) for inner in tool["tools"]]
            elif "name" in tool:
                found.append(Tool(tool["name"]))
        return found

    def results(self, body: Body) -> list[str]:
        return [_text(item["output"]) for item in body["input"] if item["type"] == "function_call_output"]

    def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        item = {
            "type": "function_call", "call_id": f"call_{next(_numbers)}", "name": tool.name,
            "arguments": json.dumps(arguments), "status": "completed",
        }  # fmt: skip
        return self._response({**item, **({"namespace": tool.namespace} if tool.namespace else {})})

    def say(self, text: str) -> str:
        content = [{"type": "output_text", "text": text, "annotations": []}]
        return self._response(
            {
                "type": "message",
                "id": f"msg_{next(_numbers)}",
                "role": "assistant",
                "status": "completed",
                "content": content,
            }
        )

    def _response(self, item: Body) -> str:
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        response = {"id": "resp_1", "object": "response", "model": "scripted", "usage": usage}
        return _events(
            [
                {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
                {"type": "response.output_item.added", "output_index": 0, "item": item},
                {"type": "response.output_item.done", "output_index": 0, "item": item},
                {
                    "type": "response.completed",
                    "response": {**response, "status": "completed", "output": [item]},
                },
            ]
        )


class Messages:
    """Anthropic's Messages API (Claude Code): https://docs.claude.com/en/docs/build-with-claude/streaming."""

    def tools(self, body: Body) -> list[Tool]:
        return [Tool(tool["name"]) for tool in body.get("tools", ())]

    def results(self, body: Body) -> list[str]:
        blocks = (block for message in body["messages"] for block in _blocks(message["content"]))
        return [_text(block["content"]) for block in blocks if block.get("type") == "tool_result"]

    def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        block = {"type": "tool_use", "id": f"toolu_{next(_numbers)}", "name": tool.name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        return self._message(block, delta, "tool_use")

    def say(self, text: str) -> str:
        return self._message({"type": "text", "text": ""}, {"type": "text_delta", "text": text}, "end_turn")

    def _message(self, block: Body, delta: Body, stop: str) -> str:
        message: Body = {
            "id": f"msg_{next(_numbers)}", "type": "message", "role": "assistant", "model": "scripted",
            "content": [], "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }  # fmt: skip
        return _events(
            [
                {"type": "message_start", "message": message},
                {"type": "content_block_start", "index": 0, "content_block": block},
                {"type": "content_block_delta", "index": 0, "delta": delta},
                {"type": "content_block_stop", "index": 0},
                {
                    "type": "message_delta",
                    "delta": {"stop_reason": stop, "stop_sequence": None},
                    "usage": {"output_tokens": 1},
                },
                {"type": "message_stop"},
            ]
        )


class ChatCompletions:
    """OpenAI's Chat Completions (opencode): https://platform.openai.com/docs/api-reference/chat-streaming."""

    def tools(self, body: Body) -> list[Tool]:
        return [Tool(tool["function"]["name"]) for tool in body.get("tools") or ()]

    def results(self, body: Body) -> list[str]:
        return [_text(message["content"]) for message in body["messages"] if message["role"] == "tool"]

    def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        function = {"name": tool.name, "arguments": json.dumps(arguments)}
        call = {"index": 0, "id": f"call_{next(_numbers)}", "type": "function", "function": function}
        return self._chunks({"role": "assistant", "tool_calls": [call]}, "tool_calls")

    def say(self, text: str) -> str:
        return self._chunks({"role": "assistant", "content": text}, "stop")

    def _chunks(self, delta: Body, finish: str) -> str:
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        chunks = [
            {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}], "usage": usage},
        ]
        return _events(chunks, named=False) + "data: [DONE]\n\n"


class GenerateContent:
    """Google's streamGenerateContent (Gemini CLI): https://ai.google.dev/api/generate-content."""

    def tools(self, body: Body) -> list[Tool]:
        groups = body.get("tools", ())
        return [Tool(item["name"]) for group in groups for item in group.get("functionDeclarations", ())]

    def results(self, body: Body) -> list[str]:
        parts = (part for content in body["contents"] for part in content.get("parts", ()))
        return [json.dumps(part["functionResponse"]) for part in parts if "functionResponse" in part]

    def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        return self._candidate({"functionCall": {"name": tool.name, "args": dict(arguments)}})

    def say(self, text: str) -> str:
        return self._candidate({"text": text})

    def _candidate(self, part: Body) -> str:
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        return _events([{"candidates": [candidate], "modelVersion": "scripted"}], named=False)


def _blocks(content: Any) -> Iterator[Body]:
    return iter(content if isinstance(content, list) else [{"type": "text", "text": content}])


def _text(content: Any) -> str:
    return "".join(block.get("text", "") for block in _blocks(content))


DIALECTS: dict[str, Dialect] = {
    "/responses": Responses(),
    "/messages": Messages(),
    "/chat/completions": ChatCompletions(),
    ":streamGenerateContent": GenerateContent(),
}
