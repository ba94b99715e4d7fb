"""The command line: outputs, exit codes, and no traceback for a user's mistake."""

import datetime as dt
import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from shipped import FOLDER

from funnel.author.scenario_tests import scenario_files
from funnel.cli._main import group

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "examples" / "complaints.sample.csv"


def run(*args, code=0, stdin=None):
    result = CliRunner().invoke(group, [str(a) for a in args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def test_help_lists_every_command():
    output = run("--help").output
    for name in ("run", "check", "test", "explain", "init", "law", "schema"):
        assert name in output


def test_help_is_quick_because_commands_are_imported_late():
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "funnel", "--help"], check=True, capture_output=True, cwd=ROOT)
    assert time.perf_counter() - start < 5, (
        "generous: this guards against importing everything, not against a slow machine"
    )
    code = "import funnel.cli._main, sys; sys.exit('rich' in sys.modules or 'opencc' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sample_batch_prints_the_funnel_and_writes_decisions_and_rejects(tmp_path, lang):
    out, bad = tmp_path / "d.jsonl", tmp_path / "r.jsonl"
    output = run("run", SAMPLE, "-o", out, "--rejects", bad, "--lang", lang).output
    decisions = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    rejects = [json.loads(line) for line in bad.read_text("utf-8").splitlines()]
    assert len(decisions) + len(rejects) == 25
    assert {d["outcome"] for d in decisions} == {"settle", "ask", "refer"}
    assert rejects[0]["field"] == "received_at"
    assert ("八成" if lang == "zh" else "80 %") in output


