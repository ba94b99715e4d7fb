"""The queue in SQLite (the embedded default) or PostgreSQL (many workers), through SQLAlchemy Core.

SQLite: write-ahead log, ``BEGIN IMMEDIATE`` for every unit that writes (a deferred one that reads and then writes fails
at once when another has written), ``synchronous=FULL``, a busy timeout, ``secure_delete``. Never on a network file
system: its locks do not hold there. PostgreSQL: rows are locked with ``FOR UPDATE``, the next case is taken with
``SKIP LOCKED``, and the database's own clock is the one that all workers share.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from funnel.errors import InvalidCommandError, StoreBusyError, StoreError, StoreFullError, StoreSchemaError
from funnel.queue._store import ConflictError, Row, Test, TransientError, asked
from funnel.queue._tables import expect_storable, named
from funnel.queue.migrations import HEAD, REVISIONS, VERSION_TABLE

_BUSY_SECONDS: Final = 10
_LONGEST: Final = 86_400
"""Nobody waits for another writer for a day."""
_MEMORY: Final = frozenset({None, "", ":memory:"})
_PG_CONFLICT: Final = "23505"
_PG_NO_TABLE: Final = "42P01"
_PG_TRANSIENT: Final = frozenset({"40001", "40P01"})
_PG_FULL: Final = frozenset({"53100", "53200"})
_PG_BUSY: Final = frozenset({"55P03", "57014"})
_PREFIX: Final = "funnel_prefix"
_PREFIXES: Final = re.compile(r"(?:[a-z_][a-z0-9_]{0,19})?")  # PostgreSQL cuts names of more than 63 characters
_MIGRATION_LOCK: Final = 0x66756E6E656C  # "funnel"


def sqlite_engine(path: str | Path, *, busy_seconds: float = _BUSY_SECONDS) -> sa.Engine:
    """An SQLAlchemy engine with the settings the queue needs, for embedders who share the database (see `bind`).

    Args:
        path: The file; no address (``sqlite:///…``). ``:memory:`` is refused: use `funnel.queue.MemoryStore`. The
            queue's tables are made by the first `SqlStore` of it, a `Funnel` of it or ``funnel queue init``.
        busy_seconds: How long a unit waits for another before `funnel.StoreBusyError`.

    Raises:
        InvalidCommandError: ``path`` is no file, or ``busy_seconds`` no number of seconds.
    """
    if not isinstance(path, str | Path):
        raise InvalidCommandError(
            f"a path is a text or a Path, such as 'funnel.db', not {type(path).__name__}",
            f"路径应为文字或 Path，如 'funnel.db'，不是 {type(path).__name__}",
        )
    if "://" in (name := str(path)):
        raise InvalidCommandError(
            "give the path alone, such as 'funnel.db', without sqlite:///", "只写路径，如 'funnel.db'，不写 sqlite:///"
        )
    _expect_seconds(busy_seconds)
    return _sqlite(URL.create("sqlite", database=name), busy_seconds)


class SqlStore:
    """A queue in a database.

    Args:
        url: ``sqlite:///path/to/funnel.db``, a bare path, or ``postgresql://…`` (extra ``funnel[postgres]``).
        prefix: What the names of all tables and indexes begin with, such as ``funnel_``: for a database that has tables of its
            own. Always the same for one queue. Default: ``funnel_prefix`` of the address
            (``postgresql://…/shop?funnel_prefix=funnel_``), else none.
        busy_seconds: How long a unit waits for a lock.
        create: Whether to bring the schema up to date first. With False, a missing or old schema is an error.

    Raises:
        StoreError: The address cannot be used.
        InvalidCommandError: The prefix is none, or ``busy_seconds`` no number of seconds.
        StoreSchemaError: The schema is missing or newer than this library, or the database has other tables of the queue's
            names.
    """

    def __init__(
        self,
        url: str | Path,
        *,
        prefix: str | None = None,
        busy_seconds: float = _BUSY_SECONDS,
        create: bool = True,
    ) -> None:
        _expect_seconds(busy_seconds)
        self._prefix = prefix_of(url) if prefix is None else _a_prefix(prefix)
        self._engine = _engine(url, busy_seconds)
        self._bound: sa.Connection | None = None
        try:
            if create:
                self.upgrade()
            else:
                self._expect_schema()
        except BaseException:
            self._engine.dispose()
            raise

    @classmethod
    def over(cls, connection: sa.Connection, *, prefix: str = "") -> SqlStore:
        """A store inside the embedder's own transaction. What it does is kept when that is committed.

        Args:
            connection: An open connection with a transaction begun. On SQLite, make the engine with `sqlite_engine`, so
                that the transaction is an immediate one.
            prefix: As of the store that made the tables.
        """
        store = cls.__new__(cls)
        store._engine = connection.engine  # noqa: SLF001 (its own, from a second constructor)
        store._bound = connection  # noqa: SLF001 (as above)
        store._prefix = _a_prefix(prefix)  # noqa: SLF001 (as above)
        return store

    def __repr__(self) -> str:
        """Name the address, without its password."""
        return f"SqlStore({_shown(self._engine.url)!r})"

    @property
    def engine(self) -> sa.Engine:
        """The engine, for embedders who share it."""
        return self._engine

    @property
    def prefix(self) -> str:
        """What the names of its tables begin with."""
        return self._prefix

    @property
    def is_bound(self) -> bool:
        """Whether this store works inside somebody else's transaction."""
        return self._bound is not None

    def upgrade(self) -> None:
        """Bring the schema up to date with the migrations that ship with the library.

        Raises:
            StoreSchemaError: The schema is newer than this library, or tables of these names are there that are not ours.
        """
        with _translated(self._engine), self._engine.connect() as connection:
            if _own_revision(connection, self._prefix) == HEAD:
                return
        with _translated(self._engine), self._engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                # Workers that start together take turns; SQLite's immediate transaction does the same by itself.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            _make_way(connection, self._prefix)
            _migrate(connection, self._prefix)

    def revision(self) -> str | None:
        """The schema's revision; None: there is none yet."""
        with _translated(self._engine), self._engine.connect() as connection:
            return _own_revision(connection, self._prefix) or _former_revision(connection, self._prefix)

    @contextmanager
    def unit(self) -> Iterator[SqlUnit]:
        """A transaction; inside an embedder's own one, a savepoint."""
        with _translated(self._engine):
            if self._bound is not None:
                with _one_at_a_time(self._bound), self._bound.begin_nested():
                    yield SqlUnit(self._bound, self._prefix)
            else:
                with self._engine.connect() as connection, connection.begin():
                    yield SqlUnit(connection, self._prefix)

    @contextmanager
    def reader(self) -> Iterator[SqlUnit]:
        """A transaction that only reads; on SQLite a deferred one, which waits for nobody."""
        with _translated(self._engine):
            if self._bound is not None:
                with _one_at_a_time(self._bound):
                    yield SqlUnit(self._bound, self._prefix)
                return
            with self._engine.connect() as connection:
                connection = connection.execution_options(funnel_reader=True)  # noqa: PLW2901 (the same, marked)
                with connection.begin() as transaction:
                    yield SqlUnit(connection, self._prefix)
                    transaction.rollback()

    def forget(self) -> None:
        """Rewrite the log of an SQLite file, where deleted words could still stand. PostgreSQL: see VACUUM there."""
        if self._bound is None and self._engine.dialect.name == "sqlite":
            with _translated(self._engine):
                raw = self._engine.raw_connection()
                try:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    raw.close()

    def close(self) -> None:
        """Close every connection."""
        if self._bound is None:
            self._engine.dispose()

    def _expect_schema(self) -> None:
        have = self.revision()
        if have is not None and have not in REVISIONS:
            raise _newer(have, _shown(self._engine.url))
        if have != HEAD:
            where = _shown(self._engine.url)
            raise StoreSchemaError(
                f"{where}: the queue's schema is at {have or 'nothing'}, this library needs {HEAD}; run `funnel queue init` on it",
                f"{where}：队列的表{'是 ' + have if have else '还没有建'}，这个版本要 {HEAD}；先对它运行 funnel queue init",
            )


class SqlUnit:
    """A transaction on a connection."""

    def __init__(self, connection: sa.Connection, prefix: str) -> None:
        self._connection = connection
        self._tables = named(prefix)
        self._postgres = connection.dialect.name == "postgresql"

    def now(self) -> dt.datetime | None:
        """PostgreSQL's clock; None on SQLite, where the file knows no time."""
        if not self._postgres:
            return None
        moment = self._connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment.astimezone(dt.UTC) if isinstance(moment, dt.datetime) else None

    def insert(self, table: str, row: Row) -> None:
        """See `Unit`."""
        t = self._tables[table]
        expect_storable(table, ((column.name, row.get(column.name)) for column in t.c), kept=True)
        self._connection.execute(t.insert(), row)

    def get(self, table: str, *, lock: bool = False, **key: Any) -> Row | None:
        """See `Unit`."""
        t = self._tables[table]
        expect_storable(table, key.items(), kept=False)
        query = sa.select(t).where(*(t.c[name] == value for name, value in key.items())).limit(1)
        if lock and self._postgres:
            query = query.with_for_update()
        found = self._connection.execute(query).mappings().first()
        return dict(found) if found is not None else None

    def find(
        self, table: str, *tests: Test, order: Sequence[str] = (), descending: bool = False, limit: int | None = None
    ) -> list[Row]:
        """See `Unit`."""
        t = self._tables[table]
        expect_storable(table, asked(tests), kept=False)
        query = sa.select(t).where(*_where(t, tests))
        for name in order:
            query = query.order_by(t.c[name].desc() if descending else t.c[name].asc())
        if limit is not None:
            query = query.limit(limit)
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def tally(self, table: str, by: Sequence[str], *tests: Test) -> dict[tuple[Any, ...], int]:
        """See `Unit`."""
        t = self._tables[table]
        columns = [t.c[name] for name in by]
        query = sa.select(*columns, sa.func.count().label("n")).where(*_where(t, tests)).group_by(*columns)
        if not by:
            return {(): self._connection.execute(query.with_only_columns(sa.func.count())).scalar_one()}
        return {tuple(row[:-1]): int(row[-1]) for row in self._connection.execute(query)}

    def update(self, table: str, key: Row, changes: Row) -> int:
        """See `Unit`."""
        t = self._tables[table]
        expect_storable(table, key.items(), kept=False)
        expect_storable(table, changes.items(), kept=True)
        where = (t.c[name] == value for name, value in key.items())
        return self._connection.execute(t.update().where(*where).values(changes)).rowcount

    def delete(self, table: str, *tests: Test) -> int:
        """See `Unit`."""
        t = self._tables[table]
        return self._connection.execute(t.delete().where(*_where(t, tests))).rowcount

    def next_queued(self, tenant: str, tier: str, skills: frozenset[str]) -> Row | None:
        """See `Unit`."""
        query = next_query(self._tables, tenant, tier, skills, locking=self._postgres)
        found = self._connection.execute(query).mappings().first()
        return dict(found) if found is not None else None


def next_query(
    tables: Mapping[str, sa.Table], tenant: str, tier: str, skills: frozenset[str], *, locking: bool
) -> sa.Select[Any]:
    """The query for the next case. The index ``ix_case_queued`` holds its order, so that it reads a few rows of many."""
    t, s = tables["queue_case"], tables["case_skill"]
    lacking = sa.select(sa.literal(1)).where(s.c.case_id == t.c.id)
    if skills:
        lacking = lacking.where(s.c.skill.not_in(sorted(skills)))
    query = (
        sa.select(t)
        .where(t.c.tenant == tenant, t.c.tier == tier, sa.text("state = 'queued'"), ~lacking.exists())
        .order_by(t.c.rank, t.c.next_due, t.c.id)
        .limit(1)
    )
    return query.with_for_update(skip_locked=True, of=t) if locking else query


def _where(table: sa.Table, tests: Sequence[Test]) -> list[sa.ColumnElement[bool]]:
    return [_OPERATORS[how](table.c[column], value) for column, how, value in tests]


_OPERATORS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "=": lambda column, value: column == value,
        "<": lambda column, value: column < value,
        "<=": lambda column, value: column <= value,
        ">": lambda column, value: column > value,
        ">=": lambda column, value: column >= value,
        "in": lambda column, value: column.in_(sorted(value)),
        "not in": lambda column, value: column.not_in(sorted(value)),
        "is null": lambda column, _value: column.is_(None),
        "not null": lambda column, _value: column.is_not(None),
    }
)


