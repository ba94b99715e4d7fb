"""The report: one page that says what a batch or a queue holds, whatever stands in it."""

import datetime as dt
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.cli._main import group
from funnel.queue import Agent, Funnel
from funnel.report import Case, League, gather, render

ROOT = Path(__file__).parent.parent
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOSTILE = '<script>alert(1)</script>"onload=$x^2$ & 王'
names = st.sampled_from(["甲店", "乙店", HOSTILE, None])
cases = st.lists(
    st.builds(
        Case,
        merchant=names,
        trade=names,
        outcome=st.sampled_from(["settle", "ask", "refer"]),
        tier=st.sampled_from(["agent", "mediator", "lawyer"]),
        matters=st.lists(
            st.sampled_from(
                [("nondelivery", "delivery.nondelivery"), ("invoice", "invoices.invoice-refused"), ("x", "y")]
            ),
            max_size=3,
        ).map(tuple),
        out_of_scope=st.booleans(),
        presumed=st.booleans(),
        hours=st.none() | st.floats(0, 1000),
    ),
    max_size=40,
)


class Page(HTMLParser):
    """Tags that open and close, and what would run or be fetched."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.words = [], set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href", "xlink:href", "action"}:
                assert value.startswith("#"), (tag, name, value)
        if tag not in {"meta", "br", "path", "use", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in {"meta", "br", "path", "use", "rect"}:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@settings(max_examples=30, deadline=None)
@given(found=cases, order=st.randoms(use_true_random=False), lang=st.sampled_from(["zh", "en"]))
def test_numbers_add_up_and_no_order_of_cases_changes_the_page(engine, found, order, lang):
    report = gather(engine.pack, found, rejected=2)
    assert report.settled + report.asked + report.referred == report.cases == len(found)
    assert sum(row.count for row in report.scenarios) == report.matters
    if report.to_80:
        counts = [row.count for row in report.scenarios]
        assert 5 * sum(counts[: report.to_80]) >= 4 * sum(counts) > 5 * sum(counts[: report.to_80 - 1])
    assert {row.name for row in report.fired}.isdisjoint(name for name, _ in report.never)
    page = render(report, lang=lang, generated_at=NOW)
    shuffled = found[:]
    order.shuffle(shuffled)
    assert render(gather(engine.pack, shuffled, rejected=2), lang=lang, generated_at=NOW) == page


@settings(max_examples=20, deadline=None)
@given(found=cases, text=st.text(max_size=30))
def test_nothing_in_the_page_runs_or_is_fetched_whatever_names_say(engine, found, text):
    league = [League(HOSTILE + text, 40, 1, (30, 40), (20, 40), (35, 40))]
    page = render(
        gather(engine.pack, found, leagues={"merchant": league, "trade": []}),
        lang="zh",
        generated_at=NOW,
        title=HOSTILE + text,
    )
    parsed = Page(page)
    assert parsed.open == []
    assert "script" not in parsed.seen
    assert not re.search(
        r"(?:https?:)?//(?!www\.w3\.org)\S", re.sub(r'xmlns\S*="[^"]*"|<!DOCTYPE.*?>', "", page.split("<body>")[0])
    )
    assert "default-src 'none'" in page


def test_behind_each_chart_stands_a_table_with_its_numbers(engine):
    found = [Case("甲店", "food", "refer", "agent", (("nondelivery", "delivery.nondelivery"),), hours=30.0)] * 3
    parsed = Page(render(gather(engine.pack, found), lang="en", generated_at=NOW))
    text = " ".join(parsed.words)
    assert "Not shipped or shipped late" in text
    assert "100.0%" in text
    assert "30.0" in text
    page = render(gather(engine.pack, found), lang="en", generated_at=NOW)
    assert page.count('role="img"') == page.count("aria-label=") == 4


def test_what_is_only_presumed_is_told_apart_and_no_rule_is_said_to_have_recognised_it(engine):
    matters = (("nondelivery", "delivery.nondelivery"),)
    sure, guess = Case("甲店", "food", "ask", None, matters), Case("甲店", "food", "ask", None, matters, presumed=True)
    report = gather(engine.pack, [sure, guess, guess])
    assert (report.recognised, report.presumed) == (3, 2)
    assert [(row.name, row.count) for row in report.scenarios] == [("nondelivery", 3)]
    assert [(row.name, row.count) for row in report.fired] == [("delivery.nondelivery", 1)]
    assert "2 of the recognised only read like it" in render(report, lang="en", generated_at=NOW)
    assert "只是读来像" not in render(gather(engine.pack, [sure]), lang="zh", generated_at=NOW)


def test_an_empty_batch_gives_a_page_that_says_so(engine):
    assert "没有投诉" in render(gather(engine.pack, []), lang="zh", generated_at=NOW)


def run(*args):
    return CliRunner().invoke(group, ["report", *map(str, args)])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sample_batch_makes_a_page_without_anybodys_data(tmp_path, lang):
    page = tmp_path / "r.html"
    result = run(ROOT / "examples" / "complaints.sample.csv", "-o", page, "--lang", lang)
    assert result.exit_code == 0, result.output
    text = page.read_text("utf-8")
    Page(text)
    assert not re.search(r"1[3-9]\d{9}", text)


def test_a_queue_makes_a_page_with_leagues_and_durations(tmp_path, engine):
    url, clock = str(tmp_path / "q.db"), [NOW - dt.timedelta(days=9)]
    desk = Funnel(engine, url, clock=lambda: clock[0])
    desk.put_agent(Agent("lea", "lawyer", wip_cap=9, supervisor=True))
    for number in range(4):
        desk.ingest(
            {
                "id": f"c-{number}",
                "text": "付款一周了还不发货",
                "merchant": {"name": "老王店13800138000"},
                "facts": {"shipped": True},
            },
            source="web",
        )
    clock[0] = NOW
    desk.sweep()
    for case in desk.cases(state="queued"):
        claim = desk.claim(case.id, "lea")
        desk.resolve(claim, "mediated", code="x", note="y", basis=("cpl/16",))
    desk.close()
    result = run("--queue", url, "-o", tmp_path / "r.html", "--lang", "en", "--minimum", 1)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "Time to resolve" in text
    assert "Merchants, ranked" in text
    assert "13800138000" not in text
    Page(text)


def test_mistakes_are_a_line_each(tmp_path):
    for args in (["-o", tmp_path / "r.html"], [tmp_path / "none.csv", "-o", tmp_path / "r.html"],
                 [ROOT / "examples" / "complaints.sample.csv", "-o", tmp_path / "no" / "r.html"],
                 ["--queue", tmp_path / "none.db", "-o", tmp_path / "r.html"]):  # fmt: skip
        result = run(*args)
        assert result.exit_code == 2, args
        assert "Traceback" not in result.output
        assert result.output.strip()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_orders_that_would_be_settled_more_than_once_are_told(tmp_path, lang):
    order = {"id": "SO-1", "kind": "physical", "category": "general", "price": 89.0, "quantity": 1, "paid_at": "2026-11-03T10:00:00+08:00", "ship_by": "2026-11-05T10:00:00+08:00"}  # fmt: skip
    sent = {"received_at": "2026-11-10T10:00:00+08:00", "text": "付款一周了还不发货，我要退款", "order": order, "facts": {"shipped": {"value": False, "grade": "record", "source": "物流"}}}  # fmt: skip
    said = {"zh": "会结案不止一次的 1 个", "en": "settled more than once: 1."}[lang]
    for count in (1, 2):
        source, page = tmp_path / f"{count}.jsonl", tmp_path / f"{count}.html"
        source.write_text("".join(json.dumps({**sent, "id": f"T-{n}"}) + "\n" for n in range(count)))
        done = CliRunner().invoke(group, ["report", str(source), "-o", str(page), "--lang", lang])
        assert done.exit_code == 0, done.output
        assert (said in page.read_text("utf-8")) == (count > 1)
