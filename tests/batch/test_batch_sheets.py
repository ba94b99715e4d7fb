"""Where a table begins and which sheets are read: titles above a header, covers, several sheets. Nothing goes in silence."""

import io
import json
import re
import zipfile
from contextlib import closing
from xml.etree.ElementTree import ParseError

import openpyxl
import pytest
from batch_helper import referred
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.batch import _xlsx_faults
from funnel.batch.assemble import Assembler
from funnel.batch.headers import ORDERED, PATHS, HeaderReader
from funnel.batch.reading import LOOK, Reading
from funnel.batch.runner import run_batch
from funnel.batch.source import open_source
from funnel.batch.summary import render_text
from funnel.cli._main import group
from funnel.errors import MappingError, SourceError

HEAD = ["投诉单号", "投诉内容"]


def book(path, **sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name.removeprefix("hidden_"))
        if name.startswith("hidden_"):
            sheet.sheet_state = "hidden"
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def go(path, *, sheets=(), mapping=None, **options):
    """Read a file as `funnel run` does; what was read, the rejects, the summary."""
    seen, rejects = [], io.BytesIO()
    reader = HeaderReader(["goods_intact"], {"商品完好": "goods_intact"}, mapping)

    def keep(complaint):
        seen.append(complaint.id)
        return referred(complaint)

    source = open_source(path, headers=reader, sheets=sheets)
    summary = run_batch([source], keep, Assembler(reader, {}), rejects=rejects, **options)
    return seen, [json.loads(line) for line in rejects.getvalue().splitlines()], summary


def left(summary):
    return [(s.sheet, s.rows, s.why) for reading in summary.sources for s in reading.left]


def test_every_sheet_with_the_same_header_is_read_whatever_the_order_of_its_columns(tmp_path):
    path = book(tmp_path / "c.xlsx", 十月=[HEAD, ["a", "x"]], 十一月=[HEAD[::-1], ["y", "b"], [None, "c"], ["z", "d"]])
    seen, rejects, summary = go(path)
    assert seen == ["a", "b", "d"]
    assert [(r["sheet"], r["line"], r["row"]) for r in rejects] == [("十一月", 3, 3)]
    assert left(summary) == []
    assert "“十月”、“十一月”" in render_text(summary)
    assert "“十月”, “十一月”" in render_text(summary, "en")


def test_the_sheet_with_complaints_is_read_and_every_other_one_with_rows_is_named(tmp_path):
    path = book(
        tmp_path / "c.xlsx",
        说明=[["本表为十一月投诉"]],
        空=[],
        数据=[HEAD, ["a", "x"]],
        旧=[[*HEAD, "单价"], ["b", "y", "3"]],
        hidden_底稿=[HEAD, ["c", "z"]],
    )
    seen, _, summary = go(path)
    assert seen == ["a"]
    assert left(summary) == [("说明", 1, "no-text"), ("旧", 2, "other-header"), ("底稿", 2, "hidden")]
    for lang in ("zh", "en"):
        assert all(f"--sheet {name}" in render_text(summary, lang) for name in ("说明", "旧", "底稿"))
    assert [s["sheet"] for s in summary.to_dict()["sources"][0]["not_read"]] == ["说明", "旧", "底稿"]


def test_a_sheet_that_is_asked_for_is_read_alone_be_it_hidden(tmp_path):
    path = book(tmp_path / "c.xlsx", 一=[HEAD, ["a", "x"]], hidden_二=[HEAD, ["b", "y"]])
    assert go(path, sheets=["二"])[0] == ["b"]
    assert go(path, sheets=["二", "一"])[0] == ["a", "b"]
    assert go(path, sheets=["二"])[2].sources == ()


@pytest.mark.parametrize(
    ("sheets", "word"), [(["三"], "现有：一、二、空"), (["空"], "空"), (["一", "二"], "一次读一个")]
)
def test_sheets_that_cannot_be_had_are_told_with_those_that_can(tmp_path, sheets, word):
    path = book(tmp_path / "c.xlsx", 一=[HEAD, ["a", "x"]], 二=[["编号", "内容"], ["b", "y"]], 空=[])
    with pytest.raises(SourceError, match=word):
        go(path, sheets=sheets)