def prefix_of(address: str | Path) -> str:
    """The prefix of tables that an address names, ``…?funnel_prefix=funnel_``; empty where it names none.

    Raises:
        StoreError: The address cannot be read.
        InvalidCommandError: The prefix is none.
    """
    return _a_prefix(_url(address).query.get(_PREFIX, ""))


def _a_prefix(prefix: object) -> str:
    if not isinstance(prefix, str) or not _PREFIXES.fullmatch(prefix):
        raise InvalidCommandError(
            f"a prefix of tables should be at most 20 small letters, digits and _, such as funnel_, not {prefix!r}",
            f"表名前缀应为最多 20 个小写字母、数字和 _，如 funnel_，不是 {prefix!r}",
        )
    return prefix


def _expect_seconds(busy_seconds: object) -> None:
    if isinstance(busy_seconds, bool) or not isinstance(busy_seconds, int | float) or not 0 <= busy_seconds < _LONGEST:
        raise InvalidCommandError(
            f"busy_seconds should be a number of seconds from 0 on, not {busy_seconds!r}",
            f"busy_seconds 应为不小于零的秒数，不是 {busy_seconds!r}",
        )


def _url(address: str | Path) -> URL:
    if not isinstance(address, str | Path):
        raise StoreError(
            f"a queue's address is a path, sqlite:///PATH or postgresql://…, not {type(address).__name__}",
            f"队列的地址应为路径、sqlite:///PATH 或 postgresql://…，不是 {type(address).__name__}",
        )
    url = str(address)
    if "://" not in url:
        url = f"sqlite:///{url}"
    try:
        return make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError(
            "the queue's address should be sqlite:///PATH or postgresql://…, or a plain path",
            "队列的地址应为 sqlite:///路径、postgresql://… 或者一个路径",
        ) from None


