"""Whatever the file says, there is a Config or a list of faults, and soon."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import Config, ConfigError, load
from gateway.config.document import parse
from gateway.config.nodes import plain
from gateway.files import data_dir

EXAMPLE = (data_dir("config") / "gateway.yaml").read_text("utf-8")


def outcome(tmp_path_factory, text: str) -> Config | ConfigError:
    path = tmp_path_factory.mktemp("hostile") / "gateway.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        return load(path, {})
    except ConfigError as error:
        assert error.faults
        return error


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200))
def test_any_text(tmp_path_factory, text):
    outcome(tmp_path_factory, text)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_the_example_with_a_piece_replaced(tmp_path_factory, data):
    start = data.draw(st.integers(0, len(EXAMPLE) - 1))
    length = data.draw(st.integers(0, 40))
    piece = data.draw(
        st.sampled_from(
            ["", "[", "{", "]", ":", " ", "\n", "*x", "&x", "null", "0", "- ", "${", "a: b"]
        )
    )
    outcome(tmp_path_factory, EXAMPLE[:start] + piece + EXAMPLE[start + length :])


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab/*~.{}$:", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "routes", "match", "path", "ladder", "kind", "pass"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["sites", "upstreams", "listen", "log", "limits", "include"]), JSONISH
    )
)
def test_any_shape(tmp_path_factory, shape):
    import json

    outcome(tmp_path_factory, json.dumps(shape))


def test_a_bomb_is_bounded():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]" for i in range(1, 30)]
    root, (fault,) = parse("\n".join(lines), "bomb.yaml", {})
    assert root is None
    assert "unfolds to more than 250000 values" in fault.what


def test_a_merge_into_itself_ends():
    root, faults = parse("a: &a\n  <<: *a\n  b: 1\n", "x.yaml", {})
    assert root is not None
    assert plain(root) == {"a": {"b": "1"}}
    assert [fault.what for fault in faults] == [
        "an anchor (&) that holds itself (*)",
        "only a mapping can be merged in",
    ]