def test_a_sheet_is_asked_of_workbooks_alone(tmp_path):
    (tmp_path / "c.csv").write_text("id,text\na,x\n")
    with pytest.raises(SourceError, match="--sheet"):
        go(tmp_path / "c.csv", sheets=["一"])


def test_where_no_sheet_has_complaints_the_others_are_named(tmp_path):
    path = book(tmp_path / "c.xlsx", 一=[["甲", "乙"], ["a", "x"]], 二=[["丙"], ["b"]])
    with pytest.raises(SourceError, match=r"--sheet .*一、二"):
        go(path)
    assert go(path, mapping={"丙": "text"})[0] == ["row-1"]


def test_without_the_meanings_of_headers_the_first_sheet_is_read_and_the_others_are_told(tmp_path):
    path = book(tmp_path / "c.xlsx", 空=[], 一=[["题目"], HEAD], 二=[HEAD, ["b", "y"]])
    source = open_source(path)
    assert source.headers == ("题目",)
    assert [(s.sheet, s.why) for s in source.reading.left] == [("二", "other-header")]
    source.close()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("above", [1, 2, LOOK - 1])
def test_a_header_below_a_title_is_found_and_lines_stay_those_of_the_file(tmp_path, kind, above):
    title = [["2026年11月投诉登记表", None], *[["制表人：张三", None]] * (above - 1)]
    rows = [*title, HEAD, ["a", "x"], ["b", None], ["c", "z"]]
    path = tmp_path / f"c.{kind}"
    if kind == "csv":
        path.write_text("".join(",".join(cell or "" for cell in row) + "\n" for row in rows))
    else:
        book(path, 一=rows)
    seen, rejects, summary = go(path)
    assert (seen, [r["line"] for r in rejects]) == (["a", "c"], [above + 3])
    assert (summary.sources[0].parts[0].line, summary.sources[0].parts[0].above) == (above + 1, above)
    assert f"第 {above + 1} 行当作表头，它上面 {above} 行没有读" in render_text(summary)
    assert f"line {above + 1} was taken as the header" in render_text(summary, "en")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_title_without_delimiters_hides_neither_the_header_nor_its_delimiter(tmp_path, delimiter, encoding):
    rows = [["登记表（十一月）"], ["制表人：张三, 李四"], HEAD, ["a", "x"]]
    path = tmp_path / "c.csv"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    assert go(path)[0] == ["a"]


def test_a_header_further_down_than_ten_rows_is_not_looked_for(tmp_path):
    (tmp_path / "c.csv").write_text("题\n" * LOOK + "id,text\na,x\n")
    with pytest.raises(SourceError, match="前几行里没有找到"):
        go(tmp_path / "c.csv")


def test_a_first_row_that_has_the_column_is_the_header_whatever_stands_below(tmp_path):
    (tmp_path / "c.csv").write_text("编号,投诉内容\n编号,内容\nb,y\n")
    seen, _, summary = go(tmp_path / "c.csv")
    assert (seen, summary.sources) == (["编号", "b"], ())


def test_a_header_of_the_users_own_words_is_found_below_a_title_too(tmp_path):
    (tmp_path / "c.csv").write_text("登记表,\n单,投诉正文\na,x\n")
    assert go(tmp_path / "c.csv", mapping={"投诉正文": "text", "单": "id"})[0] == ["a"]
    with pytest.raises(MappingError):
        go(tmp_path / "c.csv", mapping={"投诉正": "text"})


def test_what_is_told_of_reading_survives_an_interruption(tmp_path):
    path = book(tmp_path / "c.xlsx", 说明=[["封面"]], 数据=[["题"], HEAD, ["a", "x"]], 又=[HEAD, ["b", "y"]])
    reading = go(path)[2].sources[0]
    assert Reading.restored(json.loads(json.dumps(reading.to_dict()))) == reading


