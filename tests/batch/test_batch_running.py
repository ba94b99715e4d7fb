"""From rows to decisions, rejects, summary and files."""

import io
import os
import re
import stat
from decimal import Decimal
from pathlib import Path

import pytest
from batch_helper import go, referred
from hypothesis import given
from hypothesis import strategies as st

from funnel.batch import tally
from funnel.batch.assemble import Assembler, amount, instant, integer
from funnel.batch.headers import PATHS, HeaderReader
from funnel.batch.longrun import LongRun
from funnel.batch.runner import JsonlWriter, run_batch
from funnel.batch.source import open_source
from funnel.batch.summary import render_text
from funnel.batch.writers import CsvWriter, safe_cell, whole_file
from funnel.errors import BatchError, MappingError, SourceError


def test_rows_without_ids_of_several_files_are_all_decided(tmp_path):
    """Both files once had a row-1, and the second was rejected as its repetition."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("投诉内容\nx\n")
    found = go(tmp_path / "a.csv", tmp_path / "b.csv")
    assert found.ids == ["row-1", "file2-row-1"]
    assert found.summary.generated_ids == 2


def test_an_id_repeated_in_another_file_is_rejected_and_names_that_file_and_its_row(tmp_path):
    (tmp_path / "a.csv").write_text("id,text\nz,x\na,x\n")
    (tmp_path / "b.csv").write_text("id,text\nq,x\na,y\na,z\n")
    found = go(tmp_path / "a.csv", tmp_path / "b.csv")
    assert found.ids == ["z", "a", "q"]
    assert all(re.search(r"a\.csv 第 2 行", line["reason"]) for line in found.rejects)
    assert [(line["row"], Path(line["file"]).name) for line in found.rejects] == [(2, "b.csv"), (3, "b.csv")]


def test_a_reject_tells_the_id_of_its_row_where_it_has_one(run):
    assert run("c.csv", "编号,投诉内容,单价\n77,x,many\n").rejects[0]["id"] == "77"
    assert run("c.jsonl", '{"编号": 77, "text": "x", "claimed_amount": -5}').rejects[0]["id"] == "77"


def test_raw_keeps_a_long_row_whole_for_mending(run):
    row = "a," + "好" * 5_000 + ",NaN"
    assert run("c.csv", f"id,text,price\n{row}\n").rejects[0]["raw"] == row


@given(number=st.integers(10**10, 10**18), where=st.sampled_from(["a,x,{0},,", "a,x,,{0},", "a,x,,,{0}", "a,x,1,2,3,{0}", 'a,"{0} "{0}"']))  # fmt: skip
def test_no_reason_shows_a_long_number(tmp_path_factory, number, where):
    path = tmp_path_factory.mktemp("x") / "c.csv"
    path.write_text("id,text,price,paid_at,自营\n" + where.format(f"{number}号") + "\n")
    (reject,) = go(path).rejects
    assert not re.search(r"\d{5}", reject["reason"])


def test_a_file_without_headers_does_not_show_its_first_complaint(run):
    with pytest.raises(SourceError) as error:
        run("c.csv", "13812345678,我叫王小明住在中山路一百二十三号买了东西一直不发货\n")
    assert "13812345678" not in str(error.value)
    assert "一直不发货" not in str(error.value)
    assert "***" in str(error.value)


def test_a_column_not_understood_is_named_even_where_it_is_empty(run):
    found = run("c.csv", "id,text,颜色\na,x,\n")
    assert found.summary.unknown_fields == {"颜色": (0, None)}
    assert "颜色" in render_text(found.summary)


def test_a_column_passed_through_on_purpose_is_not_named(run):
    found = run("c.csv", "id,text,颜色\na,x,红\n", mapping={"颜色": "extra.color"})
    assert found.seen[0].extra == {"color": "红"}
    assert found.summary.unknown_fields == {}


def test_a_field_not_understood_inside_the_order_is_named_with_a_suggestion(run):
    found = run("c.jsonl", '{"id":"a","text":"x","order":{"prise":5}}')
    assert found.summary.unknown_fields == {"order.prise": (1, "order.price")}


def test_a_field_not_understood_of_many_pieces_of_evidence_is_one_line_of_the_summary(run):
    line = '{"id":"a%d","text":"x","evidence":[{"kind":"photo","nte":1},{"kind":"photo","nte":2}]}'
    found = run("c.jsonl", "\n".join(line % n for n in range(2)))
    assert {name: count for name, (count, _) in found.summary.unknown_fields.items()} == {"evidence.nte": 2}


def test_names_without_number_do_not_fill_the_memory_and_are_counted(run, monkeypatch):
    monkeypatch.setattr(tally, "NAMES", 30)
    found = run("c.jsonl", "\n".join(f'{{"id":"a{n}","text":"x","k{n}":1}}' for n in range(50)))
    assert len(found.summary.unknown_fields) == 30
    assert found.summary.unnamed_fields == 20
    assert found.summary.to_dict()["unnamed_fields"] == 20
    assert "11" in render_text(found.summary).split("还有")[1]


def test_two_keys_of_one_meaning_in_json_are_rejected(run):
    found = run("c.jsonl", '{"id":"a","text":"x","投诉内容":"y"}\n{"id":"b","单价":1,"text":"x","order":{"price":2}}')
    assert [line["field"] for line in found.rejects] == ["text", "order.price"]


def test_flat_keys_and_an_empty_order_come_together_in_any_order(run):
    found = run("c.jsonl", '{"id":"a","text":"x","order":null,"单价":5}\n{"id":"b","text":"x","order.price":5,"order":{"id":"o"}}')  # fmt: skip
    assert [str(c.order.price) for c in found.seen] == ["5.00", "5.00"]
    assert found.seen[1].order.id == "o"


@pytest.mark.parametrize(("cell", "what"), [("-5", "negative"), ("NaN", "finite"), ("inf", "finite"), ("1e400", "1,000,000,000,000|万亿|below"), ("1,29", "not an amount"), ("3万", "not an amount"), ("5²", "not an amount")])  # fmt: skip
def test_an_impossible_amount_says_what_is_wrong_with_it(run, cell, what):
    reason = run("c.csv", f'id,text,price\na,x,"{cell}"\n', lang="en").rejects[0]["reason"]
    assert re.search(what, reason)


@pytest.mark.parametrize(("cell", "yuan"), [("１２９９．５０元", "1299.50"), ("￥１，２９９", "1299"), ("1e3", "1E+3")])
def test_amounts_in_full_width_are_read(cell, yuan):
    assert amount(cell) == Decimal(yuan)


def test_whole_numbers_in_full_width_are_read():
    assert integer("３件") == 3


@pytest.mark.parametrize("cell", ["2026/11/3 下午3:04", "2026年11月3日15点04分", "2026-11-03 15:04", "20261103150400", "２０２６－１１－０３ １５：０４"])  # fmt: skip
def test_more_ways_to_write_a_time(cell):
    assert instant(cell).strftime("%Y-%m-%d %H:%M") == "2026-11-03 15:04"


@pytest.mark.parametrize(("cell", "hour"), [("2026/11/3 上午12:05", 0), ("2026/11/3 下午12:05", 12), ("2026/11/3 下午13:05", 13)])  # fmt: skip
def test_twelve_oclock_in_halves_of_the_day(cell, hour):
    assert instant(cell).hour == hour


@pytest.mark.parametrize("cell", ["2026110311504", "2026-W45-1", "2026-11-03x15:04", "2026-02-30", "2026/11/3 上午13:05", "20261103150", "1762153440", "11/3/2026", True, 5])  # fmt: skip
def test_what_only_looks_like_a_date_is_not_read_as_one(cell):
    """The standard library reads 2026110311504 as four minutes past three, with 1 for the T."""
    with pytest.raises(ValueError, match="date"):
        instant(cell)


def test_a_spreadsheets_number_of_eight_figures_is_a_day():
    assert instant(20261103).date().isoformat() == instant(20261103.0).date().isoformat() == "2026-11-03"


def test_every_word_for_a_header_means_one_field():
    reader = HeaderReader()
    for path, words in PATHS.items():
        for word in words:
            assert reader.path(word) == path
            assert reader.path(f"  {word.upper()}（必填） ") == path


def test_a_wrong_mapping_names_the_file(run):
    with pytest.raises(MappingError, match=r"c\.csv"):
        run("c.csv", "id,text\na,x\n", mapping={"丙": "text"})


def test_what_cannot_be_written_is_a_reject_and_no_half_line(run, tmp_path):
    class Writer:
        def __init__(self):
            self.lines = []

        def write(self, decision):
            if decision.complaint_id == "a":
                raise ValueError(decision.complaint_id)
            self.lines.append(decision)

    writer = Writer()
    found_rejects = io.BytesIO()
    (tmp_path / "c.csv").write_text("id,text\na,x\nb,x\n")
    assembler = Assembler(HeaderReader(), {})
    summary = run_batch([open_source(tmp_path / "c.csv")], referred, assembler, decisions=writer, rejects=found_rejects)
    assert (summary.rows, summary.decided, dict(summary.rejected)) == (2, 1, {"engine-error": 1})
    assert [d.complaint_id for d in writer.lines] == ["b"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_clear_error(tmp_path):
    (tmp_path / "c.csv").write_text("id,text\na,x\n")
    assembler = Assembler(HeaderReader(), {})

    def run_to(stream):
        return run_batch([open_source(tmp_path / "c.csv")], referred, assembler, decisions=JsonlWriter(stream))

    with Path("/dev/full").open("wb", buffering=0) as stream, pytest.raises(BatchError, match="cannot be written"):
        run_to(stream)
    with pytest.raises(BatchError, match="cannot be written"), whole_file(Path("/dev/full")) as stream:
        run_to(stream)


def test_a_device_is_written_and_not_replaced_by_a_file():
    """`-o /dev/null` as root once made a file of it."""
    with whole_file(Path(os.devnull)) as stream:
        stream.write(b"x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_link_stays_a_link_and_permissions_stay(tmp_path):
    target, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(target)
    with whole_file(link) as stream:
        stream.write(b"new")
        assert target.read_bytes() == b"old"
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.skipif(os.name == "nt", reason="has other permissions")
def test_a_new_file_is_its_owners_alone_whatever_the_umask_and_so_it_is_while_it_grows(tmp_path):
    """Decisions quote complaints, and rejects hold rows whole: on a shared machine anybody could read them."""
    before = os.umask(0)
    try:
        with whole_file(tmp_path / "x") as stream:
            stream.write(b"x")
            assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600]
        with LongRun({"decisions": tmp_path / "y"}, identity={}, inputs=None, every=1) as long_run:
            long_run.stream("decisions").write(b"y")
            assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    finally:
        os.umask(before)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {"x": 0o600, "y": 0o600}


@given(st.sampled_from("=+-@＝＋－＠"), st.text(" \u3000\u00a0\ufeff\n\t", max_size=3), st.text(max_size=5))
def test_nothing_a_spreadsheet_may_strip_hides_a_formula(mark, blank, rest):
    assert safe_cell(blank + mark + rest).startswith("'")


def test_a_formula_in_any_column_leaves_as_text():
    stream = io.BytesIO()
    CsvWriter(stream).write(referred(type("C", (), {"id": '=HYPERLINK("x")'})))
    assert b"'=HYPERLINK" in stream.getvalue()


def test_progress_ends_at_the_whole_of_each_source(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text("id,text\n" + "".join(f"{path.stem}{n},x\n" for n in range(450)))
    reports = []
    go(*paths, on_progress=reports.append)
    ends = [report for report in reports if report.read == report.size]
    assert [(end.rows, end.source) for end in ends][-1] == (900, str(paths[1]))
    assert (450, str(paths[0])) in [(end.rows, end.source) for end in ends]
