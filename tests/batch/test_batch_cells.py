"""Cells as operators write them, what Excel has done to them, and rejects that tell all that is wrong with a row."""

import datetime as dt
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_helper import go
from click.testing import CliRunner

from funnel.batch.assemble import amount, instant, integer
from funnel.batch.summary import render_text
from funnel.cli._main import group


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [
        ("1299元整", "1299"),
        ("1,299.00元整", "1299"),
        ("99圆正", "99"),
        ("人民币1299", "1299"),
        ("人民币 1,299 元", "1299"),
        # what the reader of texts is sure of, and nothing else
        ("1.5万元", "15000"),
        ("八十八元", "88"),
        ("12块5", "12.5"),
    ],
)
def test_a_sum_as_a_clerk_writes_it_is_read(cell, yuan):
    assert amount(cell) == Decimal(yuan)


@pytest.mark.parametrize("cell", ["1.5万", "3万", "约199元", "199~299元", "几百块", "199元（含运费）", "30美元", "12,99", "199/件", "99元、50元", "-199元", "无", "-"])  # fmt: skip
def test_a_sum_that_could_be_another_is_not_guessed(cell):
    with pytest.raises(ValueError, match="amount"):
        amount(cell)


@pytest.mark.parametrize(("cell", "count"), [("2个", 2), ("两件", 2), ("一件", 1), ("十二", 12), ("1,000", 1000), ("1,000件", 1000), ("3岁", 3)])  # fmt: skip
def test_a_number_of_pieces_as_a_clerk_writes_it_is_read(cell, count):
    assert integer(cell) == count


@pytest.mark.parametrize("cell", ["x1", "两三件", "几个", "10,00", "1.5", "两箱", True, "二三"])
def test_a_number_that_could_be_another_is_not_guessed(cell):
    with pytest.raises(ValueError, match="whole number"):
        integer(cell)


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026年11月7号", dt.datetime(2026, 11, 7)),
        ("2026年11月7号15:04", dt.datetime(2026, 11, 7, 15, 4)),
        ("2026年11月7日下午3点", dt.datetime(2026, 11, 7, 15)),
        ("2026-11-07 上午9点整", dt.datetime(2026, 11, 7, 9)),
    ],
)
def test_a_day_as_a_clerk_writes_it_is_read(cell, time):
    assert instant(cell) == time


@pytest.mark.parametrize("cell", ["-", "--", "—", "无", "N/A", "n/a", "/", "－"])
def test_a_sign_for_nothing_in_a_column_of_times_is_an_empty_cell(run, cell):
    found = run("c.csv", f"id,text,付款时间,发货时间,签收时间\na,x,2026-11-01,{cell},{cell}\nb,x,{cell},{cell},\n")
    a, b = (complaint.order for complaint in found.seen)
    assert "shipped_at" in a.model_fields_set  # as with an empty cell: the record says that it was not sent
    assert a.signed_at is None
    assert b.model_fields_set == set()


def test_words_that_say_it_has_not_happened_are_read_in_their_own_column_alone(run):
    found = run("c.csv", "id,text,发货时间,签收时间\na,x,未发货,未签收\nb,x,2026-11-01,未发货\n")
    assert found.seen[0].order.model_fields_set == {"shipped_at"}
    assert found.codes == ["bad-field"]


@pytest.mark.parametrize("cell", ["-", "无"])
def test_a_sign_for_nothing_elsewhere_is_still_what_it_says(run, cell):
    found = run("c.csv", f"id,text,单价,自营\na,x,{cell},\nb,x,,{cell}\n")
    assert [line["field"] for line in found.rejects] == ["order.price", *(["merchant.self_operated"] if cell == "-" else [])]  # fmt: skip


