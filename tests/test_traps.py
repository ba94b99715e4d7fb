"""The thirty-three points where this law is most often got wrong: each has its scenario tests, in a file of its own."""

import re

import pytest
from shipped import FOLDER, PACK

from funnel.author.scenario_tests import load_suite, scenario_files

TRAPS = FOLDER / "traps"
VERDICTS = re.compile(r"判决|判定|认定为|认定欺诈|构成欺诈，|裁定|裁决")


@pytest.mark.parametrize("number", range(1, 34))
def test_each_trap_has_a_file_with_tests(number):
    files = sorted(TRAPS.glob(f"{number:02}-*.yaml"))
    assert files
    suite = load_suite(PACK, files)
    assert suite.diagnostics == ()
    assert suite.tests


def test_there_is_no_file_beside_the_traps():
    assert {int(path.name[:2]) for path in scenario_files(TRAPS)} == set(range(1, 34))


@pytest.mark.parametrize("rule", [rule.id for rule in PACK.live_rules])
def test_what_the_parties_read_is_no_verdict(rule):
    """A mediator's proposal says what tends to be right; it neither judges nor finds (trap 33)."""
    strategy = PACK.rules[rule].strategy
    for texts in (strategy.opening, strategy.floor, *strategy.concessions):
        assert not VERDICTS.search(texts["zh"]), texts["zh"]
        assert not re.search(r"\b(judged|guilty|verdict|we find)\b", texts["en"], re.IGNORECASE), texts["en"]
