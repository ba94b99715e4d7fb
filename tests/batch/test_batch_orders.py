"""Two complaints about one order, under different ids: the summary tells, in whatever order, files and processes they come."""

import io
import json
import tempfile
from pathlib import Path

import pytest
from batch_helper import go
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from funnel._orders import apart, order_of
from funnel.batch.orders import Mention, Place, SeenOrders, entries_of
from funnel.batch.summary import render_text
from funnel.batch.tally import Tally
from funnel.cli._main import group
from funnel.complaint import Complaint
from funnel.decision import Decision, PackRef

told = st.tuples(*[st.none() | st.integers(1, 3)] * 3)
mentions = st.lists(st.tuples(st.integers(0, 2), told, st.booleans()), max_size=40)
"""Complaints: the order's number, what else is told of it, and whether it would be settled."""


class Groups:
    """The same by the definition: each complaint joins the first order of its number that it is not apart from."""

    def __init__(self):
        self.orders = []

    def add(self, key, told_, row, settled):
        for order in self.orders:
            if order["key"] == key and not apart(told_, order["told"]):
                break
        else:
            order = {"key": key, "told": (None, None, None), "rows": [], "settled": []}
            self.orders.append(order)
        before = (len(order["rows"]), len(order["settled"]), order["settled"][0] if order["settled"] else None)
        order["told"] = tuple(mine if old is None else old for old, mine in zip(order["told"], told_, strict=True))
        order["rows"].append(row)
        order["settled"] += [row] if settled else []
        return before


@given(mentions, st.data())
def test_what_is_known_of_an_order_is_what_its_definition_says_wherever_the_run_was_interrupted(found, data):
    """And what is put down and taken up again says the same as what was never interrupted."""
    cut = data.draw(st.integers(0, len(found)))
    groups, tally, log, names = Groups(), Tally(), io.BytesIO(), ["c.csv"]
    seen = SeenOrders(log=log)
    for row, (key, told_, settled) in enumerate(found, 1):
        if row == cut:
            tally = Tally.restored(json.loads(json.dumps(tally.state())))
            seen = SeenOrders(log=log)
            seen.again(entries_of(log.getvalue().splitlines()))
        order, at = Mention(str(key), key, told_), Place(1, row, f"T-{row}")
        before = seen.add(order, at, settled=settled)
        wanted = groups.add(key, told_, at, settled)
        assert (before.complaints, before.settled, before.first) == wanted
        if before.complaints:
            tally.note_order(order, before, at, names, settled=settled)
    assert tally.repeated == sum(len(order["rows"]) > 1 for order in groups.orders)
    doubled = [order for order in groups.orders if len(order["settled"]) > 1]
    assert tally.doubled == len(doubled)
    shown = {tuple(row.id for row in order.rows) for order in tally.examples.values()}
    assert shown == {tuple(at.id for at in order["settled"][:10]) for order in doubled}


@given(told, told)
def test_nobody_is_apart_from_itself_nor_from_what_tells_nothing_and_it_holds_both_ways(one, other):
    assert not apart(one, one)
    assert not apart(one, (None, None, None))
    assert apart(one, other) == apart(other, one)
    if all(one) and all(other):
        assert apart(one, other) == (one[:2] != other[:2]), "platform and merchant, where all is told"


WORDS = st.text("aA1一 \u200b\u3000１Ａ", min_size=1, max_size=6)


@given(WORDS)
def test_width_case_and_blanks_make_no_other_order(number):
    def named(text):
        return order_of(Complaint(id="c", text="x", order={"id": text}))

    assert named(number) == named(f" {number.upper()}\u3000") == named(number.lower())


@pytest.mark.parametrize(
    "nothing", ["", " ", "-", "——", "/", "无", "暂无", "未知", "N/A", "null", "0", "０００", "***"]
)
def test_what_stands_for_no_number_is_no_order(nothing):
    """Else all complaints without one would be about the same."""
    assert order_of(Complaint(id="c", text="x", order={"id": nothing})) is None


def settled(complaint):
    outcome = "settle" if "退" in complaint.text else "ask"
    return Decision(complaint_id=complaint.id, outcome=outcome, tier=None, recognised=True, pack=PackRef(id="p", digest="d"), as_of="2026-11-10")  # fmt: skip


def table(rows):
    head = "编号,投诉内容,平台,商家编号,订单号\n"
    return head + "".join(",".join(row) + "\n" for row in rows)


def test_the_summary_tells_orders_with_more_than_one_complaint_and_those_settled_more_than_once(run):
    rows = [
        ("T-1", "不发货要退款", "甲", "m1", "SO1"),
        ("T-2", "一直不发货", "甲", "m1", "SO2"),
        ("T-3", "不发货要退款", "甲", "m2", "SO1"),  # another merchant
        ("T-4", "不发货要退款", "乙", "m1", "SO1"),  # another platform
        ("T-5", "不发货要退款", "甲", "m1", "so1"),
        ("T-6", "不发货要退款", "甲", "m1", "SO2"),  # the other one is asked
        ("T-1", "不发货要退款", "甲", "m1", "SO9"),  # a duplicate of a complaint, not decided
        ("T-8", "不发货要退款", "甲", "m1", "SO9"),
        ("T-9", "不发货要退款", "", "", "无"),
        ("T-10", "不发货要退款", "", "", "无"),
    ]
    summary = run("c.csv", table(rows), decide=settled).summary
    assert (summary.repeated_orders, summary.doubled_orders) == (2, 1)
    (order,) = summary.doubled
    assert (order.order, [(r.row, r.id) for r in order.rows]) == ("so1", [(1, "T-1"), (5, "T-5")])
    assert summary.to_dict()["orders"]["settled_twice"] == 1
    assert "有不止一件投诉的订单：2 个，其中 1 个会结案不止一次" in render_text(summary)
    assert "row 1 (T-1), row 5 (T-5)" in render_text(summary, "en")