def test_the_command_names_on_stderr_each_sheet_that_was_not_read(tmp_path):
    path = book(tmp_path / "c.xlsx", 说明=[["封面"]], 数据=[HEAD, ["a", "半个月不发货"]])
    told = CliRunner().invoke(group, ["run", str(path), "--format", "json", "--lang", "zh"])
    assert "“说明”没有读" in told.stderr
    assert json.loads(told.stdout)["sources"][0]["not_read"][0]["sheet"] == "说明"
    asked = CliRunner().invoke(group, ["run", str(path), "--sheet", "数据", "--format", "json", "--lang", "zh"])
    assert (asked.stderr, json.loads(asked.stdout)["rows"]) == ("", 1)


def test_a_row_of_a_sheet_that_is_too_wide_is_told_nothing_of_delimiters(tmp_path):
    path = book(tmp_path / "c.xlsx", 一=[HEAD, ["a", "x", "多"], ["b", "y"]])
    assert "表头" in (reason := go(path)[1][0]["reason"])
    assert "分隔符" not in reason


def test_a_workbook_that_cannot_be_read_is_told_how_to_be_saved(tmp_path):
    (tmp_path / "r.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(SourceError, match=r"另存为 \.xlsx 或 CSV"):
        go(tmp_path / "r.xls")


LONG = "买了半个月还不发货，我要退款"
HELD_AS_WORDS = [LONG, "Bought a phone two weeks ago and it was never sent"]


@pytest.mark.parametrize("words", HELD_AS_WORDS)
@pytest.mark.parametrize("header", ["具体说法", "Complaint words", "说明栏"])
def test_a_file_whose_text_is_not_understood_is_refused_with_the_way_out(tmp_path, header, words):
    path = tmp_path / "a.csv"
    path.write_text(f'编号,{header},facts.goods_intact\n1,"{words}",是\n2,,否\n', "utf-8")
    with pytest.raises(SourceError) as caught:
        go(path)
    assert f"--map '{header}=text'" in str(caught.value)
    assert f"--map '{header}=extra.{header}'" in str(caught.value)
    assert go(path, mapping={header: "text"})[0] == ["1", "2"]
    assert go(path, mapping={header: f"extra.{header}"})[0] == ["1", "2"]


@pytest.mark.parametrize(
    "cell", ["北京市朝阳区建国路88号院3号楼", "2026-11-03", "SF1234567890123", "已处理", "羽绒服 加厚 2026新款"]
)
def test_a_column_of_names_places_and_numbers_is_no_text(tmp_path, cell):
    path = tmp_path / "a.csv"
    path.write_text(f"编号,某列,facts.goods_intact\n1,{cell},是\n2,{cell},否\n", "utf-8")
    assert go(path)[0] == ["1", "2"]


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("Complaint text", "text"),
        ("投诉正文", "text"),
        ("投诉情况", "text"),
        ("收到投诉时间", "received_at"),
        ("Complaint date", "received_at"),
        ("店铺名", "merchant.name"),
    ],
)
def test_more_headers_are_understood(header, path):
    assert HeaderReader().path(header) == path


SUMS = [
    "退款金额",
    "应退金额",
    "索赔总金额",
    "赔付金额",
    "Refund amount",
    "amount claimed",
    "退款价格",
    "补偿金额（元）",
]


@pytest.mark.parametrize("header", SUMS)
def test_a_sum_asked_or_given_back_is_never_taken_for_what_was_paid(header):
    reader = HeaderReader(["price_paid"], {"实付": "price_paid", "价格": "price_paid"})
    paid = {"order.total_paid", "order.price", "facts.price_paid"}
    assert reader.suggest(header) not in paid
    assert reader.path(header) not in paid