def _engine(address: str | Path, busy_seconds: float) -> sa.Engine:
    parsed = _url(address).difference_update_query([_PREFIX])
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        try:
            return _sqlite(parsed, busy_seconds)
        except InvalidCommandError as error:
            raise StoreError(error.en, error.zh) from None
    if backend != "postgresql":
        raise StoreError(
            f"no queue in {backend!r}: use sqlite:///PATH or postgresql://…",
            f"队列不能放在 {backend} 里：用 sqlite:///路径 或 postgresql://…",
        )
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        engine = sa.create_engine(parsed, isolation_level="READ COMMITTED", pool_pre_ping=True)
    except ModuleNotFoundError:
        raise StoreError(
            "PostgreSQL needs its driver: pip install 'funnel[postgres]'",
            "PostgreSQL 要装驱动：pip install 'funnel[postgres]'",
        ) from None

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{int(busy_seconds * 1000)}ms'")
            cursor.execute("SET TIME ZONE 'UTC'")
        connection.commit()

    return engine


def _sqlite(url: URL, busy_seconds: float) -> sa.Engine:
    if url.database in _MEMORY:
        raise InvalidCommandError(
            "an SQLite queue needs a file, such as funnel.db (one in memory, in Python: MemoryStore)",
            "SQLite 队列要有文件，如 funnel.db（在 Python 里要放内存：MemoryStore）",
        )
    engine = sa.create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False})

    @event.listens_for(engine, "do_connect")
    def _private(_dialect: Any, _record: Any, _args: Any, _named: Any) -> None:
        # The vault is in it: whoever may read the folder need not read the file. What SQLite lays beside it follows.
        name = Path(url.database or "")
        if not url.query and name.parent.is_dir() and not name.exists():
            name.touch(mode=0o600)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions of its own: ours are immediate (see the module).
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get("funnel_reader", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _one_at_a_time(connection: sa.Connection) -> Iterator[None]:
    """A connection of somebody else's, for one unit: those of other threads wait, as savepoints must not cross."""
    if connection.closed or not connection.in_transaction():
        raise _over()
    with connection.info.setdefault("funnel_lock", threading.RLock()):
        if connection.closed or not connection.in_transaction():
            raise _over()
        yield


def _over() -> InvalidCommandError:
    return InvalidCommandError(
        "the transaction that this desk was bound to has ended; bind it to the next one",
        "所绑定的事务已经结束；用 bind 绑定到下一个事务",
    )


@contextmanager
def _translated(engine: sa.Engine) -> Iterator[None]:
    """Errors of the database as ours. Its own words are kept: they hold no values, as statements are not shown."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _translate(error, _shown(engine.url)) from error


def _shown(url: URL) -> str:
    """An address without its secrets: a password may also stand among the options behind it."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return URL.create(url.drivername, url.username, None, url.host, url.port, url.database).render_as_string()


# What SQLite says of a file that is none of a queue's, with the way out.
_FILES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        sqlite3.SQLITE_CANTOPEN: (
            "this file can be neither opened nor made; name a file in a folder that is there and may be written to",
            "这个文件打不开，也建不了；写一个目录已经存在、可以写入的文件",
        ),
        sqlite3.SQLITE_NOTADB: (
            "this file is no SQLite database; name another one, or one that is not there yet",
            "这个文件不是 SQLite 数据库；换一个文件，或者写一个还没有的文件名",
        ),
        sqlite3.SQLITE_READONLY: (
            "this file may only be read; a queue needs the right to write it and its folder",
            "这个文件只能读；队列要能写这个文件和它所在的目录",
        ),
    }
)


