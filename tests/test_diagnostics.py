"""Diagnostics: every trap gives its code at its place; the texts are pinned in golden files."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel.diagnostics import Diagnostics, render
from funnel.diagnostics._catalog import CATALOG
from funnel.diagnostics._chinese import FORMAT_WORDS
from funnel.diagnostics._model import suggestion
from funnel.diagnostics._render import display_width
from funnel.pack._nodes import MAX_BYTES, load_bytes

HERE = Path(__file__).parent
MINI = HERE / "packs" / "mini"
GOLDEN = HERE / "golden"

TRAPS = {
    "F100": "a: b: c\n",
    "F101": "a: 1\nb: 2\na: 3\n",
    "F102": "a: &x 1\nb: *x\n",
    "F103": "a:\n  <<: {b: 1}\n",
    "F104": "a: !!python/object:os.system x\n",
    "F105": "a:\n\tb: 1\n",
    "F106": "a:\n\u3000b: 1\n",
    "F107": "标题: x\nstatus：stable\n",
    "F108": "asked: no\n",
    "F109": "days: 010\n",
    "F110": "at: 12:30\n",
    "F111": "title: 七日 #退货\n",
    "F113": "a: 1\n---\nb: 2\n",
    "F115": "a: " + "[" * 40 + "]" * 40 + "\n",
    "F116": b"title: \xc6\xdf\xc8\xd5\n",
    "F117": "a: b\x00c\n",
    "F118": "# only a comment\n",
    "F121": "a: {zh: 请退 {price} 元, en: x}\n",
    "F122": "a:\n  - {商家}…不给退\n",
    "F124": "title: {zh: 手机壳型号不符，en: Wrong case}\n",
    "F125": "revision: 1\nstatus:draft\nreviewed: 2026-11-20\n",
}


def findings(source):
    sink = Diagnostics()
    load_bytes(source if isinstance(source, bytes) else source.encode(), "rule.yaml", sink)
    return sink.sorted()


@pytest.mark.parametrize("code", TRAPS)
def test_each_yaml_trap_is_an_error_of_its_own(code):
    assert code in {d.code for d in findings(TRAPS[code])}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_texts_of_yaml_traps_are_as_in_the_golden_file(lang):
    shown = "\n\n".join(render(d, lang) for code in TRAPS for d in findings(TRAPS[code]))
    path = GOLDEN / f"traps.{lang}.txt"
    if not path.exists():  # written once, then read by a person and kept
        path.write_text(shown + "\n", encoding="utf-8")
    assert shown + "\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("source", ["a:\n  - {商家}…不给退\n", "a: [{商家}<3>不给退, 不退]\n", "a: {商家}不给退\n"])
def test_a_phrase_that_begins_with_a_word_list_is_told_to_be_quoted(source):
    assert [d.code for d in findings(source)] == ["F122"]


def test_what_the_parser_says_most_often_is_said_in_chinese():
    (found,) = findings("a:\n  - 1\n - 2\n")
    assert found.code == "F100"
    assert found.message("zh").isascii() is False
    assert "expected" in found.message("en")
    assert "expected" not in found.message("zh")


def test_an_alias_bomb_is_refused_at_once():
    bomb = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    assert {d.code for d in findings(bomb)} == {"F102"}


def test_a_huge_file_is_refused_unread():
    assert [d.code for d in findings(b"a" * (MAX_BYTES + 1))] == ["F114"]


@given(st.binary(max_size=300))
def test_no_bytes_raise(data):
    findings(data)


@given(st.text(alphabet="ab:{}[]-&*!#'\" \n,|>%@`七日：", max_size=80))
def test_no_text_raises_and_every_finding_has_a_place(text):
    for d in findings(text):
        assert d.span.path == "rule.yaml"
        render(d, "zh")
        render(d, "en")


def test_the_caret_stands_under_the_place_also_behind_double_width_characters():
    (found,) = [d for d in findings("标题七日无理由: no\n") if d.code == "F108"]
    source, caret = render(found, "zh").splitlines()[1:3]
    assert display_width(source.split("no")[0]) == display_width(caret.split("^")[0])


def test_ordinary_comments_and_quoted_words_are_no_trap():
    assert findings('a: b  # a comment\n# another\nc: "no"\nd: \'010\'\ne: "x #y"\n') == ()


# --- findings of whole packs --------------------------------------------------------------------------------------------

CHANGES = {
    "F201": ("goods/return.yaml", "revision: 1", "revision: 1\nrevison: 2"),
    "F202": ("goods/return.yaml", "revision: 1\n", ""),
    "F204": ("goods/return.yaml", "status: stable", "status: stabel"),
    "F205": ("gates.yaml", "funnel: 1", "funnel: 2"),
    "F206": ("goods/return.yaml", "reviewed: 2026-01-01", "reviewed: soon"),
    "F112": ("goods/return.yaml", "reviewed: 2026-01-01", "reviewed: 2026-02-30"),
    "F207": ("goods/return.yaml", "id: goods.return\n", "id: goods.retrun\n"),
    "F208": ("goods/return.yaml", "days: 7, of", "days: 99999, of"),
    "F203": ("goods/return.yaml", "recognise: {any: [{grievance: refused}]}", "recognise: refused"),
    "F301": ("goods/return.yaml", "{goods_intact: true}]}", "{goods_intakt: true}]}"),
    "F302": ("goods/return.yaml", "recognise: {any: [{grievance: refused}]}", "recognise: {signal: refuse}"),
    "F303": (
        "goods/return.yaml",
        "unless:\n",
        "unless:\n  - {id: custom, when: {goods_intact: false}, basis: [law/25], then: set_aside}\n",
    ),
    "F304": ("goods/return.yaml", "{in: [custom, fresh]}", "{in: [custom, fres]}"),
    "F305": ("goods/return.yaml", "{goods_intact: true}]}", "{goods_intact: {at_most: 3}}]}"),
    "F306": ("goods/defect.yaml", "rule: goods.return", "rule: goods.returns"),
    "F307": ("goods/return.yaml", "param.return_days", "param.return_day"),
    "F308": ("signals/all.yaml", '"{商家}…不给退"', '"{商人}…不给退"'),
    "F309": ("goods/return.yaml", "refer: {tier: agent", "forums: [F-X]\nrefer: {tier: agent"),
    "F310": ("vocabulary/facts.yaml", "days_between:", "days_betwen:"),
    "F311": ("vocabulary/facts.yaml", "{days_between: [signed_on, complained_on]}", "{sum: [days_since_receipt, 1]}"),
    "F401": ("goods/return.yaml", "article: law/25", "article: lw/25"),
    "F402": ("goods/return.yaml", "article: law/25", "article: law/26"),
    "F403": ("goods/return.yaml", "article: law/25", "article: law@1/25"),
    "F404": ("goods/return.yaml", "reviewed: 2026-01-01", "reviewed: 2024-01-01"),
    "F405": ("goods/return.yaml", "article: law/25", "article: hearsay/1"),
    "F406": ("goods/return.yaml", "article: law/25", "article: law-25"),
    "F408": ("statutes.yaml", "until: 2025-01-01, verified", "until: 2026-01-01, verified"),
    "F409": (
        "statutes.yaml",
        "from: 2025-01-01, verified: {how: text, when: 2026-01-01}}",
        "from: 2025-01-01, verified: {how: text, when: 2026-01-01}, reaches_pending: {basis: law/25, facts_since: 2025-01-01}}",
    ),
    "F501": (
        "goods/return.yaml",
        "refer: {tier: agent",
        "overrides: [{rule: goods.defect, basis: law/25}]\nrefer: {tier: agent",
    ),
    "F502": ("goods/return.yaml", "[{refund: price_paid}, ", "[{treble: 3 * price_paid}, "),
    "F503": ("goods/return.yaml", "[{refund: price_paid}, ", "[{refund: param.floor}, "),
    "F504": ("goods/return.yaml", "[{refund: price_paid}, ", "[{refund: price_paid +}, "),
    "F505": ("gates.yaml", "covers: crime", "covers: other"),
    "F506": ("signals/all.yaml", "拒绝退货]", "(拒绝退货]"),
    "F508": ("signals/all.yaml", "[坏了, 用不了]", "[坏, 用不了]"),
    "F519": ("signals/all.yaml", "[坏了, 用不了]", "[坏了， 用不了]"),
    "F526": ("signals/all.yaml", "拒绝退货]", '"(拒绝｜不给)退货"]'),
    "F509": ("goods/return.yaml", "请退 {price_paid} 元", "请退 {price_payd} 元"),
    "F510": (
        "goods/return.yaml",
        "recognise: {any: [{grievance: refused}]}",
        "recognise: {any: [{grievance: refused}, {goods_intact: true}]}",
    ),
    "F512": ("vocabulary/facts.yaml", "    question: {zh: 有照片吗？, en: Any photo?}\n", ""),
    "F513": (
        "vocabulary/facts.yaml",
        "  defect_shown:\n    type: bool\n",
        "  defect_shown:\n    type: bool\n    presumed: {value: true}\n",
    ),
    "F514": (
        "vocabulary/facts.yaml",
        "world: raised, why: {zh: 没提就没有, en: none}, label: {zh: 受伤",
        "world: raised, label: {zh: 受伤",
    ),
    "F515": ("goods/return.yaml", "supports: [elements, remedies]", "supports: [elements]"),
    "F518": ("goods/return.yaml", "matter: goods", "matter: goods\nout_of_scope: true"),
    "F520": (
        "signals/all.yaml",
        "phrases: [坏了, 用不了]}",
        "phrases: [坏了, 用不了]}\n  both: {title: {zh: 都说, en: both}, all: [broken, intact]}\n  more: {title: {zh: 还说, en: more}, all: [both, refused]}",
    ),
    "F521": (
        "signals/all.yaml",
        "phrases: [坏了, 用不了]}",
        "phrases: [坏了, 用不了]}\n  both: {title: {zh: 都说, en: both}, all: [broken]}",
    ),
    "F523": (
        "signals/all.yaml",
        "phrases: [坏了, 用不了]}",
        "phrases: [坏了, 用不了]}\n  both: {title: {zh: 都说, en: both}, all: [broken, intact, refused], later: 2h}",
    ),
    "F524": (
        "signals/all.yaml",
        "phrases: [坏了, 用不了]}",
        "phrases: [坏了, 用不了]}\n  idle: {title: {zh: 没人听, en: idle}, phrases: [说了白说]}",
    ),
    "F522": (
        "goods/return.yaml",
        "matter: goods",
        "matter: goods\nremark: true\nout_of_scope: true",
    ),
    "F516": ("goods/return.yaml", "[{refund: price_paid}, ", "[{refund: price_paid * unit_price}, "),
    "F517": ("goods/return.yaml", "needs: {days_since_receipt: record", "needs: {signed_on: record"),
    "F120": (
        "goods/return.yaml",
        "title: {zh: 退货被拒, en: return refused}",
        "title: {zh: 退货被拒, en: return, refused}",
    ),
    "F209": ("goods/return.yaml", "title: {zh: 退货被拒, en: return refused}", "title: {zh: 退货被拒}"),
    "F312": ("gates.yaml", "{condition: someone_hurt}", "{condition: somebody_hurt}"),
    "F313": (
        "conditions.yaml",
        "when: {injury_reported: true}}",
        "when: {any: [{injury_reported: true}, {condition: bad}]}}\n  bad: {label: {zh: 严重, en: bad}, when: {condition: someone_hurt}}",
    ),
    "F314": ("conditions.yaml", "  someone_hurt:", "  injury_reported:"),
    "F315": ("vocabulary/facts.yaml", "  defect_shown:\n", "  condition:\n"),
    "F316": (
        "conditions.yaml",
        "when: {injury_reported: true}}",
        "when: {injury_reported: true}}\n"
        + "\n".join(
            f"  s{n}: {{label: {{zh: 第{n}层, en: s{n}}}, when: {{any: [{', '.join([f'{{condition: {below}}}'] * 12)}]}}}}"
            for n, below in enumerate(["someone_hurt", "s0", "s1", "s2", "s3"])
        ),
    ),
    "F530": (
        "vocabulary/facts.yaml",
        "  defect_shown:\n",
        "  meant: {type: set, label: {zh: 说的是, en: meant}, values: {gone: {zh: 没了, en: gone}}}\n  defect_shown:\n",
    ),
    "F531": (
        "vocabulary/facts.yaml",
        "  defect_shown:\n",
        "  meant:\n    type: set\n    world: raised\n    why: {zh: 没问, en: not asked}\n    label: {zh: 说的是, en: meant}\n    ask: consumer\n    question: {zh: 是吗？, en: Is it?}\n    values: {gone: {zh: 没了, en: gone}}\n  defect_shown:\n",
    ),
    "F532": (
        "signals/all.yaml",
        "phrases: [坏了, 用不了]}",
        "phrases: [坏了, 用不了]}\n  lost: {title: {zh: 没了, en: lost}, sets: {meant: gone}, phrases: [找不到了]}",
    ),
    "F525": (
        "conditions.yaml",
        "when: {injury_reported: true}}",
        "when: {injury_reported: true}}\n  idle: {label: {zh: 没人用, en: idle}, when: {injury_reported: false}}",
    ),
}


def changed(tmp_path, code):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    name, old, new = CHANGES[code]
    path = target / name
    text = path.read_text("utf-8")
    assert old in text, "the change must apply"
    path.write_text(text.replace(old, new), "utf-8")
    return funnel.check_pack(target)


@pytest.mark.parametrize("code", CHANGES)
def test_each_fault_in_a_pack_is_found_with_its_line(tmp_path, code):
    loaded = changed(tmp_path, code)
    assert code in {d.code for d in loaded.diagnostics}
    found = next(d for d in loaded.diagnostics if d.code == code)
    assert found.span.line or code == "F505"
    if found.severity == "error":
        assert loaded.pack is None
        with pytest.raises(funnel.PackError):
            funnel.load_pack(tmp_path / "mini")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_texts_of_pack_findings_are_as_in_the_golden_file(tmp_path, monkeypatch, lang):
    shown = []
    for code in CHANGES:
        folder = tmp_path / code
        folder.mkdir()
        monkeypatch.chdir(folder)
        found = next(d for d in changed(folder, code).diagnostics if d.code == code)
        shown.append(render(found, lang))
    text = "\n\n".join(shown) + "\n"
    path = GOLDEN / f"pack.{lang}.txt"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_all_faults_are_reported_at_once_in_file_order(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    path = target / "goods" / "return.yaml"
    text = (
        path.read_text("utf-8").replace("status: stable", "status: x").replace("law/25, supports", "law/99, supports")
    )
    path.write_text(text.replace("goods_intact: true}]}", "goods_intakt: true}]}"), "utf-8")
    places = [(d.span.path, d.span.line) for d in funnel.check_pack(target).diagnostics if d.severity == "error"]
    assert len(places) >= 3
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("scenario: none\ntexts: [不错]", "likeness/"),
        ("rule: goods.return\ntests: []", "scenarios/mini/"),
        ("signals: {late: {title: {zh: 晚}, phrases: [晚了]}}", "signals/"),
        ("facts: {}", "vocabulary/"),
        ("statutes: {}", "statutes/"),
        ("gates: []", "gates.yaml"),
        ("calendar: {}", "calendar.yaml"),
    ],
)
def test_a_file_where_a_rule_should_be_that_is_plainly_none_is_told_where_it_belongs_and_nothing_else(
    tmp_path, content, where
):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    (target / "goods" / "extra.yaml").write_text(f"funnel: 1\n{content}\n", "utf-8")
    (found,) = [d for d in funnel.check_pack(target).diagnostics if d.severity == "error"]
    assert (found.code, found.span.path.rpartition("/")[2]) == ("F123", "extra.yaml")
    assert found.help("zh").endswith(where)
    assert found.help("en").endswith(where)


def test_a_rule_with_a_key_too_many_is_still_told_of_its_keys(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    path = target / "goods" / "return.yaml"
    path.write_text(path.read_text("utf-8") + "tests: []\n", "utf-8")
    assert {d.code for d in funnel.check_pack(target).diagnostics if d.severity == "error"} == {"F201"}


def test_every_code_speaks_both_languages_and_says_a_way_out():
    for code, entry in CATALOG.items():
        assert all((entry.zh, entry.en, entry.help_zh, entry.help_en)), code


# --- words of the format in Chinese -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "old", "new", "hint"),
    [
        ("vocabulary/facts.yaml", "type: money", "type: 金额", "money"),
        ("goods/return.yaml", "status: stable", "status: 生效", "stable"),
        ("goods/return.yaml", "refer: {tier: agent", "refer: {tier: 客服", "agent"),
        ("goods/return.yaml", "supports: [elements, remedies]", "supports: [要件, remedies]", "elements"),
        ("goods/return.yaml", "{goods_intact: true}]}", "{goods_intact: 否}]}", "false"),
        ("goods/return.yaml", "needs: {days_since_receipt: record", "needs: {days_since_receipt: 记录", "record"),
        ("goods/return.yaml", "[{refund: price_paid}, ", "[{退款: price_paid}, ", "refund"),
    ],
)
def test_a_word_of_the_format_written_in_chinese_is_answered_with_the_word(tmp_path, name, old, new, hint):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    path = target / name
    text = path.read_text("utf-8")
    assert old in text, "the change must apply"
    path.write_text(text.replace(old, new, 1), "utf-8")
    helps = [d.help("zh") for d in funnel.check_pack(target).diagnostics if d.severity == "error"]
    assert any(f"“{hint}”" in text or text.endswith(f"例如 {hint}") for text in helps), helps


def test_each_chinese_name_leads_to_a_word_that_is_among_the_choices():
    for word, names in FORMAT_WORDS.items():
        for name in names:
            assert suggestion(name, [word]) == word
            assert suggestion(name, ["zzz"]) == ""


# --- what an author who is no programmer writes --------------------------------------------------------------------------


def edited(tmp_path, name, old, new):
    """The findings on the small pack after one edit."""
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    path = target / name
    text = path.read_text("utf-8")
    assert old in text, "the change must apply"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return [d for d in funnel.check_pack(target).diagnostics if d.severity == "error"]


@pytest.mark.parametrize(
    ("name", "old", "new", "example"),
    [
        ("goods/return.yaml", "within: {days: 7, of: goods_returned}", "within: 7d", "{days: 7}"),
        ("goods/return.yaml", "refer: {tier: agent", "overrides: [goods.defect]\nrefer: {tier: agent", "{rule: "),
        ("goods/return.yaml", "then: {refer: mediator}", "then: 调解员", "{refer: mediator}"),
        ("goods/return.yaml", "[{refund: price_paid}, ", "[refund, ", "{refund: price_paid}"),
    ],
)
def test_a_part_of_the_wrong_shape_is_answered_with_an_example_of_that_part(tmp_path, name, old, new, example):
    found = [d for d in edited(tmp_path, name, old, new) if d.code == "F203"]
    assert any(example in d.help("zh") for d in found), found


@pytest.mark.parametrize("mark", ["、", "，", "；"])
def test_a_mark_in_a_word_list_is_an_error_once_and_in_the_list(tmp_path, mark):
    found = edited(tmp_path, "signals/all.yaml", "[商家, 卖家, 店家]", f"[商家{mark}卖家{mark}店家]")
    assert [(d.code, d.span.line) for d in found] == [("F519", 2)]
    assert f"“{mark}”" in found[0].message("zh")


def test_a_phrase_with_the_chinese_mark_of_lists_is_an_error(tmp_path):
    assert {d.code for d in edited(tmp_path, "signals/all.yaml", "[坏了, 用不了]", "[坏了、用不了]")} == {"F519"}


def test_an_article_that_is_not_registered_gets_no_guess_but_the_way_to_the_list(tmp_path):
    (found,) = [
        d for d in edited(tmp_path, "goods/return.yaml", "article: law/25", "article: law/26") if d.code == "F402"
    ]
    assert "funnel law show law" in found.help("zh")
    assert "是不是" not in found.help("zh")


def test_an_article_that_is_not_registered_is_one_error_and_not_also_a_basis_that_is_missing(tmp_path):
    found = edited(tmp_path, "goods/return.yaml", "article: law/25, supports: [elements, remedies]", "article: law/26, supports: [elements, remedies]")  # fmt: skip
    assert [d.code for d in found] == ["F402"]