@settings(max_examples=60)
@given(
    header=st.sampled_from(
        [word + more for words in PATHS.values() for word in words for more in ("2", "段", " info")]
    ),
    cells=st.lists(st.sampled_from([LONG, "199", "2026-11-03", "是", "3", "", "张三"]), min_size=1, max_size=4),
)
def test_a_hint_never_names_a_field_that_the_column_could_not_be(tmp_path_factory, header, cells):
    path = tmp_path_factory.mktemp("hint") / "a.csv"
    path.write_text("投诉内容," + header + "\n" + "".join(f'"{LONG}",{cell}\n' for cell in cells), "utf-8")
    assembler = Assembler(HeaderReader(), {})
    try:
        with closing(source := open_source(path, headers=assembler.headers)):
            summary = run_batch([source], referred, assembler)
    except MappingError:  # it means the text, too
        return
    for name, (_, near) in summary.unknown_fields.items():
        if near is not None:
            assert all(assembler.fits(near, cell) for cell in cells), (name, near)


def faulty(path, rows, *, errors=(), at="A1"):
    """A workbook whose cells named in ``errors`` are errors of Excel's, as ``#N/A`` typed by hand is not."""
    made = openpyxl.Workbook()
    sheet = made.active
    first = sheet[at]
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet.cell(first.row + number, first.column + place, value)
    for name in errors:
        sheet[name].data_type = "e"
    made.save(path)
    return path


COLUMNS = ["投诉单号", "投诉内容", "订单金额", "备注"]


@pytest.mark.parametrize("at", ["A1", "C4"])
@pytest.mark.parametrize(
    ("cell", "words"),
    [("#N/A", ("#N/A", "错误值")), ("#REF!", ("#REF!", "错误值")), ("=VLOOKUP(A2,B:C,2)", ("公式没有算过",))],
)
@pytest.mark.parametrize("column", [1, 2])
def test_a_cell_without_a_value_rejects_its_row_and_names_sheet_line_and_column(tmp_path, at, cell, words, column):
    """They were empty cells, and the order was decided without its amount."""
    rows = [COLUMNS, ["a", "一直不发货", 99, ""], ["b", "一直不发货", 99, ""], ["c", "一直不发货", 99, ""]]
    rows[2][column] = cell
    place = f"{chr(ord(at[0]) + column)}{int(at[1]) + 2}"
    seen, rejects, _ = go(faulty(tmp_path / "c.xlsx", rows, errors=[place] if cell[0] == "#" else [], at=at))
    assert seen == ["a", "c"]
    (line,) = rejects
    assert (line["code"], line["id"], line["line"], line["sheet"]) == ("no-value", "b", int(at[1]) + 2, "Sheet")
    assert all(word in line["reason"] for word in (COLUMNS[column], *words))


def test_a_cell_without_a_value_in_a_column_that_is_passed_through_is_passed_through_as_it_stands(tmp_path):
    rows = [COLUMNS, ["a", "一直不发货", 99, "#DIV/0!"], ["b", "一直不发货", 99, "=A1"]]
    path = faulty(tmp_path / "c.xlsx", rows, errors=["D2"])
    complaints = []

    def keep(complaint):
        complaints.append(complaint)
        return referred(complaint)

    reader = HeaderReader()
    run_batch([open_source(path, headers=reader)], keep, Assembler(reader, {}))
    assert [json.loads(c.model_dump_json())["备注"] for c in complaints] == ["#DIV/0!", "=A1"]


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell(tmp_path):
    """Excel writes it as a text without a value; what openpyxl writes has no kind, as no program has reckoned it."""
    path = faulty(tmp_path / "c.xlsx", [COLUMNS, ["a", "一直不发货", '=IF(1,"","x")', ""]])
    with zipfile.ZipFile(path) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'<c r="C2"><f>', b'<c r="C2" t="str"><f>')
    with zipfile.ZipFile(path, "w") as made:
        for name, data in parts.items():
            made.writestr(name, data)
    assert go(path)[:2] == (["a"], [])