def _translate(error: sa.exc.DBAPIError, where: str) -> Exception:
    origin = error.orig
    if isinstance(origin, sqlite3.Error):
        code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
        if isinstance(origin, sqlite3.IntegrityError):
            extended = getattr(origin, "sqlite_errorcode", 0)
            unique = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
            if extended in unique:
                return ConflictError(str(origin))
            return StoreError(f"the queue's database refused it: {origin}", f"队列的数据库不接受：{origin}")
        if code in _FILES:
            en, zh = _FILES[code]
            return StoreError(f"{where}: {en}", f"{where}：{zh}")
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return StoreBusyError(
                "the queue is held by another writer; nothing was changed, try again",
                "队列正被别人写；什么也没有改，稍后再试",
            )
        if str(origin).startswith("no such table"):
            return _no_queue(where)
        if code == sqlite3.SQLITE_FULL:
            return StoreFullError("the disk is full; nothing was changed", "磁盘已满；什么也没有改")
        return StoreError(f"{where}: the queue's database failed: {origin}", f"{where}：队列的数据库出错：{origin}")
    state = getattr(origin, "sqlstate", None)
    if state == _PG_CONFLICT:
        return ConflictError(str(origin).splitlines()[0])
    if state in _PG_TRANSIENT:
        return TransientError(str(state))
    if state == _PG_NO_TABLE:
        return _no_queue(where)
    if state in _PG_FULL:
        return StoreFullError("the database is out of room; nothing was changed", "数据库没有空间了；什么也没有改")
    if state in _PG_BUSY:
        return StoreBusyError(
            "the queue is held by another writer; nothing was changed, try again",
            "队列正被别人写；什么也没有改，稍后再试",
        )
    first = (str(origin).splitlines() or [type(origin).__name__])[0]
    if origin is not None and state is None:
        return StoreError(
            f"{where}: the database cannot be reached: {first}; is it running, and are address and rights right?",
            f"{where}：连不上数据库：{first}；看它是否在运行，地址和权限对不对",
        )
    return StoreError(f"{where}: the queue's database failed: {first}", f"{where}：队列的数据库出错：{first}")


