"""Changes of a workspace in any order, and what a snapshot says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot


def texts(snapshot: Snapshot) -> dict[str, str]:
    return {path: snapshot.text(path) for path in snapshot}


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from("abc"), st.text(max_size=5)),
        st.tuples(st.just("delete"), st.sampled_from("abc"), st.just("")),
        st.tuples(st.just("rename"), st.sampled_from("abc"), st.sampled_from("abc")),
        st.tuples(st.just("type"), st.sampled_from("abc"), st.text(max_size=5)),
        st.tuples(st.just("close"), st.sampled_from("abc"), st.just("")),
        st.tuples(st.just("look"), st.just(""), st.just("")),
    ),
    max_size=25,
)