def test_without_a_doubled_order_nothing_is_said_of_orders(run):
    summary = run("c.csv", table([("T-1", "要退款", "甲", "m1", "A1"), ("T-2", "要退款", "甲", "m1", "A2")]), decide=settled).summary  # fmt: skip
    assert (summary.repeated_orders, summary.doubled_orders, summary.doubled) == (0, 0, ())
    assert "订单：" not in render_text(summary)


def test_an_order_number_that_excel_has_damaged_makes_no_two_complaints_one(run):
    rows = [(f"T-{n}", "要退款", "甲", "m1", "1.23457E+14") for n in range(3)]
    summary = run("c.csv", table(rows), decide=settled).summary
    assert (summary.repeated_orders, dict(summary.damaged_ids)) == (0, {"order.id": 3})


row = st.tuples(
    st.sampled_from(["要退款", "不发货"]), st.sampled_from(["甲", "乙"]), st.sampled_from(["m1", "m2"]), st.sampled_from(["A1", "A2", "A3"])
)  # fmt: skip


@given(st.lists(row, min_size=1, max_size=20), st.data())
def test_in_however_many_files_the_complaints_come_the_orders_are_the_same(rows, data):
    """Where each row tells all, in any order of the rows as well."""
    cut = data.draw(st.integers(0, len(rows)))
    mixed = data.draw(st.permutations(rows))

    def counts(*parts):
        with tempfile.TemporaryDirectory() as folder:
            paths, first = [], 1
            for place, part in enumerate(parts):
                path = Path(folder) / f"{place}.csv"
                path.write_text(table([(f"T-{first + n}", *one) for n, one in enumerate(part)]), "utf-8")
                first += len(part)
                paths.append(path)
            summary = go(*paths, decide=settled).summary
        return summary.repeated_orders, summary.doubled_orders

    wanted = {}
    for text, *order in rows:
        wanted.setdefault(tuple(order), []).append(text)
    repeated = sum(len(texts) > 1 for texts in wanted.values())
    doubled = sum(texts.count("要退款") > 1 for texts in wanted.values())
    assert counts(rows) == counts(rows[:cut], rows[cut:]) == counts(mixed) == (repeated, doubled)


def test_many_orders_stay_few_examples(run):
    rows = [(f"T-{n}", "要退款", "甲", "m1", f"A{n % 30}") for n in range(400)]
    summary = run("c.csv", table(rows), decide=settled).summary
    assert (summary.repeated_orders, summary.doubled_orders, len(summary.doubled)) == (30, 30, 20)
    assert {len(order.rows) for order in summary.doubled} == {10}
    assert "还有 25 个" in render_text(summary)


SETTLES = {
    "received_at": "2026-11-10T10:00:00+08:00",
    "text": "付款一周了还不发货，我要退款",
    "merchant": {"id": "m"},
    "facts": {"shipped": {"value": False, "grade": "record", "source": "物流"}},
}
ORDER = {"id": "SO-1", "kind": "physical", "category": "general", "price": 89.0, "quantity": 1, "paid_at": "2026-11-03T10:00:00+08:00", "ship_by": "2026-11-05T10:00:00+08:00"}  # fmt: skip


@pytest.mark.parametrize(("lang", "said"), [("zh", "付款前由人逐个订单看一遍"), ("en", "before anything is paid")])
def test_the_command_says_on_stderr_what_to_do_and_the_decisions_stay_what_they_are(tmp_path, lang, said):
    source = tmp_path / "c.jsonl"
    source.write_text("".join(json.dumps({**SETTLES, "id": f"T-{n}", "order": ORDER}) + "\n" for n in range(2)))
    done = CliRunner().invoke(group, ["run", str(source), "-o", str(tmp_path / "d.jsonl"), "--lang", lang])
    assert done.exit_code == 0
    assert said in done.stderr
    assert "T-0" in done.stderr
    outcomes = [json.loads(line)["outcome"] for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert outcomes == ["settle", "settle"], "a decision is of one complaint"
    alone = tmp_path / "one.jsonl"
    alone.write_text(source.read_text().splitlines()[1] + "\n")
    quiet = CliRunner().invoke(group, ["run", str(alone), "-o", str(tmp_path / "e.jsonl"), "--lang", lang])
    assert quiet.stderr == ""
    assert (tmp_path / "e.jsonl").read_text() == (tmp_path / "d.jsonl").read_text().splitlines(keepends=True)[1]


def test_with_a_queue_the_second_waits_for_a_person_and_the_command_says_so(tmp_path):
    source = tmp_path / "c.jsonl"
    source.write_text("".join(json.dumps({**SETTLES, "id": f"T-{n}", "order": ORDER}) + "\n" for n in range(3)))
    args = ["run", str(source), "--queue", str(tmp_path / "q.db"), "--lang", "en"]
    done = CliRunner().invoke(group, args)
    assert "in the queue the later ones wait for a person" in done.stderr
    assert "2 would be settled and wait for a person" in done.stdout
    counts = json.loads(CliRunner().invoke(group, [*args, "--format", "json"]).stdout)["queue"]
    assert (counts["known"], counts["same_order"]) == (3, 0), "what is known already was held back before"