def _no_queue(where: str) -> StoreSchemaError:
    return StoreSchemaError(
        f"{where}: this database has no queue; run `funnel queue init` on it",
        f"{where}：这个数据库里没有队列；先对它运行 funnel queue init",
    )


def _own_revision(connection: sa.Connection, prefix: str) -> str | None:
    name = prefix + VERSION_TABLE
    if not sa.inspect(connection).has_table(name):
        return None
    return connection.execute(sa.select(sa.table(name, sa.column("version_num")))).scalar_one_or_none()


def _former_revision(connection: sa.Connection, prefix: str) -> str | None:
    """The revision where it was kept at first, in Alembic's table: ours only where our tables are there as well."""
    inspector = sa.inspect(connection)
    if prefix or not (inspector.has_table("alembic_version") and inspector.has_table("queue_case")):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    return found[0] if len(found) == 1 and found[0] in REVISIONS else None


def _make_way(connection: sa.Connection, prefix: str) -> None:
    """Take a revision over from Alembic's table; refuse a schema that is newer, and tables that are not ours."""
    have = _own_revision(connection, prefix)
    if have is not None:
        if have not in REVISIONS:
            raise _newer(have, _shown(connection.engine.url))
        return
    if (former := _former_revision(connection, prefix)) is not None:
        version = sa.Table(VERSION_TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))
        version.create(connection)
        connection.execute(version.insert(), {"version_num": former})
        connection.execute(sa.text("DROP TABLE alembic_version"))
        return
    inspector = sa.inspect(connection)
    if taken := sorted(table.name for table in named(prefix).values() if inspector.has_table(table.name)):
        where = _shown(connection.engine.url)
        raise StoreSchemaError(
            f"{where}: there are tables of the queue's names that are not its own: {', '.join(taken)}; give the queue's a prefix "
            "in the address: sqlite:///PATH?funnel_prefix=funnel_ or postgresql://…?funnel_prefix=funnel_",
            f"{where}：已有同名的表，不是队列的：{'、'.join(taken)}；在地址里给队列的表加前缀："
            "sqlite:///路径?funnel_prefix=funnel_ 或 postgresql://…?funnel_prefix=funnel_",
        )


def _newer(have: str, where: str) -> StoreSchemaError:
    return StoreSchemaError(
        f"{where}: the queue's schema is at {have}, and this library knows none newer than {HEAD}: update funnel",
        f"{where}：队列的表是 {have}，这个版本最新只到 {HEAD}：升级 funnel",
    )


def _migrate(connection: sa.Connection, prefix: str) -> None:
    from alembic import command  # noqa: PLC0415 (costs 100 ms and only migrations need it)
    from alembic.config import Config  # noqa: PLC0415 (as above)
    from alembic.util import CommandError  # noqa: PLC0415 (as above)

    with as_file(files("funnel.queue") / "migrations") as folder:
        config = Config()
        config.attributes.update(connection=connection, prefix=prefix)
        config.set_main_option("script_location", str(folder))
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreSchemaError(
                f"the queue's schema cannot be brought up to date: {error}", f"队列的表没能升级：{error}"
            ) from None