def test_each_sheet_has_its_own_cells_without_a_value_and_a_sheet_without_any_is_not_parsed(tmp_path, monkeypatch):
    made = openpyxl.Workbook()
    made.active.title = "一"
    for sheet in (made.active, made.create_sheet("二"), made.create_sheet("三 & 四")):
        sheet.append(COLUMNS)
        sheet.append([f"{sheet.title}-1", "一直不发货", 99])
    made["二"]["C2"].data_type = "e"
    made["二"]["C2"].value = "#N/A"
    made.save(tmp_path / "c.xlsx")
    parsed = []
    before = _xlsx_faults._found
    monkeypatch.setattr(_xlsx_faults, "_found", lambda file: parsed.append(file.name) or before(file))
    seen, rejects, _ = go(tmp_path / "c.xlsx")
    assert (seen, [line["sheet"] for line in rejects]) == (["一-1", "三 & 四-1"], ["二"])
    assert parsed == ["xl/worksheets/sheet2.xml"]


def write(path, rows):
    """The same table as CSV or as a workbook."""
    if path.suffix == ".xlsx":
        return book(path, Sheet=rows)
    path.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    return path


KINDS = ["c.csv", "c.xlsx"]


@pytest.mark.parametrize("name", KINDS)
def test_two_columns_with_one_header_that_nobody_needs_are_both_passed_through(tmp_path, name):
    """The whole file was refused for them, and no --map could tell one from the other."""
    complaints = []

    def keep(complaint):
        complaints.append(complaint)
        return referred(complaint)

    rows = [["投诉单号", "备注", "投诉内容", "备注", "备注 (2)", "备注"], ["a", "一", "x", "二", "三", "四"]]
    reader = HeaderReader()
    summary = run_batch([open_source(write(tmp_path / name, rows), headers=reader)], keep, Assembler(reader, {}))
    assert complaints[0].extra == {"备注": "一", "备注 (3)": "二", "备注 (2)": "三", "备注 (4)": "四"}
    assert len(summary.unknown_fields) == 4


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("header", "mapping"), [("投诉内容", {}), ("商品完好", {}), ("说明一", {"说明一": "channel"}), ("id", {})]
)
def test_two_columns_with_one_header_that_means_something_are_refused_and_one_can_be_told_away(
    tmp_path, name, header, mapping
):
    path = write(tmp_path / name, [["投诉内容", header, header], ["x", "", ""]][:2])
    if header == "投诉内容":
        path = write(tmp_path / name, [["投诉单号", header, header], ["a", "x", "y"]])
    with pytest.raises(MappingError, match=re.escape(f"{header} (2)")):
        go(path, mapping=mapping)
    assert go(path, mapping={**mapping, f"{header} (2)": "extra.note"})[2].decided == 1


@pytest.mark.parametrize("header", ORDERED)
def test_the_day_of_ordering_is_no_record_of_a_payment_but_may_be_said_to_be_one(header, tmp_path):
    """An order that was placed and never paid counted as paid on record, and with an empty 发货时间 as not shipped."""
    path = tmp_path / "c.csv"
    path.write_text(f"id,text,{header},发货时间\na,一直不发货,2026-11-03,\n", "utf-8")
    found = []

    def keep(complaint):
        found.append(complaint.order)
        return referred(complaint)

    for mapping in ({}, {header: "order.paid_at"}):
        reader = HeaderReader(mapping=mapping)
        summary = run_batch([open_source(path, headers=reader)], keep, Assembler(reader, {}))
    assert found[0].model_fields_set == set()
    assert found[1].model_fields_set == {"paid_at", "shipped_at"}
    assert summary.unknown_fields == {}
    reader = HeaderReader()
    summary = run_batch([open_source(path, headers=reader)], keep, Assembler(reader, {}))
    assert summary.unknown_fields == {header: (1, "order.paid_at")}


def test_entities_that_expand_without_bound_end_with_an_error_and_not_with_the_memory():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE w [<!ENTITY e0 "0123456789">{entities}]><workbook>&e11;</workbook>'
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", bomb)
        archive.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
    with pytest.raises(ParseError, match="amplification"):
        _xlsx_faults.Faults(data.getvalue())