def sheet(path, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_ids_that_excel_made_scientific_are_each_named_and_never_merged_as_duplicates(run):
    found = run("c.csv", "投诉单号,投诉内容\n1.23457E+14,x\n1.23457E+14,y\n1.23457E+14,z\n")
    assert found.codes == ["damaged-id"] * 3
    assert all("Excel" in line["reason"] and "文本" in line["reason"] for line in found.rejects)
    assert all("投诉单号" in line["reason"] for line in found.rejects)


def test_an_id_that_is_a_number_of_more_figures_than_excel_keeps_is_named(tmp_path):
    rows = ["编号", "内容"], [123456789012345678, "x"], [123456789012345, "y"], ["123456789012345678", "z"]
    found = go(sheet(tmp_path / "c.xlsx", *rows), lang="en")
    assert found.ids == ["123456789012345", "123456789012345678"]
    assert found.codes == ["damaged-id"]
    assert "15 figures" in found.rejects[0]["reason"]


def test_what_only_looks_like_such_an_id_is_one(tmp_path, run):
    ids = ["1e5", "3E12", "1.2E+5x", "12E+14"]
    assert run("c.csv", "id,text\n" + "".join(f"{one},x\n" for one in ids)).ids == ids
    pq.write_table(pa.table({"id": [123456789012345678], "text": ["x"]}), tmp_path / "c.parquet")
    assert go(tmp_path / "c.parquet").ids == ["123456789012345678"]


def test_another_id_that_excel_damaged_is_left_out_passed_through_and_counted(tmp_path):
    rows = ["编号", "内容", "订单号"], ["a", "x", 123456789012345678], ["b", "x", 12345], ["c", "x", "1.23457E+14"]
    found = go(sheet(tmp_path / "c.xlsx", *rows))
    assert [complaint.order.id for complaint in found.seen] == [None, "12345", None]
    assert found.seen[2].extra == {"order.id": "1.23457E+14"}
    assert found.summary.damaged_ids == {"order.id": 2}
    assert found.summary.unknown_fields == {}
    assert "order.id：2 行的编号被 Excel" in render_text(found.summary)
    assert "order.id: Excel" in render_text(found.summary, "en")
    assert found.summary.to_dict()["damaged_ids"] == {"order.id": 2}


def test_a_reject_names_the_column_beside_the_field_and_every_cell_that_cannot_be_read(run):
    head = "单号,内容,订单金额,件数,签收时间,投诉时间\n"
    reason = run("c.csv", f"{head}a,x,abc,0,昨天,2026-11-10\n").rejects[0]["reason"]
    assert reason.split("；") == [
        "“订单金额”（order.total_paid）的“abc”：不是金额",
        "写成 1299.00",
        "“签收时间”（order.signed_at）的“昨天”：不是日期",
        "写成 2026-11-03 或 2026-11-03 15:04",
        "“件数”（order.quantity）的“0”：不能小于 1",
    ]
    english = run("c.csv", f"{head}a,x,1.999,0,,\n", lang="en").rejects[0]
    assert english["reason"] == "'件数' (order.quantity): '0': must be at least 1; '订单金额' (order.total_paid): '1.999': an amount has at most two decimals"  # fmt: skip
    assert "(+" not in english["reason"]


def test_a_row_without_a_text_is_told_by_the_column_of_the_text(run):
    assert run("c.csv", "单号,事情经过,单价\na,,3\n", mapping={"事情经过": "text"}).rejects[0]["reason"].startswith("“事情经过”（text）：")  # fmt: skip


def test_a_text_that_is_refused_is_not_quoted(run):
    reject = run("c.jsonl", '{"id":"a","投诉内容":"秘密\\u0000","单价":-5}').rejects[0]
    assert "秘密" not in reject["reason"]
    assert "“投诉内容”（text）" in reject["reason"]
    assert "“单价”（order.price）" in reject["reason"]


def test_an_unreadable_fact_is_not_told_again_as_a_complaint_without_any(run):
    reject = run("c.csv", "id,商品完好\na,也许\n").rejects[0]
    assert reject["reason"] == "“商品完好”（facts.goods_intact）的“也许”：应为“是”或“否”"


@pytest.mark.parametrize(("option", "name", "right"), [("-o", "x.xlsx", "x.csv"), ("-o", "x", "x.csv"), ("-o", "x.json", "x.csv"), ("--rejects", "r.csv", "r.jsonl"), ("--shadow", "s.xlsx", "s.jsonl")])  # fmt: skip
def test_a_file_is_not_written_under_the_name_of_another_kind(tmp_path, option, name, right):
    source = tmp_path / "c.csv"
    source.write_text("id,text\na,x\n")
    told = CliRunner().invoke(group, ["run", str(source), option, str(tmp_path / name)])
    assert told.exit_code == 2
    assert str(tmp_path / right) in told.stderr
    assert ".jsonl" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_is_not_written_under_the_name_of_another_kind(tmp_path, lang):
    told = CliRunner().invoke(group, ["report", "c.csv", "-o", str(tmp_path / "r.pdf"), "--lang", lang])
    assert told.exit_code == 2
    assert str(tmp_path / "r.html") in told.stderr
