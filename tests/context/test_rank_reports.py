"""Reports of bugs and questions about names: which words count, and definitions ranked by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.context import Context
    from tests.support.contexts import ContextOf

FILES = {
    "shop/basket.py": (
        "MAX_ITEMS = 20\n\n\nclass Basket:\n    limit = MAX_ITEMS\n\n    def __init__(self):\n"
        "        self.items = []\n\n    def add(self, item):\n        # A basket has a limit.\n"
        "        def checked():\n            return self.limit\n        self.items.append(item)\n\n"
        "    def remove_all(self):\n        self.items.clear()\n\n    def as_dict(self):\n"
        "        return dict(enumerate(self.items))\n"
    ),
    "shop/order.py": (
        "class Order:\n    def remove_all(self):\n        return None\n\n"
        "    def total(self):\n        return 3\n"
    ),
    "shop/mail.py": (
        "def send(order):\n    # The steps to reproduce a bug: the version and the environment.\n"
        "    return order\n"
    ),
    "docs/history.md": "# History\n\nBasket, basket, remove all, remove_all, items, order: all changed.\n",
    "pyproject.toml": 'description = "a basket, remove all of a basket"\n',
    "tests/test_basket.py": "def test_remove_all():\n    basket = Basket()\n    basket.remove_all()\n",
    "broken.zzz": "remove_all of the basket\n",
    **{f"shop/other{n}.py": f"def other{n}():\n    return {n}\n" for n in range(40)},
}
REPORT = """\
Basket.remove_all() keeps the last item

#### Description

The method leaves something behind.

#### Steps/Code to Reproduce

```python
from shop import Order
order = Order()
order.total()
order.send()
```

Version and environment: the latest.
"""


@pytest.fixture
def files(context_of: ContextOf) -> Context:
    return context_of(snapshot_of(FILES))


def test_of_a_report_the_title_counts_more_than_code_that_it_quotes(files: Context) -> None:
    [best, *_] = files.rank(REPORT)
    assert (best.path, best.symbol) == ("shop/basket.py", "Basket.remove_all")
    [first, *_] = files.rank(REPORT, of="definitions")
    assert (first.path, first.symbol, first.start_line, first.end_line, first.line) == (
        "shop/basket.py", "Basket.remove_all", 16, 17, 16,
    )  # fmt: skip


def test_what_every_report_has_is_no_word_of_it(files: Context) -> None:
    assert "shop/mail.py" in [item.path for item in files.rank("steps to reproduce the environment")]
    report = "Totals are wrong\n\n## Steps to reproduce\n\n## Environment\n"
    assert [item.path for item in files.rank(report)] == ["shop/order.py"]


def test_words_behind_the_first_dozen_count(files: Context) -> None:
    words = " ".join(f"frobnicate{chr(97 + n)}" for n in range(30))
    assert files.rank(f"{words} as_dict")[0].symbol == "Basket.as_dict"


def test_what_explains_or_tests_is_behind_what_does_it(files: Context) -> None:
    paths = [item.path for item in files.rank("remove all of a basket")]
    assert paths[0] == "shop/basket.py"
    assert paths.index("tests/test_basket.py") > 0
    assert files.rank("tests of remove all")[0].path == "tests/test_basket.py"


def test_definitions_of_one_file_are_ranked_by_themselves(files: Context) -> None:
    ranked = files.rank("how is an item added to the basket", of="definitions", glob="shop/")
    symbols = [item.symbol for item in ranked]
    assert symbols[0] == "Basket.add"
    assert len({item.path for item in ranked}) < len(ranked)
    assert len(set(zip([item.path for item in ranked], symbols, strict=True))) == len(ranked)
    assert files.rank("the max number of items", of="definitions")[0].symbol == "MAX_ITEMS"
    assert [item.score for item in ranked] == sorted((item.score for item in ranked), reverse=True)


def test_a_name_as_it_is_written_is_worth_more_than_its_words(context_of: ContextOf) -> None:
    context = context_of(
        snapshot_of(
            {
                "a.py": "def load_user_data(path):\n    return path\n",
                "b.py": "def loadUserData(path):\n    return path\n",
            }
        )
    )
    for name, path in (("load_user_data", "a.py"), ("loadUserData", "b.py")):
        for of in ("files", "definitions"):
            assert context.rank(f"where is {name} wrong", of=of)[0].path == path


def test_a_list_of_definitions_says_what_it_lacks(files: Context) -> None:
    ranked = files.rank("remove_all basket", k=1, of="definitions")
    assert (len(ranked), ranked.omitted) == (1, None)
    assert "Without definitions: broken.zzz." in ranked.note
    none = files.rank("remove_all", glob="*.zzz", of="definitions")
    assert none == []
    assert "Without definitions: broken.zzz." in none.note
    with pytest.raises(QueryError, match="of='files' or of='definitions'"):
        files.rank("basket", of="function")


def test_a_report_over_many_files_is_ranked_by_its_most_telling_words(context_of: ContextOf) -> None:
    many = {f"area/file{n:05}.py": f"def common{n}():\n    return shared(value)\n" for n in range(1_500)}
    needle = {"core/decoder.py": "def decode_frame(shared):\n    value = common(shared)\n    return value\n"}
    context = context_of(snapshot_of({**many, **needle}, shard_bytes=1 << 22))
    words = " ".join(f"frobnicate{chr(97 + n)}" for n in range(12))
    ranked = context.rank(f"decode_frame returns a common shared value\n\nthe frame is decoded {words}")
    assert (ranked[0].path, ranked[0].symbol) == ("core/decoder.py", "decode_frame")
    assert "most telling chose the files" in ranked.note


@pytest.mark.parametrize(
    "text",
    [
        b"aaaa" * 25_000,
        b"def aa():\n" * 5_000,
        b"".join(b" " * n + b"def aa():\n" for n in range(90)) + b"aa\n" * 20_000,
        b"A_" * 100_000,
    ],
    ids=["letters", "definitions", "nested", "parts"],
)
def test_hostile_text_is_ranked_within_bounds(context_of: ContextOf, text: bytes) -> None:
    context = context_of(snapshot_of({"a.py": text.decode(), "b.py": "def aa_bb():\n    pass\n"}))
    hostile = " ".join(["aa", "`aa`(", "a_" * 5_000, "x.y" * 3_000, "```\n" * 2_000, "aa_bb"])
    assert "b.py" in [item.path for item in context.rank(hostile)]
    assert context.rank(hostile, k=200, of="definitions")
