"""The register held against statute texts: small made-up ones, and the real ones where they lie beside the checkout."""

import dataclasses
import datetime as dt
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from register_helper import ROOT, read_register
from shipped import PACK

from funnel.law.register import Article, Register, Statute, StatuteVersion, texts
from funnel.law.texts import TextsError, check_texts, number_of, split_articles

TEXTS = ROOT.parent / "shared" / "statutes"
needs_texts = pytest.mark.skipif(not (TEXTS / "articles.json").is_file(), reason="the statute texts are not here")
SHIPPED = read_register()

DIGITS = "零一二三四五六七八九"


def numeral(n):
    """Chinese for 1 to 1999, written out digit by digit: the reverse of what is tested."""
    if n < 10:
        return DIGITS[n]
    if n < 20:
        return "十" + (DIGITS[n - 10] if n > 10 else "")
    if n < 100:
        return DIGITS[n // 10] + "十" + (DIGITS[n % 10] if n % 10 else "")
    unit, sign = (100, "百") if n < 1000 else (1000, "千")
    rest = n % unit
    gap = "零" if 0 < rest < unit // 10 else ""
    tail = "一" + numeral(rest) if 10 <= rest < 20 else numeral(rest) if rest else ""
    return DIGITS[n // unit] + sign + gap + tail


def register(*articles, newest="2020"):
    versions = (StatuteVersion("2010", dt.date(2010, 1, 1), dt.date(2020, 1, 1)), StatuteVersion(newest, dt.date(2020, 1, 1)))  # fmt: skip
    return Register({"law": Statute("law", texts("法"), texts("机关"), "law", versions, tuple(articles))})


def article(number, *keys, versions=()):
    return Article(number, texts("题"), texts("要点"), keys, versions)


def kinds(findings):
    return {finding.article: finding.kind for finding in findings}


@given(st.integers(1, 1999))
def test_numerals_read_back(n):
    assert number_of(numeral(n)) == n


@pytest.mark.parametrize(("source", "n"), [("十", 10), ("二十", 20), ("一百零五", 105), ("一百一十", 110), ("一千二百六十", 1260), ("一千〇一", 1001)])  # fmt: skip
def test_numerals_of_statutes(source, n):
    assert number_of(source) == n


def test_what_is_no_numeral_is_refused():
    with pytest.raises(ValueError, match="no Chinese numeral"):
        number_of("十二a")


def test_bold_headings_split_articles_and_plain_references_do_not():
    source = "# 某法\n\n## 第一章　总则\n\n**第一条**　甲。\n\n第二条 的规定在此引用。\n\n**第二条**　乙。\n\n**第一百二十条之一**　丙。\n"
    assert {number: "".join(body.split()) for number, body in split_articles(source).items()} == {
        "1": "**第一条**甲。第二条的规定在此引用。",
        "2": "**第二条**乙。",
        "120-1": "**第一百二十条之一**丙。",
    }


def test_plain_headings_split_articles_and_paragraphs_of_one_article_are_joined():
    source = "# 某办法（节录）\n第十六条 甲。\n第二十条第一款 乙。\n第二十条第二款 丙，依照第十六条 处理。\n"
    assert {number: "乙" in body for number, body in split_articles(source).items()} == {"16": False, "20": True}
    assert "丙" in split_articles(source)["20"]


def test_findings_tell_missing_words_from_moved_and_missing_articles(tmp_path):
    book = {"law": {"1": "第一条 经营者应当退款。", "2": "第二条 七日内　返还。", "3": "第三条 完好。"}}
    (tmp_path / "articles.json").write_text(json.dumps(book), encoding="utf-8")
    findings = check_texts(
        register(
            article("1", "应当退款"),
            article("2", "七日内返还"),  # spaces in the text do not matter
            article("3", "应当退款", "完好"),
            article("4", "某词"),
            article("5", versions=("2010",)),
        ),
        tmp_path,
    )
    assert kinds(findings) == {"1": "ok", "2": "ok", "3": "key_elsewhere", "4": "article_missing", "5": "older"}
    moved = findings[2]
    assert (moved.keys, moved.found_in, moved.is_problem) == (("应当退款",), ("1",), True)
    scattered = check_texts(register(article("3", "应当退款", "七日内返还", "哪里也没有")), tmp_path)
    assert (scattered[0].kind, scattered[0].found_in) == ("key_elsewhere", ("1", "2"))
    absent = check_texts(register(article("1", "哪里也没有"), article("2")), tmp_path)
    assert kinds(absent) == {"1": "key_missing", "2": "no_keys"}
    assert (absent[0].is_problem, absent[1].is_problem) == (True, False)


def test_markdown_serves_where_the_json_has_no_such_statute(tmp_path):
    assert kinds(check_texts(register(article("1", "甲")), tmp_path)) == {"1": "statute_missing"}
    (tmp_path / "law_excerpt.md").write_text("第一条 乙\n", encoding="utf-8")
    assert kinds(check_texts(register(article("1", "甲")), tmp_path)) == {"1": "key_missing"}
    (tmp_path / "law.md").write_text("**第一条**　甲\n", encoding="utf-8")
    assert kinds(check_texts(register(article("1", "甲")), tmp_path)) == {"1": "ok"}
    (tmp_path / "articles.json").write_text('{"law": {"2": "x"}}', encoding="utf-8")
    assert kinds(check_texts(register(article("1", "甲")), tmp_path)) == {"1": "article_missing"}


@pytest.mark.parametrize("content", ["{", "[]", '{"law": []}', '{"law": {"1": 5}}', "\udcff"])
def test_a_malformed_folder_is_refused(tmp_path, content):
    (tmp_path / "articles.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(TextsError):
        check_texts(register(article("1")), tmp_path)
    with pytest.raises(TextsError):
        check_texts(register(article("1")), tmp_path / "none")


# --- the real texts ---------------------------------------------------------------------------------------------------


@needs_texts
def test_every_article_of_the_register_stands_in_the_texts_with_its_words():
    findings = check_texts(SHIPPED, TEXTS)
    assert [finding for finding in findings if finding.is_problem] == []
    assert {f.statute for f in findings if f.kind == "statute_missing"} == {"complaint_reg_2026", "platform_rules_2026", "sanbao_general"}  # fmt: skip
    assert [finding for finding in findings if finding.kind == "no_keys"] == []


@needs_texts
def test_a_renumbered_register_is_noticed():
    # The consumer law's article 25, cited as 26: the check must see that the words stand elsewhere.
    cpl = SHIPPED.statute("cpl")
    moved = dataclasses.replace(next(a for a in cpl.articles if a.number == "25"), number="33")
    findings = check_texts(Register({"cpl": dataclasses.replace(cpl, articles=(moved,))}), TEXTS)
    assert [(f.kind, f.found_in) for f in findings] == [("key_elsewhere", ("25",))]


@needs_texts
def test_every_citation_of_the_shared_scenarios_is_in_the_register():
    scenarios = json.loads((TEXTS / "scenarios.json").read_text(encoding="utf-8"))
    cited = [f"{law['statute']}/{law['article']}" for scenario in scenarios for law in scenario["law"]]
    assert len(cited) == 409
    for source in cited:
        assert SHIPPED.resolve(source, dt.date(2026, 11, 24)).verified, source


@needs_texts
def test_every_statute_of_the_shared_list_is_in_the_register():
    listed = json.loads((TEXTS / "statutes.json").read_text(encoding="utf-8"))["statutes"]
    assert {row["id"] for row in listed} <= set(SHIPPED.statutes)
    for row in listed:
        if row["effective_current_text"]:
            assert SHIPPED.statute(row["id"]).newest.from_ == dt.date.fromisoformat(row["effective_current_text"])


@needs_texts
def test_no_gist_copies_a_run_of_sixteen_characters_from_its_article():
    book = json.loads((TEXTS / "articles.json").read_text(encoding="utf-8"))
    copied = []
    for statute, found in SHIPPED.articles():
        body = re.sub(r"\s", "", book.get(statute.id, {}).get(found.number, ""))
        gist = found.gist["zh"]
        copied += [
            f"{statute.id}/{found.number}: {gist[i : i + 16]}"
            for i in range(len(gist) - 15)
            if gist[i : i + 16] in body
        ]
    assert copied == []


@needs_texts
def test_no_gist_in_a_rule_copies_a_run_of_sixteen_characters_from_its_article():
    book = json.loads((TEXTS / "articles.json").read_text(encoding="utf-8"))
    copied = []
    for rule in PACK.rules.values():
        for basis in rule.basis:
            statute, number = basis.citation.split("/")
            body = re.sub(r"\s", "", book.get(statute.partition("@")[0], {}).get(number, ""))
            gist = basis.gist["zh"]
            copied += [f"{rule.id} {basis.citation}" for i in range(len(gist) - 15) if gist[i : i + 16] in body]
    assert copied == []
