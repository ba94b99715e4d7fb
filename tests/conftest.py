"""Shared by all tests: the shipped pack and its engine, loaded once."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import funnel
from funnel.engine.decide import compile_pack

settings.register_profile("funnel", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("funnel")

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def pack():
    return funnel.load_pack("cn-ecommerce")


@pytest.fixture(scope="session")
def engine(pack):
    return funnel.Engine(pack)


@pytest.fixture(scope="session")
def compiled(pack):
    return compile_pack(pack)


@pytest.fixture(scope="session")
def mini():
    return funnel.load_pack(HERE / "packs" / "mini")
