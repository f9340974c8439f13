"""Imports between scripts, in names with digests."""

from __future__ import annotations

import re

import pytest

from gateway.pages.linking import link

FILES = {
    "kinds/word.js": b'import { points, words } from "../controls/points.js";\npoints();',
    "controls/points.js": b'import {\n  room,\n} from "./stage.js";\nexport const words = 1;',
    "controls/stage.js": b"export const room = 1;",
    "page.css": b'a::after { content: "from "./no.js";" }',
}


def test_imports_name_what_is_served() -> None:
    linked = link(FILES)
    points, stage = linked["controls/points.js"], linked["controls/stage.js"]
    assert b'import { points, words } from "./%s";' % points.name.encode() in (
        linked["kinds/word.js"].body
    )
    assert b'from "./%s";' % stage.name.encode() in points.body
    assert linked["kinds/word.js"].needs == ("controls/points.js", "controls/stage.js")
    assert stage.needs == ()
    assert linked["page.css"].body == FILES["page.css"]
    assert all(re.fullmatch(r"[0-9a-f]{16}\.\w+\.(js|css)", file.name) for file in linked.values())


def test_a_name_changes_with_all_it_imports() -> None:
    before, after = link(FILES), link(FILES | {"controls/stage.js": b"export const room = 2;"})
    changed = [path for path in FILES if before[path].name != after[path].name]
    assert changed == ["kinds/word.js", "controls/points.js", "controls/stage.js"]


def test_words_that_only_look_like_imports_stay() -> None:
    source = b'/** @param {import("../page.js").Context} ctx */ const text = "from ./a.js";'
    assert link({"a/b.js": source})["a/b.js"].body == source


@pytest.mark.parametrize(
    "source, served",
    [
        (b"// What it is.\nconst a = 1;\n", b"const a = 1;\n"),
        (b"/** In two\n * lines. */\nconst a = 1; // why\n", b"const a = 1; // why\n"),
        (b"  // deep\n  /** @param {A} a */\n  a();\n", b"  a();\n"),
        (b'const a = "// no";\n', b'const a = "// no";\n'),
        (b"const a = /** @type {A} */ (b);\n", b"const a = /** @type {A} */ (b);\n"),
        (b"/** @type {A} */ const a = 1;\n", b"/** @type {A} */ const a = 1;\n"),
    ],
)
def test_comments_with_lines_of_their_own_are_not_served(source: bytes, served: bytes) -> None:
    assert link({"a.js": source})["a.js"].body == served
    assert link({"a.css": source})["a.css"].body == source


def test_a_fault_names_the_script_that_has_it() -> None:
    source = b'import { c } from "./c.js";\nimport { d } from "./d.js";'
    with pytest.raises(ValueError, match=r"b\.js imports d\.js"):
        link({"b.js": source, "c.js": b"export const c = 1;"})


@pytest.mark.parametrize(
    "source, fault",
    [
        (b'import { a } from "./gone.js";', "gone.js, which is not there"),
        (b'import { a } from "../../up.js";', "up.js, which is not there"),
        (b'import { a } from "./b.js";', "b.js imports itself, through b.js"),
        (b'import { a } from "./c.js";', "b.js imports itself, through b.js and c.js"),
    ],
)
def test_imports_of_nothing_and_circles_are_faults(source: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        link({"b.js": source, "c.js": b'import { b } from "./b.js";'})
