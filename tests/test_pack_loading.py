"""Loading fast is loading the same: short cuts of the readers change nothing that the long way would say."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel.diagnostics import Diagnostics
from funnel.diagnostics._model import shown_path
from funnel.facts.language import CHINESE
from funnel.facts.normalise import normalise
from funnel.facts.phrases import PhraseError, PhraseParser
from funnel.pack import _nodes
from funnel.pack._nodes import ListNode, MapNode, ScalarNode, load_bytes
from funnel.pack.digest import _key, digest
from funnel.pack.loader import check_pack

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "rules" / "cn-ecommerce"

# What normalising changes by itself (full width, case, traditional, format characters), beside others (spaces and marks
# between two Chinese characters), and what it leaves alone.
_TEXT = st.text("退款不商家給貨VvＡ１2İß *·_\u200b\u3000", max_size=4)
_GROUP = st.lists(_TEXT, min_size=1, max_size=3)


@given(st.lists(st.one_of(_TEXT, _GROUP), min_size=1, max_size=5))
def test_a_phrase_has_the_forms_that_its_pieces_give_when_each_whole_form_is_normalised(pieces):
    source = "".join(piece if isinstance(piece, str) else f"({'|'.join(piece)})" for piece in pieces)
    ways = itertools.product(*([piece] if isinstance(piece, str) else piece for piece in pieces))
    forms = {normalise("".join(way)).text.strip() for way in ways}
    if min(map(len, forms)) < 2:
        with pytest.raises(PhraseError):
            PhraseParser({}).parse(source)
    else:
        (phrase,) = PhraseParser({}).parse(source)
        assert phrase.segments == (tuple(sorted(forms)),)


@given(st.lists(_TEXT, min_size=1, max_size=3), _TEXT)
def test_words_of_a_list_are_normalised_with_what_stands_beside_them(words, beside):
    source = f"退款{beside}{{名单}}<3>不给"
    forms = {normalise(f"退款{beside}{word}").text.strip() for word in words}
    (phrase,) = PhraseParser({"名单": tuple(words)}).parse(source)
    assert phrase.segments == (tuple(sorted(forms)), ("不给",))


@pytest.mark.parametrize("char", sorted(set(CHINESE.marks) - set("…\n、")))
def test_a_phrase_does_not_run_over_the_end_of_a_clause_nor_does_a_word_of_a_list(char):
    for source, words in ((f"退{char}款", {}), ("不给{名单}", {"名单": ("退款", f"退{char}款")})):
        with pytest.raises(PhraseError) as caught:
            PhraseParser(words).parse(source)
        assert caught.value.code == "F519"


def test_signs_of_the_phrase_language_in_a_word_list_are_plain_characters():
    (phrase,) = PhraseParser({"名单": ("(甲)|", "甲|乙", "{丙}")}).parse("退款{名单}")
    assert phrase.segments == (("退款(甲)|", "退款{丙}", "退款甲乙"),)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
@pytest.mark.parametrize(
    ("line", "code"), [("b：1", "F107"), ("\tb: 1", "F105"), ("\u3000b: 1", "F106"), ("b: \x07", "F117")]
)
def test_a_trap_is_seen_behind_every_end_of_a_line(end, line, code):
    sink = Diagnostics()
    load_bytes(f"a: 1{end}{line}{end}".encode(), "f.yaml", sink)
    found = [d for d in sink.sorted() if d.code == code]
    assert [(d.span.line, d.span.source) for d in found] == [(2, line)]


@given(st.recursive(st.text(max_size=6), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8))  # fmt: skip
def test_members_of_a_set_are_ordered_as_their_json_is(value):
    assert _key(value) == json.dumps(value, ensure_ascii=False, sort_keys=True)


def test_every_node_names_the_line_and_the_columns_it_was_read_from():
    text = "甲: [一, '二']\nb:\n  - {c: 三 个, d: |\n      x\n    }\n".replace("|\n      x\n    ", "四")
    root = load_bytes(text.encode(), "f.yaml", Diagnostics())
    lines = text.splitlines()

    def walk(node):
        yield node
        if isinstance(node, ListNode):
            for item in node.items:
                yield from walk(item)
        elif isinstance(node, MapNode):
            for key, value in node.entries:
                yield key
                yield from walk(value)

    scalars = [node for node in walk(root) if isinstance(node, ScalarNode)]
    assert len(scalars) == 8
    for node in scalars:
        span = node.span
        assert (span.path, span.source) == ("f.yaml", lines[span.line - 1])
        assert span.source[span.column - 1 : span.end_column - 1].strip("' ,]}") == node.value


@pytest.mark.parametrize("where", [".", "goods", ".."])
def test_files_are_named_as_seen_from_the_working_directory_wherever_that_is(tmp_path, monkeypatch, where):
    root = tmp_path / "cn-ecommerce"
    shutil.copytree(PACK, root)
    monkeypatch.chdir(root / where)
    for broken in (root / "gates.yaml", root / "goods" / "imported.yaml"):
        broken.write_text("a: [", encoding="utf-8")
    named = {d.span.path for d in funnel.check_pack(root).diagnostics if d.code in {"F100", "F121"}}
    assert named == {shown_path(root / "gates.yaml"), shown_path(root / "goods" / "imported.yaml")}


def test_names_of_one_section_may_be_spread_over_files_without_changing_the_digest(tmp_path):
    first, second = tmp_path / "a" / "cn-ecommerce", tmp_path / "b" / "cn-ecommerce"
    for root in (first, second):
        shutil.copytree(PACK, root)
    words = min((PACK / "signals").glob("*.yaml"))
    (second / "signals" / words.name).rename(second / "signals" / "zz_last.yaml")
    assert funnel.load_pack(first).digest == funnel.load_pack(second).digest == funnel.load_pack(PACK).digest
    assert digest({}) != funnel.load_pack(first).digest


# --- without libyaml --------------------------------------------------------------------------------------------------------


@pytest.fixture
def pure(monkeypatch):
    """PyYAML as it is where it was built without libyaml."""
    monkeypatch.setattr(_nodes, "_Loader", _nodes.PureLoader)


def told(text):
    """What was read, without places: these parsers see the place of an empty value differently."""

    def content(node):
        if isinstance(node, ScalarNode):
            return node.value, node.quoted
        if isinstance(node, ListNode):
            return [content(item) for item in node.items]
        return None if node is None else {content(key): content(value) for key, value in node.entries}

    sink = Diagnostics()
    return content(load_bytes(text.encode(), "x.yaml", sink)), len(sink)


@pytest.mark.usefixtures("pure")
def test_the_shipped_pack_loads_to_the_same_digest_without_libyaml(pack):
    loaded = check_pack(PACK)
    assert [str(d.span) for d in loaded.diagnostics] == []
    assert loaded.pack.digest == pack.digest


def test_every_shipped_file_reads_the_same_without_libyaml(monkeypatch):
    files = [path for kind in ("rules", "scenarios", "tests/packs") for path in sorted((ROOT / kind).rglob("*.yaml"))]
    before = {path: told(path.read_text("utf-8")) for path in files}
    monkeypatch.setattr(_nodes, "_Loader", _nodes.PureLoader)
    different = [path for path in files if told(path.read_text("utf-8")) != before[path]]
    assert len(files) > 300
    assert different == []


@given(words=st.text("a1问？?：: ,-#'\"{}[]%@`\n", min_size=1, max_size=10), place=st.sampled_from(["a: {b: %s}", "a: [%s]", "a: %s", "- %s", "a: {b: 1, c: %s}\nd: 1"]))  # fmt: skip
def test_what_libyaml_reads_the_other_parser_reads_the_same(words, place):
    text = place.replace("%s", words) + "\n"
    before = told(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_nodes, "_Loader", _nodes.PureLoader)
        after = told(text)
    if before[1] == 0:
        assert after == before


@pytest.mark.parametrize("text", ["a: {en: Was it opened?, zh: 拆开了吗？}", "a: [really?, what ?, a?b]", "a: {b: c?}"])
def test_a_question_mark_inside_braces_is_a_letter_without_libyaml_too(pure, text):
    del pure
    content, findings = told(text)
    assert findings == 0
    assert "?" in str(content)
