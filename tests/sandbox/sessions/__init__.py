"""Longer sessions, of the kind that stands in logs of Recursive Language Models.

Each Markdown file holds sessions: a heading, then one fenced block for each cell. They find a text in
`context`, and `llm_query` and `llm_query_batched` beside it.
"""

from __future__ import annotations

import re
from pathlib import Path


def sessions() -> dict[str, list[str]]:
    """The cells of every session, by file and heading."""
    return {
        f"{file.stem}: {name}": re.findall(r"(?ms)^```python\n(.*?)\n```$", body)
        for file in sorted(Path(__file__).parent.glob("*.md"))
        for name, body in re.findall(r"(?ms)^## ([^\n]+)\n(.*?)(?=^## |\Z)", file.read_text("utf-8"))
    }


def context() -> str:
    """Prose, a log, a table and a source text in one: 20,000 characters that are the same every time."""
    return "\n\n".join((_PROSE, "## Log\n" + _log(), "## Orders\n" + _orders(), "## Source\n" + _SOURCE))


_PROSE = """\
# Notes on an incident

## Summary
The storage service was slow from noon on, and at 14:02 its disk was full. The naïve retry made it worse:
each client tried again after 50 ms — “as designed”. The code word for this incident
is KLX-4471, and it must not be told to customers.

## Causes
The café ☕ dashboard polled storage every second. Ångström units were read as metres (Å → m).
Nobody saw the alert: it went to a mailbox that Zoë had closed in 2019 🎉."""


def _log() -> str:
    services, levels = ("storage", "web-ui", "billing"), ("INFO", "INFO", "WARN", "INFO", "ERROR")
    texts = ("request done", "cache miss", "disk almost full", "retrying", "timeout after {n} ms")
    return "\n".join(
        f"2024-03-{1 + n // 80:02} {n // 6 % 24:02}:{n * 7 % 60:02}:{n * 13 % 60:02} {levels[n % 5]} "
        f"{services[n * n % 7 % 3]}: {texts[n % 5].format(n=50 + n * 37 % 400)}"
        for n in range(300)
    )


def _orders() -> str:
    names = ("Ada", "Bo", "Chen", "Dee")
    rows = (f"{n},{names[n * n % 4]},{n * 1.25:.2f},{n % 3 + 1}" for n in range(1, 41))
    return "\n".join(("order,customer,amount,count", *rows))


_SOURCE = '''\
import os

def read(path):
    """Reads a file."""
    return clean(open(path).read())

def clean(text):
    return text.strip()

async def fetch(url, retries=3):
    for attempt in range(retries):
        try:
            return await get(url)
        except TimeoutError:
            print(attempt)

class Store:
    """Keeps things."""

    def put(self, key, value):
        self.data[key] = clean(value)
# end of module
'''
