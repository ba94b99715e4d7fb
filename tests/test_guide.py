"""The guide for authors in Chinese: whoever types what it says gets what it shows."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnel.cli._main import group

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "guide-authors.zh-CN.md").read_text("utf-8")
FILES = dict(re.findall(r"`([a-z_/-]+\.yaml)`：\n\n```yaml\n(.*?)```", GUIDE, re.DOTALL))
SCENARIOS = ("invoices.invoice-refused", "services.concert-refund")


def run(*args, code=0):
    result = CliRunner().invoke(group, [*args, "--lang", "zh"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def shown(command):
    """What the guide shows below a command: the indented lines up to a blank one."""
    lines = GUIDE[GUIDE.index(f"    $ {command}\n") :].splitlines()[1:]
    return [line.removeprefix("    ") for line in lines[: lines.index("")]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder in which somebody has followed the guide."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run("init", "pack", "rules/mine", "--copy", "cn-ecommerce")
        for scenario in SCENARIOS:
            run("init", "scenario", scenario, "--pack", "rules/mine")
        for name, text in FILES.items():
            path = Path(name) if name.startswith("scenarios/") else Path("rules/mine") / name
            assert path.exists() or path.parent.name == "statutes", f"the guide names {name}, which init does not make"
            path.write_text(text, "utf-8")
        yield folder
    shutil.rmtree(folder)


def test_the_guide_shows_every_file_of_both_scenarios():
    assert len(FILES) == 9


def test_the_files_of_the_guide_have_no_findings_and_their_tests_pass_as_shown(desk, monkeypatch):
    monkeypatch.chdir(desk)
    run("check", "rules/mine", "--strict")
    command = "funnel test --pack rules/mine -v scenarios/mine/invoices"
    assert run(*command.split()[1:]).splitlines() == shown(command)
    run("test", "--pack", "rules/mine", "scenarios/mine/services/concert-refund.yaml")


def test_what_the_guide_shows_of_the_law_is_what_the_command_prints(desk, monkeypatch):
    monkeypatch.chdir(desk)
    command = "funnel law show ecl/14 --pack rules/mine"
    printed = run(*command.split()[1:]).splitlines()
    assert [line for line in printed if line][: len(shown(command))] == shown(command)
    assert printed[-1].strip() in GUIDE


@pytest.mark.parametrize(
    ("name", "old", "new", "codes"),
    [
        ("rules/mine/invoices/invoice-refused.yaml", "ecl/14,", "ecl/140,", ["F402"]),
        ("rules/mine/invoices/invoice-refused.yaml", "invoice_sent: false", "invoice_send: false", ["F301"]),
    ],
)
def test_the_mistakes_of_the_guide_are_told_as_it_shows(desk, monkeypatch, name, old, new, codes):
    monkeypatch.chdir(desk)
    text = Path(name).read_text("utf-8")
    Path(name).write_text(text.replace(old, new, 1), "utf-8")
    try:
        printed = run("check", "rules/mine", code=1)
    finally:
        Path(name).write_text(text, "utf-8")
    told = printed.split("\n\n")[:-1]
    assert [re.search(r"F\d+", one).group() for one in told] == codes
    for one in told:
        assert "\n".join("    " + line for line in one.splitlines()) in GUIDE


def test_in_the_second_example_the_override_and_the_change_of_date_decide(desk, monkeypatch):
    monkeypatch.chdir(desk)
    for name, old, new, failing in (
        (
            "rules/mine/services/concert-refund.yaml",
            "rule: services.travel-cancelled",
            "rule: delivery.nondelivery",
            "让开",
        ),
        ("rules/mine/statutes/parameters_concert_refund.yaml", "2026-07-01", "2026-07-02", "七月一日付款的"),
    ):
        text = Path(name).read_text("utf-8")
        Path(name).write_text(text.replace(old, new), "utf-8")
        try:
            printed = run("test", "--pack", "rules/mine", "scenarios/mine/services/concert-refund.yaml", code=4)
        finally:
            Path(name).write_text(text, "utf-8")
        assert failing in next(line for line in printed.splitlines() if "✗" in line)
