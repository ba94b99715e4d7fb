"""The pages made from the pack: whole in both languages, every link leads somewhere, and nothing stale stays unseen."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from shipped import PACK

import funnel

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "tools" / "make_rule_pages.py").is_file():
    pytest.skip("an installed wheel has no tools", allow_module_level=True)
sys.path.insert(0, str(ROOT / "tools"))

import check_docs  # noqa: E402 (found through the path above)
import make_contract_page  # noqa: E402 (as above)
import make_law_pages  # noqa: E402 (as above)
import make_rule_pages  # noqa: E402 (as above)
from pack_words import law_path, rule_path  # noqa: E402 (as above)

TESTS = make_rule_pages.tests_of(PACK)
RULES = make_rule_pages.pages(PACK, TESTS)
LAW = make_law_pages.pages(PACK)
HAN = re.compile(r"[\u4e00-\u9fff]")
SHOWN = [rule for rule in PACK.rules.values() if rule.status != "retired"]


@pytest.mark.parametrize("rule", SHOWN, ids=lambda r: r.id)
def test_each_scenario_has_a_page_in_each_language_that_says_what_the_rule_says(rule):
    zh, en = RULES[rule_path(rule, "zh")], RULES[rule_path(rule, "en")]
    for lang, page in (("zh", zh), ("en", en)):
        assert page.startswith(f"# {rule.title[lang]} `{rule.scenario}`")
        for basis in rule.basis:
            assert (
                f"{law_path(basis.citation.partition('/')[0].partition('@')[0], lang).split('/')[-1]}#a{basis.citation.split('/')[1]}"
                in page
            )
        for exception in rule.exceptions:
            assert exception.title[lang].split("|")[0] in page
        for test in TESTS.get(rule.id, ()):
            assert test.name in page
        pays = "## 给什么，凭哪一条" if lang == "zh" else "## What it pays, on which article"
        assert (pays in page) is (rule.settle is not None)


@pytest.mark.parametrize("path", sorted(name for name in {**RULES, **LAW} if "/en/" in name))
def test_an_english_page_is_english_but_for_what_people_write_and_the_names_of_tests(path):
    page = {**RULES, **LAW}[path].partition("\n## Scenario tests")[0]
    lines = [line for line in page.splitlines() if not line.startswith(("Recognised from everyday words", "[中文]"))]
    assert not [line for line in lines if HAN.search(line)]


def test_every_article_cited_has_its_place_with_who_cites_it():
    for rule in PACK.live_rules:
        for basis in rule.basis:
            statute, _, number = basis.citation.partition("/")
            page = LAW[law_path(statute.partition("@")[0], "en")]
            after = page.partition(f'<a id="a{number}"></a>')[2].partition('<a id="')[0]
            assert f"[{rule.title['en']}]" in after, basis.citation


def test_a_dated_figure_stands_under_the_article_of_its_own_version():
    page = LAW[law_path("express_reg", "en")]
    compensation = page.partition('<a id="a28"></a>')[2].partition('<a id="')[0]
    old_complaints = page.partition('<a id="a28-2019"></a>')[2].partition('<a id="')[0]
    assert "figure" not in compensation
    assert "figure" in old_complaints


def test_the_index_lists_every_scenario_and_every_gate():
    for lang, path in (("zh", "rules/README.md"), ("en", "rules/en/README.md")):
        for rule in PACK.rules.values():
            assert f"`{rule.scenario}`" in RULES[path]
        for gate in PACK.gates.values():
            assert gate.title[lang] in RULES[path]


def test_the_index_of_articles_lists_every_statute():
    for path in ("law/README.md", "law/en/README.md"):
        for statute in PACK.register.statutes:
            assert f"`{statute}`" in LAW[path]


@pytest.fixture
def docs(tmp_path, monkeypatch):
    """A copy of the documentation that may be spoilt."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    monkeypatch.setattr(check_docs, "DOCS", tmp_path / "docs")
    return tmp_path / "docs"


def test_a_changed_a_missing_and_a_stray_page_are_found(docs):
    some = min(RULES)
    (docs / some).write_text("edited by hand", "utf-8")
    gone = max(LAW)
    (docs / gone).unlink(missing_ok=True)
    (docs / "rules" / "old.md").write_text("of a rule that is no more", "utf-8")
    found = "\n".join(check_docs.stale_pages(PACK))
    assert f"docs/{some}: run" in found
    assert f"docs/{gone}: run" in found
    assert "docs/rules/old.md: made from nothing" in found


def test_a_link_to_a_missing_page_or_anchor_is_found(docs):
    (docs / "x.md").write_text(
        "# X\n\n[a](nowhere.md) [b](goods.md#no-such) [c](goods.md) [d](#x) [e](#y) [f](https://example.org)", "utf-8"
    )
    found = [line for line in check_docs.broken_links() if line.startswith("docs/x.md")]
    assert found == ["docs/x.md: nowhere.md", "docs/x.md: goods.md#no-such", "docs/x.md: #y"]


CODE = re.compile(r'(?:Block\(|Reason\(code=)\s*"([a-z-]+)"')


def test_the_page_of_the_contracts_values_has_every_reason_code_of_the_engine():
    engine = Path(funnel.__file__).parent / "engine"
    found = {code for path in engine.glob("*.py") for code in CODE.findall(path.read_text("utf-8"))}
    assert len(found) > 10
    assert found <= set(make_contract_page.REASONS)
    assert make_contract_page.codes_of_contract() == set(make_contract_page.REASONS)


def test_each_value_on_the_page_of_the_contract_is_one_and_has_its_meaning():
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \| (.*?) \|$", make_contract_page.page(PACK), re.MULTILINE)
    assert len(rows) > 100
    assert all(zh and en for _, zh, en in rows)
    for _, fact, _ in make_contract_page.FIELDS:
        assert {slug for slug, *_ in rows} >= set(PACK.vocabulary[fact].members)
