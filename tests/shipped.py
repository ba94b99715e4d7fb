"""The shipped pack, what is compiled of it and its scenario tests: frozen, and made once for every test of a process."""

import funnel
from funnel.author.scenario_tests import load_suite, scenario_files
from funnel.engine.decide import compile_pack
from funnel.pack.loader import data_folder

FOLDER = data_folder("scenarios") / "cn-ecommerce"
PACK = funnel.load_pack("cn-ecommerce")
COMPILED = compile_pack(PACK)
ENGINE = funnel.Engine(PACK)
SUITE = load_suite(PACK, list(scenario_files(FOLDER)), FOLDER)
_BY_RECORDS = {
    (test.rule, test.complaint.model_dump_json(exclude={"id", "text"})): test
    for test in reversed(SUITE.tests)
    if test.expect.get("outcome") == "settle"
}
SETTLING = tuple(reversed(_BY_RECORDS.values()))
"""The tests that expect a settlement; of those of a rule that differ in their words alone, the first."""
A_THIRD = SUITE.tests[::3]
"""Of every file some: for what is held against thousands of tests at some milliseconds each."""
