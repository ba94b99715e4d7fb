"""The command line as a whole: what holds for every command and every option."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from funnel.cli._main import _COMMANDS, group

ROOT = Path(__file__).resolve().parents[1]


def leaves(command, name):
    """Each command that does something, with its name."""
    if isinstance(command, click.Group):
        for inner in command.commands:
            yield from leaves(command.commands[inner], [*name, inner])
    else:
        yield name, command


EVERY = [leaf for name in _COMMANDS for leaf in leaves(group.get_command(click.Context(group), name), [name])]
WORDS = [
    (name, command, param)
    for name, command in EVERY
    for param in command.params
    if isinstance(param.type, click.Path | type(click.STRING))
]


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["funnel", *args])  # where the language is looked for
    result = CliRunner().invoke(group, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("name", "command", "param"), WORDS, ids=lambda item: getattr(item, "name", None) or "-".join(item)
)
@pytest.mark.parametrize("empty", ["", "  "], ids=["empty", "blank"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_option_and_no_argument_takes_an_empty_word_for_a_name(
    monkeypatch, tmp_path, name, command, param, empty, lang
):
    monkeypatch.chdir(tmp_path)
    needed = [p for p in command.params if isinstance(p, click.Argument) and p.required and p is not param]
    filled = {p: p.type.choices[0] if isinstance(p.type, click.Choice) else "x" for p in needed}
    args = [param.opts[0], empty] if isinstance(param, click.Option) else []
    args += [
        filled.get(p, empty) for p in command.params if isinstance(p, click.Argument) and (p is param or p in filled)
    ]
    result = call(monkeypatch, *name, "--lang", lang, *args)
    assert result.exit_code == 2
    assert {"zh": "内容是空的", "en": "the value is empty"}[lang] in result.output
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_gave_is_not_refused_for_being_empty(monkeypatch):
    assert call(monkeypatch, "schema", "complaint").exit_code == 0


SHOWN = [
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["queue", "--help"],
    ["law", "show"],
    ["schema", "complaint"],
    ["explain", "不发货", "--pack", "tests/packs/mini"],
    ["check", "--format", "json", "tests/packs/mini"],
    ["run", "examples/complaints.sample.csv", "--pack", "tests/packs/mini", "-j", "1"],
    ["run", "examples/complaints.sample.csv", "--pack", "tests/packs/mini", "-j", "1", "-o", "-"],
]


def started(args, out, lang="en"):
    env = {**os.environ, "FUNNEL_LANG": lang}
    return subprocess.Popen(
        [sys.executable, "-m", "funnel", *args], stdout=out, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("args", SHOWN, ids=" ".join)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_standard_output_that_is_full_is_told_in_a_line(args, lang):
    with Path("/dev/full").open("w") as full:
        _, err = (process := started(args, full, lang)).communicate(timeout=60)
    assert process.returncode == 2
    told = [line for line in err.splitlines() if "No space left" in line]
    assert len(told) == 1
    assert "Traceback" not in err
    assert "Exception ignored" not in err


@pytest.mark.parametrize("args", SHOWN, ids=" ".join)
def test_a_reader_that_closes_the_pipe_is_told_in_a_line(args):
    read, write = os.pipe()
    os.close(read)
    process = started(args, write)
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 141
    assert "standard output was closed" in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path):
    (tmp_path / "file").write_text("")
    process = started(["schema", "--out", str(tmp_path / "file" / "x")], subprocess.PIPE)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err == f"funnel: {tmp_path / 'file' / 'x'}: cannot be opened or written (Not a directory)\n"


def test_a_file_of_which_no_row_can_be_decided_is_not_a_success(monkeypatch, tmp_path):
    (tmp_path / "a.csv").write_text("投诉内容\n不发货\n", "utf-8")
    result = call(monkeypatch, "run", str(tmp_path / "a.csv"), "--input-format", "json", "--lang", "en", "--pack", str(ROOT / "tests/packs/mini"))  # fmt: skip
    assert result.exit_code == 1
    assert "no row could be decided" in result.output


DECIDING = [["run", "c.csv"], ["explain", "退钱"], ["ask", "退钱"], ["report", "c.csv", "-o", "r.html"]]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("command", DECIDING, ids=lambda args: args[0])
def test_a_day_before_any_law_is_refused_and_one_far_ahead_is_named(monkeypatch, tmp_path, command, lang):
    """1900-01-01, a slip of the keyboard, once decided every deadline without a word."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.csv").write_text("id,text\na,一直不发货，我要退款\n", "utf-8")
    args = [*command, "--pack", str(ROOT / "tests" / "packs" / "mini"), "--lang", lang]
    early = call(monkeypatch, *args, "--as-of", "2013-12-31")
    assert early.exit_code == 2
    assert "2014-01-01" in early.output, "the first day of the pack's first law"
    said = {"zh": "这一天还很远", "en": "this day is far off"}[lang]
    for day, told in (("2014-01-01", False), ("2098-01-01", True)):
        result = call(monkeypatch, *args, "--as-of", day)
        assert (result.exit_code, said in result.output) == (0, told)


