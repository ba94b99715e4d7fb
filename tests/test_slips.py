"""What authors mistype on a Chinese keyboard, where they put files, and what is guessed of what they meant."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel._nearness import edits, nearest
from funnel.author.scenario_tests import load_suite, run, scenario_files
from funnel.author.templates import new_pack, new_scenario
from funnel.cli._main import group
from funnel.diagnostics import Diagnostics
from funnel.engine.decide import compile_pack
from funnel.facts.phrases import PhraseError, parse
from funnel.pack._fullwidth import signs
from funnel.pack._nodes import load_bytes

MINI = Path(__file__).parent / "packs" / "mini"
DAY = dt.date(2026, 11, 20)


@pytest.fixture
def mini(tmp_path):
    return Path(shutil.copytree(MINI, tmp_path / "mini"))


def findings(source):
    sink = Diagnostics()
    load_bytes(source.encode(), "rule.yaml", sink)
    return [(d.code, d.span.line, d.span.column, d.values.get("half", "")) for d in sink.sorted()]


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("title: {zh: 手机壳型号不符，en: Phone case}", [("F124", 20, ",")]),
        ("title: {zh: 手机壳型号不符, en： Phone case}", [("F107", 24, "")]),
        ("elements: {matches：false}", [("F107", 19, "")]),
        ("elements: {a: true, matches：false}", [("F107", 28, "")]),
        ("title: ｛zh: 手机壳, en: Phone case｝", [("F124", 8, "{"), ("F124", 32, "}")]),
        ("title: {zh: 手机壳, en: Phone case｝", [("F124", 32, "}")]),
        ("basis: {supports: 【elements, remedies】, a: b}", [("F124", 19, "["), ("F124", 38, "]")]),
        ("supports: [elements，remedies]", [("F124", 20, ",")]),
        ("opening: {zh: “退还 {price} 元。”, en: x}", [("F124", 15, '"')]),
        ('opening: {zh: “退还 {price} 元。", en: x}', [("F124", 15, '"')]),
        ("  - {zh: 「退还 {price} 元」, en: x}", [("F124", 10, '"')]),
    ],
)
def test_a_full_width_sign_where_yaml_has_its_own_is_named_at_its_place_and_nothing_else_is(line, places):
    assert [(code, column, half) for code, _, column, half in findings(f"funnel: 1\n{line}\n")] == places


@pytest.mark.parametrize(
    "line",
    [
        "title: {zh: 【公告】商家：不退，en 版见下, en: x}",
        'title: {zh: "“不退”，a: b", en: x}',
        "title: 【公告】不退",
        "title: {zh: “七天无理由”不适用, en: x}",
        "titles: [“退”, 【换】]",
        "words: [坏了，用不了, 甲：乙]",
    ],
)
def test_full_width_signs_inside_a_text_are_its_authors(line):
    assert findings(line + "\n") == []


def test_an_error_of_another_kind_is_not_laid_on_full_width_signs_beside_it():
    assert [code for code, *_ in findings("title: {zh: “七天”不适用，不退, en: has [a] b}\n")] == ["F121"]


@given(st.text(alphabet="ab:{}[],\"'# -：，“”｛｝【】「」退", max_size=60))
def test_no_line_raises_and_every_sign_stands_where_it_is_said(line):
    assert all(line[sign.column] == sign.sign for sign in signs(line))


@pytest.mark.parametrize(("source", "line", "column"), [("a: 1\nstatus:draft\nreviewed: x\n", 2, 7), ("x:\n  - a: 1\n    status:draft\n    b: 2\n", 3, 11)])  # fmt: skip
def test_a_colon_without_a_space_is_told_on_its_own_line(source, line, column):
    assert findings(source) == [("F125", line, column, "")]


def test_a_key_without_a_colon_is_told_on_its_own_line():
    assert [(code, line) for code, line, *_ in findings("a: 1\nstatus draft\nreviewed: x\n")] == [("F100", 2)]


@pytest.mark.parametrize(
    ("phrase", "sign", "half"),
    [
        ("(发错｜寄错)手机壳", "｜", "|"),
        ("（发错|寄错)手机壳", "（", "("),
        ("(发错|寄错）手机壳", "）", ")"),
        ("发错＜3＞手机壳", "＜", "<"),
        ("｛手机壳｝…不对", "｛", "{"),
        ("“手机壳…装不上”", "“", '"'),
        ("手机壳…装不上”", "”", '"'),
        ("「手机壳装不上」", "「", '"'),
    ],
)
def test_a_sign_of_phrases_in_full_width_is_an_error_that_says_what_to_write(phrase, sign, half):
    with pytest.raises(PhraseError) as caught:
        parse(phrase, {"手机壳": ("手机壳",)})
    assert (caught.value.code, caught.value.values["sign"], caught.value.values["half"]) == ("F526", sign, half)


def test_a_quote_inside_a_phrase_is_text():
    assert parse("点“确认收货", {})


def test_a_quoted_form_of_a_word_list_is_an_error_once_and_in_the_list(mini):
    edit(mini, "signals/all.yaml", "[商家, 卖家, 店家]", "[商家, “卖家”, 店家]")
    (found,) = [d for d in funnel.check_pack(mini).diagnostics if d.severity == "error"]
    assert found.code == "F526"
    assert "半角" in found.help("zh")
    assert "ASCII" in found.help("en")


def edit(mini, name, old, new):
    path = mini / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def checked(pack, day, zone=dt.UTC):
    at = None if day is None else dt.datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return [(d.code, d.severity, d.span.source.strip()) for d in funnel.check_pack(pack, now=at).diagnostics if d.code == "F527"]  # fmt: skip


def test_a_review_on_a_day_to_come_is_a_warning_by_the_clock_that_is_given_and_without_one_there_is_none(mini):
    edit(mini, "goods/return.yaml", "reviewed: 2026-01-01", "reviewed: 2036-01-01")
    assert checked(mini, DAY) == [("F527", "warning", "reviewed: 2036-01-01")]
    assert checked(mini, dt.date(2036, 1, 1)) == []
    assert checked(mini, None) == []


def test_a_review_of_today_in_the_authors_or_the_packs_timezone_is_none_to_come(mini):
    edit(mini, "goods/return.yaml", "reviewed: 2026-01-01", "reviewed: 2036-01-01")
    path = mini / "goods" / "return.yaml"
    at = dt.datetime(2035, 12, 31, 17, tzinfo=dt.UTC)  # in Shanghai it is the first of January
    assert "F527" not in {d.code for d in funnel.check_pack(mini, now=at).diagnostics}
    early = dt.datetime(2036, 1, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=14)))
    assert "F527" not in {d.code for d in funnel.check_pack(mini, now=early).diagnostics}
    assert path.exists()


def test_where_most_rules_are_reviewed_on_a_day_to_come_it_is_the_clock_that_is_behind(tmp_path):
    pack = tmp_path / "rules" / "many"
    new_pack(pack, today=DAY)
    for number in range(10):
        new_scenario(pack, f"goods.n{number}", f"n{number}", "坏了", today=DAY)
    assert len(checked(pack, DAY)) == 0
    assert len(checked(pack, dt.date(2026, 11, 1))) == 0
    edit(pack, "goods/n1.yaml", "reviewed: 2026-11-20", "reviewed: 2027-11-20")
    assert len(checked(pack, DAY)) == 1


def test_check_looks_at_the_clock(mini):
    edit(mini, "goods/return.yaml", "reviewed: 2026-01-01", "reviewed: 2099-01-01")
    assert "F527" in CliRunner().invoke(group, ["check", str(mini), "--lang", "zh"]).output


@pytest.mark.parametrize(("name", "right"), [("facts.yaml.txt", "facts.yaml"), ("facts.txt", "facts.yaml"), ("facts.YAML", "facts.yaml")])  # fmt: skip
def test_a_file_that_notepad_has_renamed_is_named_as_not_read(mini, name, right):
    (mini / "vocabulary").mkdir(exist_ok=True)
    (mini / "vocabulary" / name).write_text("funnel: 1\nfacts: {}\n", "utf-8")
    (found,) = [d for d in funnel.check_pack(mini).diagnostics if d.code == "F126"]
    assert found.span.path.endswith(f"vocabulary/{name}")
    assert right in found.help("zh")


def test_other_files_may_lie_beside_those_of_a_pack(mini):
    for name in ("README.md", ".notes.txt", "table.xlsx"):
        (mini / name).write_text("x", "utf-8")
    assert not [d for d in funnel.check_pack(mini).diagnostics if d.code in {"F126", "F127"}]


@pytest.mark.parametrize(("folder", "near"), [("短语", "signals/"), ("事实", "vocabulary/"), ("Signals", "signals/"), ("杂项", "")])  # fmt: skip
def test_a_folder_that_is_none_of_a_packs_is_told_once_with_where_its_files_belong(mini, folder, near):
    for name in ("a.yaml", "b.yaml"):
        (mini / folder).mkdir(exist_ok=True)
        (mini / folder / name).write_text("funnel: 1\nsignals: {}\n", "utf-8")
    (found,) = [d for d in funnel.check_pack(mini).diagnostics if d.severity == "error"]
    assert (found.code, found.span.path.endswith(folder)) == ("F127", True)
    assert f"是不是 {near}？" in found.help("zh") if near else "是不是" not in found.help("zh")


@pytest.mark.parametrize("key", ["words: {甲: [乙丙]}", "readings: {}"])
def test_word_lists_where_a_rule_should_be_are_told_where_they_belong(mini, key):
    (mini / "goods" / "extra.yaml").write_text(f"funnel: 1\n{key}\n", "utf-8")
    (found,) = [d for d in funnel.check_pack(mini).diagnostics if d.severity == "error"]
    assert found.code == "F123"
    assert "signals/" in found.help("zh")


def test_a_fact_written_by_its_label_is_told_its_name(tmp_path):
    pack = tmp_path / "rules" / "one"
    new_pack(pack, today=DAY)
    edit(pack, "examples/late-parcel.yaml", "{late_parcel_shown: true}", "{包裹迟到属实: true}")
    (found,) = [d for d in funnel.check_pack(pack).diagnostics if d.severity == "error"]
    assert found.code == "F301"
    assert "late_parcel_shown" in found.help("zh")
    assert "late_parcel_shown" in found.help("en")


def test_a_transposed_statute_is_answered_with_the_likeliest_and_its_title():
    shipped = funnel.load_pack("cn-ecommerce").register.statutes
    assert nearest("clp", shipped) == "cpl"
    told = CliRunner().invoke(group, ["law", "show", "clp/25", "--lang", "zh"]).stderr
    assert "是不是“cpl”（中华人民共和国消费者权益保护法）" in told or "是不是“cpl”（消费者权益保护法）" in told


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("clp", ["cpl", "ecl"], "cpl"),
        ("apl", ["cpl", "epl"], ""),  # two are as near
        ("goods.phone-case", ["goods.food-label"], ""),
        ("phone_case", ["phone_fraud_said"], ""),
        ("case_wrong_chosen", ["va_wrong_account"], ""),
        ("case_model_matches", ["case_model_ordered_matches", "goods_intact"], "case_model_ordered_matches"),
        ("price_pay", ["price_paid", "pay_price"], "price_paid"),
        ("recrod", ["record", "evidence"], "record"),
        ("手机克", ["手机壳", "手表"], "手机壳"),
        ("", ["a"], ""),
    ],
)
def test_the_nearest_word_is_offered_and_none_that_is_far_away(word, known, meant):
    assert nearest(word, known) == meant


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_as_many_in_either_direction_and_none_only_between_equals(one, two):
    assert edits(one, two) == edits(two, one) <= max(len(one), len(two))
    assert (edits(one, two) == 0) is (one == two)


TITLES = ["货不对板、与描述不符", '退款"拖延"', "发货慢: 超时", "套路{多}", "假一赔十|三", "退", "no", "a, b # c", "“假货”", "，，", "TITLE 坏", "东西很好", "'x", "- x", "[坏了]", "\\坏", "坏\n了", "｛坏了｝", "7天", "~", " ", "RULE", "没有发货"]  # fmt: skip


def test_what_init_makes_passes_check_and_its_tests_whatever_the_title(tmp_path):
    pack = tmp_path / "rules" / "any"
    new_pack(pack, today=DAY)
    for number, title in enumerate(TITLES):
        new_scenario(pack, f"goods.t{number}", f"t{number}", title, today=DAY)
    loaded = funnel.check_pack(pack)
    assert loaded.diagnostics == ()
    titles = {rule.id: rule.title["zh"] for rule in loaded.pack.rules.values()}
    assert all(titles[f"goods.t{n}"] == " ".join(title.split()) for n, title in enumerate(TITLES) if title.strip())
    folder = tmp_path / "scenarios" / "any"
    suite = load_suite(loaded.pack, list(scenario_files(folder)), folder)
    assert suite.diagnostics == ()
    compiled = compile_pack(loaded.pack)
    assert [test.name for test in suite.tests if not run(compiled, test).passed] == []


@given(title=st.text(max_size=30))
def test_any_title_makes_a_scenario_that_loads(tmp_path_factory, title):
    root = tmp_path_factory.mktemp("x") / "rules"
    pack = root / "any"
    new_pack(pack, today=DAY)
    new_scenario(pack, "goods.any", "any_case", title, today=DAY)
    assert not [d for d in funnel.check_pack(pack).diagnostics if d.severity == "error"]
