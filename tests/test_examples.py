"""Files of a pack that likeness is learnt from and kept in: read whole, every mistake said at its place; examples decide nothing."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from likeness_kit import made

import funnel
from funnel.cli._main import group
from funnel.diagnostics import render
from funnel.facts.likeness import ANY, NONE
from funnel.pack.examples import Example, asked_about, digest_of, read_examples
from funnel.queue import find_personal

HERE = Path(__file__).parent
MINI = HERE / "packs" / "mini"
GOLDEN = HERE / "golden"

GOOD = """funnel: 1
scenario: return7_refused
texts:
  - 店家不让我退
  - {text: 退不了还骂人, also: quality_defect, gates: [injury, crime]}
  - "10"
  - 12315
"""
SENTENCES = """funnel: 1
gate: injury
sentences:
  - 手都烫出泡了
  - 进了医院
near:
  - 客服态度烫手
  - 医院旁边那家店
"""
MISTAKES = {
    "unknown scenario": GOOD.replace("return7_refused", "return_refused"),
    "a gate where a scenario stands": GOOD.replace("return7_refused", "injury"),
    "none among also": GOOD.replace("also: quality_defect", "also: [none]"),
    "unknown scenario beside": GOOD.replace("also: quality_defect", "also: quality_defects"),
    "the title of a scenario": GOOD.replace("return7_refused", "无理由退货被拒"),
    "the title of a gate": GOOD.replace("[injury, crime]", "[受伤]"),
    "unknown gate": GOOD.replace("[injury, crime]", "[injry]"),
    "a gate in a mapping": GOOD.replace("[injury, crime]", "{injury: true}"),
    "same text twice": GOOD + "  - 店家不让我退\n",
    "same text twice, once with more": GOOD + "  - {text: 店家不让我退, gates: injury}\n",
    "no texts": "funnel: 1\nscenario: none\n",
    "texts are one text": "funnel: 1\nscenario: none\ntexts: 店家不让我退\n",
    "texts are a mapping": "funnel: 1\nscenario: none\ntexts: {text: 店家不让我退}\n",
    "no scenario": "funnel: 1\ntexts: [店家不让我退]\n",
    "no version": "scenario: none\ntexts: [店家不让我退]\n",
    "another version": GOOD.replace("funnel: 1", "funnel: 2"),
    "a mapping without text": GOOD + "  - {also: quality_defect}\n",
    "a key that is not known": GOOD.replace("also: quality_defect", "als: quality_defect"),
    "a text that is empty": GOOD + '  - ""\n',
    "a text that is a list": GOOD + "  - [店家, 不让我退]\n",
    "a text in a mapping in a mapping": GOOD + "  - {text: {zh: 店家不让我退}}\n",
    "a text with a comment in it": GOOD + "  - 第一单 #退货\n",
    "a list of texts": "- 店家不让我退\n",
    "nothing": "# nothing\n",
    "sentences of an unknown gate": SENTENCES.replace("injury", "injry"),
    "sentences of a gate by its title": SENTENCES.replace("injury", "受伤"),
    "sentences of a scenario": SENTENCES.replace("injury", "return7_refused"),
    "sentences without near ones": SENTENCES[: SENTENCES.index("near")],
    "sentences with texts": SENTENCES + "texts: [坏了]\n",
    "sentences that open none": SENTENCES.replace("injury", "none"),
    "a sentence that opens it and does not": SENTENCES + "  - 进了医院\n",
    "a sentence that opens it and does not, written otherwise": SENTENCES + "  - 進了醫院！\n",
    "a sentence that is a number": SENTENCES.replace("进了医院", "2026"),
    "a sentence of marks": SENTENCES.replace("进了医院", "'？！'"),
    "sentences of no gate": SENTENCES.replace("gate: injury\n", ""),
    "a sentence that is a mapping": SENTENCES + "  - {text: 进了医院}\n",
    "sentences that ask for an unknown claim": SENTENCES + "claims: refnd\n",
    "sentences that open none and ask for a claim": "funnel: 1\ngate: none\nclaims: refund\nnear: [要求退款]\n",
    "a gate and a scenario": "funnel: 1\nscenario: none\ngate: injury\nsentences: [烫伤]\nnear: []\n",
}
WARNED = (
    SENTENCES.replace("手都烫出泡了", "手烫伤了打13812345678").replace("进了医院", "进了医院。要退款。没人理我")
    + "  - 联系人王小明，没有伤着\n"
)


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    (target / "likeness").mkdir()
    return target


def put(folder, content, name="a.yaml"):
    (folder / "likeness" / name).write_text(content, "utf-8")


def errors(folder):
    return [d for d in read_examples(funnel.load_pack(folder)).diagnostics if d.severity == "error"]


def codes(folder, **more):
    return [d.code for d in read_examples(funnel.load_pack(folder), **more).diagnostics]


def test_good_sentences_are_read_as_they_stand_and_are_no_texts(folder):
    put(folder, SENTENCES)
    put(folder, GOOD + "  - 进了医院\n", "b.yaml")  # the same words may be a whole text as well
    put(folder, "funnel: 1\ngate: none\nnear: [要求退款]\n", "c.yaml")
    read = read_examples(funnel.load_pack(folder))
    assert [d.code for d in read.diagnostics] == [
        "F807"
    ]  # nothing is wrong with them; nothing was learnt from them yet
    assert [(s.text, s.gate) for s in read.sayings] == [
        ("手都烫出泡了", "injury"),
        ("进了医院", "injury"),
        ("客服态度烫手", None),
        ("医院旁边那家店", None),
        ("要求退款", "none"),
    ]
    assert "手都烫出泡了" not in {e.text for e in read.examples}


def test_sentences_that_ask_for_claims_stand_in_files_of_their_own_and_near_ones_ask_for_none(folder):
    put(folder, SENTENCES)
    put(
        folder,
        SENTENCES.replace("手都烫出泡了", "赔我药钱").replace("进了医院", "钱要退") + "claims: [refund, other]\n",
        "b.yaml",
    )
    put(folder, "funnel: 1\ngate: injury\nclaims: refund\nsentences: [退我]\nnear: []\n", "c.yaml")
    read = read_examples(funnel.load_pack(folder))
    assert {s.text: s.trait for s in read.sayings} == {
        "手都烫出泡了": "gate:injury",
        "进了医院": "gate:injury",
        "赔我药钱": "gate:injury:other,refund",
        "钱要退": "gate:injury:other,refund",
        "退我": "gate:injury:refund",
        "客服态度烫手": None,
        "医院旁边那家店": None,
    }


def test_changed_sentences_are_a_warning_until_it_is_learnt_again(folder):
    put(folder, GOOD)
    put(folder, SENTENCES, "s.yaml")
    read = read_examples(funnel.load_pack(folder))
    content = {**file(), "examples": digest_of(read.examples, read.sayings)}
    (folder / "likeness.json").write_text(json.dumps(content), "utf-8")
    assert read_examples(funnel.load_pack(folder)).diagnostics == ()
    for changed in (
        SENTENCES.replace("进了医院", "进了急诊"),
        SENTENCES.replace("  - 进了医院\nnear:", "near:\n  - 进了医院"),
        SENTENCES + "claims: refund\n",
    ):
        put(folder, changed, "s.yaml")
        assert [d.code for d in read_examples(funnel.load_pack(folder)).diagnostics] == ["F803"]


def test_good_examples_are_read_as_they_stand(folder):
    put(folder, GOOD)
    put(folder, "funnel: 1\nscenario: none\ntexts: [谢谢店家, {text: 问一句, also: quality_defect}]\n", "b.yml")
    (folder / "likeness" / "deep").mkdir()
    put(folder, "funnel: 1\nscenario: quality_defect\ntexts: [坏透了]\n", "deep/c.yaml")
    read = read_examples(funnel.load_pack(folder))
    assert [d.code for d in read.diagnostics] == ["F807"]
    assert set(read.examples) == {
        Example("店家不让我退", ("return7_refused",)),
        Example("退不了还骂人", ("return7_refused", "quality_defect"), frozenset({"injury", "crime"})),
        Example("10", ("return7_refused",)),
        Example("12315", ("return7_refused",)),  # an unquoted scalar is its characters, as in every other list of texts
        Example("谢谢店家", ()),
        Example("问一句", ("quality_defect",)),
        Example("坏透了", ("quality_defect",)),
    }
    assert Example("谢谢店家", ()).traits == {NONE}
    assert Example("退", ("a", "b"), frozenset({"g"})).traits == {"a", "b", "gate:g"}


@pytest.mark.parametrize("what", MISTAKES)
def test_each_mistake_is_found_and_what_is_right_is_still_read(folder, what):
    put(folder, MISTAKES[what])
    put(folder, "funnel: 1\nscenario: none\ntexts: [谢谢店家]\n", "z.yaml")
    read = read_examples(funnel.load_pack(folder))
    assert [d for d in read.diagnostics if d.severity == "error"]
    assert all(d.span.path.endswith("a.yaml") for d in read.diagnostics)
    assert Example("谢谢店家", ()) in read.examples


@pytest.mark.parametrize("what", ["unknown scenario", "unknown scenario beside", "unknown gate"])
def test_a_name_nearly_right_is_answered_with_the_right_one(folder, what):
    put(folder, MISTAKES[what])
    right = {"unknown scenario": "return7_refused", "unknown gate": "injury"}.get(what, "quality_defect")
    (found,) = errors(folder)
    assert f"“{right}”" in found.help("zh")
    assert f"“{right}”" in found.help("en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_texts_are_as_in_the_golden_file(folder, monkeypatch, lang):
    monkeypatch.chdir(folder.parent)
    shown = []
    for content in MISTAKES.values():
        put(folder, content)
        shown += [render(d, lang) for d in errors(folder)]
    (folder / "likeness" / "a.yaml").unlink()
    put(folder, GOOD)
    for content in ("{", json.dumps({**file(), "funnel": 2}), made({"late": "甲", "gate:injuries": "乙"}).dump()):
        (folder / "likeness.json").write_text(content, "utf-8")
        shown += [render(d, lang) for d in funnel.check_pack(folder).diagnostics]
    (folder / "likeness.json").write_text(made({"quality_defect": "甲"}).dump(), "utf-8")
    shown += [render(d, lang) for d in read_examples(funnel.load_pack(folder)).diagnostics]
    (folder / "likeness.json").unlink()
    put(folder, WARNED)
    read = read_examples(funnel.load_pack(folder), lambda text: [found.kind for found in find_personal(text)])
    shown += [render(d, lang) for d in read.diagnostics]
    text = "\n\n".join(shown) + "\n"
    path = GOLDEN / f"likeness.{lang}.txt"
    if not path.exists():  # written once, then read by a person and kept
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_personal_data_and_several_sentences_in_an_example_are_warnings_that_keep_it(folder):
    put(folder, WARNED)
    put(folder, "funnel: 1\nscenario: none\ntexts: [我的邮箱 wang@example.com 收到了]\n", "b.yaml")
    kinds = lambda text: (found.kind for found in find_personal(text))  # noqa: E731 (short)
    read = read_examples(funnel.load_pack(folder), kinds)
    assert [(d.code, d.severity) for d in read.diagnostics] == [
        (c, "warning") for c in ("F807", "F806", "F808", "F806")
    ]
    assert len(read.sayings) == 5  # a name behind a word is guessed at, and no warning
    assert codes(folder) == ["F807", "F808"]


def test_two_short_sentences_in_an_item_and_any_number_near_it_are_right(folder):
    put(folder, SENTENCES.replace("进了医院", "真的假的？进了医院！") + "  - 喂。喂。喂。没人\n")
    assert codes(folder) == ["F807"]


def test_a_file_of_examples_that_notepad_named_is_told(folder):
    put(folder, SENTENCES, "injury.yaml.txt")
    assert [(d.code, d.severity) for d in funnel.check_pack(folder).diagnostics] == [("F126", "warning")]


def test_all_mistakes_are_reported_at_once_in_file_order(folder):
    put(folder, GOOD.replace("crime]", "crim]") + "  - {also: x}\n  - 店家不让我退\n", "b.yaml")
    put(folder, MISTAKES["unknown scenario"], "a.yaml")
    places = [(Path(d.span.path).name, d.span.line, d.code) for d in errors(folder)]
    assert places == [("a.yaml", 2, "F204"), ("b.yaml", 5, "F204"), ("b.yaml", 8, "F202"), ("b.yaml", 8, "F204"), ("b.yaml", 9, "F303")]  # fmt: skip


def test_the_same_text_in_two_files_is_an_error_that_shows_the_other(folder):
    put(folder, GOOD, "a.yaml")
    put(folder, "funnel: 1\nscenario: none\ntexts: [店家不让我退]\n", "b.yaml")
    (found,) = errors(folder)
    assert found.code == "F303"
    assert Path(found.span.path).name == "b.yaml"
    assert "a.yaml" in render(found, "en")


def test_examples_of_a_draft_can_be_written_before_it_is_stable(folder):
    for path in (folder / "goods").glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("status: stable", "status: draft"), "utf-8")
    put(folder, "funnel: 1\nscenario: none\ntexts: [谢谢店家, {text: 问一句, also: [quality_defect, [x]]}]\n")
    assert {d.code for d in errors(folder)} == {"F203"}


@settings(max_examples=60)
@given(content=st.text("- {}[]:,\n ab谢\"'#|>&*", max_size=60) | st.binary(max_size=60))
def test_no_content_of_a_file_raises(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    (folder / "likeness").mkdir()
    raw = content if isinstance(content, bytes) else f"funnel: 1\nscenario: none\ntexts:\n  {content}\n".encode()
    (folder / "likeness" / "a.yaml").write_bytes(raw)
    for d in read_examples(replace(PACK, root=str(folder))).diagnostics:
        render(d, "zh")


PACK = funnel.load_pack(MINI)


# --- what they change and what not ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [GOOD, "funnel: 1\nscenario: [\n", "", "a: {b: no}\n"])
def test_examples_change_neither_the_pack_nor_its_digest_whatever_is_in_them(folder, content):
    shutil.rmtree(folder / "likeness")
    before = funnel.load_pack(folder)
    (folder / "likeness").mkdir()
    put(folder, content)
    after = funnel.load_pack(folder)
    assert after == before
    assert after.digest == before.digest == PACK.digest
    assert funnel.check_pack(folder).diagnostics == ()


def test_only_the_folder_at_the_top_holds_examples(folder):
    (folder / "goods" / "likeness").mkdir()
    (folder / "goods" / "likeness" / "x.yaml").write_text(GOOD, "utf-8")
    assert funnel.check_pack(folder).pack is None  # a rule file like any other


def file():
    return json.loads(made({"quality_defect": "甲", "gate:injury": "乙", "none": "丙"}).dump())


def test_what_was_learnt_is_part_of_the_digest(folder):
    shutil.rmtree(folder / "likeness")
    digests = [funnel.load_pack(folder).digest]
    for near in (0.0, 0.5):
        (folder / "likeness.json").write_text(made({"quality_defect": "甲"}, near=near).dump(), "utf-8")
        digests.append(funnel.load_pack(folder).digest)
        assert funnel.load_pack(folder).likeness.near == near
    assert len(set(digests)) == 3
    assert funnel.check_pack(folder, likeness=False).pack.digest == digests[0]
    assert funnel.check_pack(folder, likeness=False).pack.likeness is None
    (folder / "likeness.json").unlink()
    assert funnel.load_pack(folder).digest == digests[0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "F801"),
        (b"", "F801"),
        (b"\xff", "F116"),
        (b" " * (16 * 1024 * 1024 + 1), "F114"),
        (made({"late": "甲"}).dump().encode(), "F802"),
        (made({"gate:hurt": "甲"}).dump().encode(), "F802"),
        (json.dumps({**file(), "near": True}).encode(), "F801"),
    ],
    ids=["cut off", "empty", "no text", "huge", "no such scenario", "no such gate", "no number"],
)
def test_a_file_of_what_was_learnt_that_cannot_be_used_stops_the_pack(folder, content, code):
    (folder / "likeness.json").write_bytes(content)
    loaded = funnel.check_pack(folder)
    assert [d.code for d in loaded.diagnostics] == [code]
    assert loaded.pack is None
    assert Path(loaded.diagnostics[0].span.path).name == "likeness.json"
    with pytest.raises(funnel.PackError):
        funnel.load_pack(folder)


def test_a_rule_that_cannot_be_read_is_not_said_to_be_gone_from_what_was_learnt(folder):
    (folder / "likeness.json").write_text(made({"quality_defect": "甲"}).dump(), "utf-8")
    path = folder / "goods" / "defect.yaml"
    path.write_text(path.read_text("utf-8").replace("status: stable", "status: x"), "utf-8")
    assert "F802" not in {d.code for d in funnel.check_pack(folder).diagnostics}


def test_changed_examples_are_a_warning_until_it_is_learnt_again(folder):
    put(folder, GOOD)
    read = read_examples(funnel.load_pack(folder))
    assert [(d.code, d.severity) for d in read.diagnostics] == [("F807", "warning")]  # they have no say yet
    content = {**file(), "examples": digest_of(read.examples)}
    (folder / "likeness.json").write_text(json.dumps(content), "utf-8")
    assert read_examples(funnel.load_pack(folder)).diagnostics == ()
    put(folder, GOOD.replace("crime", "pro"))
    changed = read_examples(funnel.load_pack(folder)).diagnostics
    assert [(d.code, d.severity) for d in changed] == [("F803", "warning")]
    shutil.rmtree(folder / "likeness")
    assert [d.code for d in read_examples(funnel.load_pack(folder)).diagnostics] == ["F803"]
    (folder / "likeness.json").unlink()
    assert read_examples(funnel.load_pack(folder)).diagnostics == ()


def test_check_says_what_is_wrong_with_examples_too(folder):
    put(folder, GOOD)
    (folder / "likeness.json").write_text(json.dumps({**file(), "examples": "others"}), "utf-8")
    check = ["check", str(folder), "--lang", "en"]
    loose, strict = (CliRunner().invoke(group, [*check, *more]) for more in ((), ("--strict",)))
    assert (loose.exit_code, strict.exit_code) == (0, 1)
    assert "F803" in loose.output
    put(folder, MISTAKES["unknown gate"])
    found = CliRunner().invoke(group, check)
    assert found.exit_code == 1
    assert "F204" in found.output


def test_the_shipped_pack_is_clean_and_learnt_from_its_examples(pack):
    read = read_examples(pack)
    assert read.diagnostics == ()
    assert pack.likeness.examples == digest_of(read.examples, read.sayings, asked_about(pack))
    assert {saying.trait for saying in read.sayings} - {None} == pack.likeness.sentences.traits.keys() - {ANY}
    assert {"none", *(f"gate:{gate}" for e in read.examples for gate in e.gates)} & pack.likeness.traits.keys()


@given(seed=st.randoms(use_true_random=False))
def test_a_digest_of_examples_hangs_on_all_of_them_and_not_on_their_order(seed):
    some = [Example(f"第{n}条", ("a", "b")[: n % 3], frozenset({"g"} if n % 2 else ())) for n in range(8)]
    mixed = some[:]
    seed.shuffle(mixed)
    assert digest_of(mixed) == digest_of(some)
    one = seed.randrange(8)
    other = replace(some[one], gates=some[one].gates ^ {"g"})
    assert digest_of([*some[:one], other, *some[one + 1 :]]) != digest_of(some)
    assert digest_of(some[1:]) != digest_of(some)