def test_a_gb18030_file_gives_the_same_decisions(tmp_path):
    other = tmp_path / "gb.csv"
    other.write_bytes(SAMPLE.read_text("utf-8-sig").encode("gb18030"))
    run("run", SAMPLE, "-o", tmp_path / "a.jsonl")
    run("run", other, "-o", tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_csv_output_has_no_formula(tmp_path):
    run("run", SAMPLE, "-o", tmp_path / "d.csv")
    for line in (tmp_path / "d.csv").read_text("utf-8-sig").splitlines():
        assert not line.startswith(("=", "+", "-", "@"))


def test_summary_as_json_and_codes(tmp_path):
    summary = json.loads(run("run", SAMPLE, "--format", "json").output)
    assert summary["rows"] == summary["decided"] + sum(summary["rejected"].values())
    run("run", SAMPLE, "--max-rejects", 0, code=5)
    run("run", SAMPLE, "--max-rejects", 1)
    run("run", tmp_path / "nope.csv", code=2)
    run("run", SAMPLE, "--pack", "nope", code=3)
    run("run", SAMPLE, "--as-of", "soon", code=2)
    run("run", SAMPLE, "--map", "nope=text", code=2)


def test_check_and_test_pass_on_the_shipped_pack():
    run("check", "--strict")
    output = run("test", ROOT / "scenarios" / "cn-ecommerce" / "returns").output  # all of them: test_scenarios
    assert "0 个未通过" in output or "0 failed" in output


def test_check_shows_errors_and_ends_with_one(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "pack.yaml").write_text("funnel: 1\npack: no\n", "utf-8")
    assert "F108" in run("check", tmp_path / "p", "--lang", "zh", code=1).output
    assert json.loads(run("check", tmp_path / "p", "--format", "json", code=1).output)["errors"]
    run("check", "nope", code=3)


def test_a_failing_scenario_test_shows_expected_got_and_the_killing_condition(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(
        "funnel: 1\nrule: goods.quality-defect\ntests:\n  - name: 应当结案\n"
        "    given: {text: 用了两天就坏了}\n    expect: {outcome: settle}\n",
        "utf-8",
    )
    output = run("test", path, "--lang", "zh", code=4).output
    assert "应为 settle, 实为 ask" in output
    assert "quality-defect.yaml:" in output
    assert "照片或视频能看出质量问题" in output
    assert "<failure>" in run("test", path, "--format", "junit", code=4).output
    assert json.loads(run("test", path, "--format", "json", code=4).output)[0]["passed"] is False


@pytest.mark.parametrize(("lang", "word"), [("zh", "“应当劫案”"), ("en", "“应当劫案”")])
def test_no_test_run_is_no_success(tmp_path, lang, word):
    path = tmp_path / "t.yaml"
    path.write_text(
        "funnel: 1\nrule: goods.quality-defect\ntests:\n  - name: 应当先问\n"
        "    given: {text: 用了两天就坏了}\n    expect: {outcome: ask}\n",
        "utf-8",
    )
    assert run("test", path, "-k", "先问", "--lang", lang).exit_code == 0
    assert word in run("test", path, "-k", "应当劫案", "--lang", lang, code=2).stderr
    told = run("test", path, "-k", "应当劫案", "--lang", lang, "--format", "json", code=2)
    assert json.loads(told.stdout) == []
    (tmp_path / "empty").mkdir()
    run("test", tmp_path / "empty", "--lang", lang, code=2)
    path.write_text("funnel: 1\nrule: goods.quality-defekt\ntests: []\n", "utf-8")
    assert "F306" in run("test", path, "-k", "先问", code=1).stderr


def test_explain_shows_words_grades_conditions_questions_and_near_misses(tmp_path):
    output = run("explain", "拍了半个月还不发货，我要退款", "--lang", "zh").output
    for piece in ("delivery.nondelivery", "自述", "“要退款”", "ship_overrun", "要问的", "差一点的规则"):
        assert piece in output
    path = tmp_path / "c.jsonl"
    path.write_text('{"id": "a", "text": "你好"}\n{"id": "b", "text": "店家不给退货"}\n', "utf-8")
    assert "returns.no-reason-refused" in run("explain", path, "--id", "b").output
    assert json.loads(run("explain", path, "--format", "json").output)["complaint_id"] == "a"
    run("explain", path, "--id", "z", code=2)
    path.write_text('{"id": \n', "utf-8")
    assert ":1:" in run("explain", path, code=2).output


def test_a_new_pack_and_a_new_scenario_pass_check_and_test(tmp_path):
    pack = tmp_path / "rules" / "mine"
    run("init", "pack", pack)
    run("init", "scenario", "goods.odd-smell", "--pack", pack, "--title", "有异味")
    run("check", pack, "--strict")
    run("test", "--pack", pack)
    run("init", "pack", pack, code=2)
    run("init", "scenario", "Nonsense", "--pack", pack, code=2)


def test_a_new_rule_says_it_was_reviewed_today(tmp_path):
    pack = tmp_path / "rules" / "mine"
    before = dt.datetime.now().astimezone().date()
    run("init", "pack", pack)
    written = yaml.safe_load((pack / "examples" / "late-parcel.yaml").read_text("utf-8"))["reviewed"]
    assert before <= written <= dt.datetime.now().astimezone().date()


def test_a_copy_of_the_shipped_pack_decides_as_the_shipped_one_and_passes_its_tests(tmp_path):
    pack = tmp_path / "rules" / "mine"
    run("init", "pack", pack, "--copy", "cn-ecommerce")
    run("check", pack, "--strict")
    copied = sorted(
        p.relative_to(tmp_path / "scenarios" / "mine") for p in scenario_files(tmp_path / "scenarios" / "mine")
    )
    assert copied == sorted(p.relative_to(FOLDER) for p in scenario_files(FOLDER))
    output = run("test", tmp_path / "scenarios" / "mine" / "traps", "--pack", pack).output
    assert "，0 个未通过" in output
    assert "：0 个通过" not in output
    assert not (tmp_path / "scenarios" / "mine" / "real").exists()
    words = "买了半个月还不发货"
    one, two = (
        json.loads(run("explain", words, "--format", "json", "--pack", p).output) for p in (pack, "cn-ecommerce")
    )
    assert one.pop("pack")["id"] == "mine"
    two.pop("pack")
    assert one == two


def test_a_pack_is_never_made_over_another_nor_with_its_tests_out_of_sight(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "rules/mine" in run("init", "pack", "mine", code=2).output
    run("init", "pack", "rules/mine", "--copy", "no-such-pack", code=2)
    run("init", "scenario", "goods.x", "--copy", "cn-ecommerce", code=2)
    assert not list(tmp_path.iterdir())
    (tmp_path / "scenarios" / "mine").mkdir(parents=True)
    (tmp_path / "scenarios" / "mine" / "kept.yaml").write_text("funnel: 1\n", "utf-8")
    run("init", "pack", "rules/mine", "--copy", "cn-ecommerce", code=2)
    assert not (tmp_path / "rules").exists()


def test_a_scenario_for_a_pack_that_is_not_there_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run("init", "scenario", "goods.odd-smell", code=2).output
    assert "funnel init pack rules/cn-ecommerce --copy cn-ecommerce" in said
    run("init", "pack", "rules/cn-ecommerce", "--copy", "cn-ecommerce")
    run("init", "scenario", "goods.odd-smell", "--title", "有异味")
    run("check", "rules/cn-ecommerce", "--strict")


def test_explain_says_that_a_draft_recognises_a_complaint_and_shows_what_it_would_decide(tmp_path):
    pack = tmp_path / "rules" / "mine"
    run("init", "pack", pack)
    args = ("explain", "包裹迟到", "--pack", pack, "--lang")
    assert "草稿 examples.late-parcel" in run(*args, "zh").output
    assert "--draft examples.late-parcel" in run(*args, "en").output
    with_it = run(*args, "zh", "--draft", "examples.late-parcel").output
    assert "late_parcel (examples.late-parcel r1)" in with_it
    assert "草稿不判断" not in with_it
    assert "examples.late-parcel" in run(*args, "zh", "--draft", "no.such", code=2).output
    assert "草稿" not in run("explain", "东西很好，谢谢", "--pack", pack, "--lang", "zh").output


def test_law_show_changes_and_check(tmp_path):
    assert "七日" in run("law", "show", "cpl/25", "--lang", "zh").output
    run("law", "show", "cpl/999", code=2)
    assert "food_safety_law" in run("law", "changes", "--since", "2025-01-01").output
    texts = ROOT.parent / "shared" / "statutes"
    if texts.is_dir():
        assert "ok:" in run("law", "check", "--texts", texts, code=0).output
    (tmp_path / "articles.json").write_text("[]", "utf-8")
    run("law", "check", "--texts", tmp_path, code=2)


def test_schemas_are_printed():
    assert json.loads(run("schema", "complaint").output)["title"] == "funnel complaint"
    run("schema", "nope", code=2)


def test_a_slip_in_a_commands_name_is_answered_with_the_nearest():
    assert "explain" in run("explian", code=2).output


def test_the_wheel_holds_the_packs_and_works_from_an_empty_directory(tmp_path):
    """Built once from the checkout, unpacked, and run with nothing else on the path."""
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("not a checkout")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    made = subprocess.run(build, capture_output=True, text=True, check=False)
    if "hatchling" in made.stderr and made.returncode:
        build.remove("--no-isolation")
        made = subprocess.run(build, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = {name.removeprefix("funnel/_data/") for name in names if name.startswith("funnel/_data/")}
    here = {
        path.relative_to(ROOT) for kind in ("rules", "scenarios") for path in (ROOT / kind).rglob("*") if path.is_file()
    }
    measured = {"real", "invented"}  # what the pack is held against: no part of it
    assert data == {path.as_posix() for path in here if path.parts[2] not in measured}
    assert any(path.parts[2] == "real" for path in here), "the labels are kept in the repository"
    site = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import funnel; assert funnel.__file__.startswith({str(site)!r}); "
        "print(funnel.Engine(funnel.load_pack('cn-ecommerce')).decide({'id': 'a', 'text': '付款半个月还不发货，我要退款'}).outcome); "
        "from funnel.cli import main; main(['test'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=empty, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.startswith("ask")


@pytest.fixture
def odd(tmp_path):
    """A table with headers that nobody knows, and where to say what they mean."""
    (tmp_path / "in.csv").write_text("甲,乙\n一直不发货,7\n", encoding="utf-8")

    def decided(mapping, *options, code=0):
        (tmp_path / "map.yaml").write_text(mapping, encoding="utf-8")
        return run("run", tmp_path / "in.csv", "--map-file", tmp_path / "map.yaml", "-o", "-", *options, code=code)

    return decided


def test_a_map_file_says_what_columns_mean_and_an_option_goes_before_it(odd):
    assert json.loads(odd("甲: text\n乙: id\n").stdout)["complaint_id"] == "7"
    passed = json.loads(odd("甲: text\n乙: id\n", "--map", "乙=extra.x").stdout)
    assert (passed["complaint_id"], passed["passed_through"]) == ("row-1", {"x": "7"})


@pytest.mark.parametrize(
    ("mapping", "places", "way_out"),
    [
        ("甲: text\n乙: [id]\n", ["2:4"], "乙: text"),
        ("甲: text\n乙: {id: x}\n", ["2:4"], "乙: text"),
        ("甲: text\n乙:\n", ["2:3"], "乙: text"),
        ("甲:\n  - text\n乙: [id]\n", ["2:3", "3:4"], "甲: text"),
        ("- 甲\n", ["1:1"], "投诉正文: text"),
        ("甲: text\n甲: id\n", ["2:1"], ""),
        ("甲：text\n", ["1:1"], ""),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_entry_of_a_map_file_that_is_no_field_is_an_error_at_its_place(odd, mapping, places, way_out, lang):
    told = odd(mapping, "--lang", lang, code=2)
    assert told.stdout == ""
    found = re.findall(r"map\.yaml:(\d+:\d+): ", told.stderr)
    assert found == places
    assert way_out in told.stderr
    assert ("错误" in told.stderr) == (lang == "zh")


@pytest.mark.parametrize("options", [["-o", "in.csv"], ["-o", "x.jsonl", "--rejects", "x.jsonl"], ["missing.csv"]])
def test_a_run_that_would_lose_a_file_stops_before_the_first_row(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    data = "编号,投诉内容\n1,一直不发货\n"
    (tmp_path / "in.csv").write_text(data, encoding="utf-8")
    result = CliRunner().invoke(group, ["run", "in.csv", *options])
    assert result.exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["in.csv"]
    assert (tmp_path / "in.csv").read_text(encoding="utf-8") == data


@pytest.mark.parametrize(("page", "lang"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_funnel_in_the_readme_is_what_the_sample_gives(page, lang):
    output = run("run", SAMPLE, "--lang", lang).output
    funnel_, scenarios = output.split("\n\n")[:2]
    assert f"```\n{funnel_}\n\n{scenarios}\n```" in (ROOT / page).read_text(encoding="utf-8")
