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