SLIPS = [
    ["run", "none.csv"],
    ["run", "."],
    ["run", "c.csv", "-o", "x.xlsx"],
    ["run", "c.csv", "-o", "c.csv"],
    ["run", "c.csv", "--map", "丙=text"],
    ["run", "c.csv", "--map", "id"],
    ["run", "c.csv", "--input-format", "xlsx"],
    ["run", "c.csv", "--sheet", "一"],
    ["run", "c.csv", "--resume"],
    ["run", "c.csv", "--queue", "q.db", "--resume"],
    ["run", "c.csv", "--as-of", "soon"],
    ["run", "c.csv", "--pack", "nowhere"],
    ["explain", "none.json"],
    ["schema", "nothing"],
    ["init", "pack", "BAD NAME"],
    ["watch", "nowhere"],
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("command", SLIPS, ids="-".join)
def test_a_slip_is_told_in_the_language_asked_for_alone(monkeypatch, tmp_path, command, lang):
    """Both languages stood one after the other, whatever was asked for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.csv").write_text("id,text\na,x\n", "utf-8")
    result = call(monkeypatch, *command, "--lang", lang)
    assert result.exit_code in {2, 3}
    told = result.output.rpartition("Error:")[2].replace("Invalid value for", "")  # click's own words are English
    if lang == "en":
        assert not re.search("[一-鿿]", told.replace("丙", "").replace("一", "")), told
    else:
        assert re.search("[一-鿿]", told), told
        assert not re.search("[a-z]{3,} (?!run|init|pack)[a-z]+ [a-z]{2,}", told), told


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no such name")
def test_another_name_of_standard_output_is_standard_output(tmp_path):
    """It was a file without a known ending, or one that took the place of what the shell had opened."""
    source, out = tmp_path / "c.csv", tmp_path / "out.jsonl"
    source.write_text("id,text\na,一直不发货，我要退款\n", "utf-8")
    pack = ROOT / "tests" / "packs" / "mini"
    args = [sys.executable, "-m", "funnel", "run", str(source), "-o", "/dev/stdout", "--pack", str(pack)]
    with out.open("wb") as stream:
        subprocess.run(args, stdout=stream, stderr=subprocess.DEVNULL, check=True)
    assert [json.loads(line)["complaint_id"] for line in out.read_text("utf-8").splitlines()] == ["a"]


def test_a_report_where_there_is_no_home_says_nothing_of_other_programs_caches(tmp_path):
    (tmp_path / "c.csv").write_text("id,text\na,一直不发货，我要退款\n", "utf-8")
    homeless = {"HOME": "/dev/null", "XDG_CONFIG_HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"}
    kept = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"}
    args = [sys.executable, "-m", "funnel", "report", "c.csv", "-o", "r.html", "--pack", str(ROOT / "tests" / "packs" / "mini")]  # fmt: skip
    done = subprocess.run(args, cwd=tmp_path, env=kept | homeless, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("r.html", "")


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_packed_decisions_are_the_same_lines_in_a_fraction_of_the_room(tmp_path, ending):
    rows = "".join(f"a{n},一直不发货，我要退款\n" for n in range(300))
    (tmp_path / "c.csv").write_text("id,text\n" + rows, "utf-8")
    args = [sys.executable, "-m", "funnel", "run", "c.csv", "--pack", str(ROOT / "tests" / "packs" / "mini"), "--lang", "en"]  # fmt: skip

    def run(name, *more):
        return subprocess.run([*args, "-o", name, *more], cwd=tmp_path, capture_output=True, text=True, check=False)

    for name in (f"o{ending}", f"o{ending}.gz", f"two{ending}.gz"):
        assert run(name, *(["--jobs", "2"] if name.startswith("two") else [])).returncode == 0
    packed = (tmp_path / f"o{ending}.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / f"o{ending}").read_bytes()
    assert (tmp_path / f"two{ending}.gz").read_bytes() == packed
    assert len(packed) * 5 < (tmp_path / f"o{ending}").stat().st_size
    refused = run(f"o{ending}.gz", "--resume")
    assert (refused.returncode, "a packed output cannot be written on" in refused.stderr) == (2, True)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
