"""What commands on a queue share: whether there is one, and its refusals in the reader's language."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import click

from funnel.cli._common import USAGE, fail

_NAMED: Mapping[str, str] = MappingProxyType({"put_agent": "agent", "claim_next": "claim", "actor": "by"})
"""Methods and arguments of `Funnel` that have another name at the command line."""


def said(error: Exception, lang: str) -> str:
    """What an exception says: in the reader's language, where it speaks both, and in words of the command line."""
    from funnel.errors import ComplaintError, QueueError, TwoLanguageError  # noqa: PLC0415 (late, for a quick --help)

    text = error.text(lang) if isinstance(error, ComplaintError | QueueError | TwoLanguageError) else str(error)
    return re.sub(r"`(\w+)`", lambda found: _at_the_terminal(found[1]) or found[0], text)


def _at_the_terminal(name: str) -> str | None:
    """What a method or an argument that a message names is called at the command line; None: it is none there."""
    context = click.get_current_context(silent=True)
    if context is None:
        return None
    called = _NAMED.get(name, name.rstrip("_"))
    for param in context.command.params:
        if param.name == called:
            return f"`{max(param.opts, key=len)}`"
    group = context.parent.command if context.parent is not None else None
    command = called.replace("_", "-")
    if isinstance(group, click.Group) and group.name == "queue" and command in group.commands:
        return f"`funnel queue {command}`"
    return None


def shown(url: str) -> str:
    """An address without its password."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 (late, for a quick --help)

    return make_url(url).render_as_string(hide_password=True) if "://" in url else url


def expect_queue(url: str, lang: str, *, default: str = "funnel.db") -> None:
    """End where an address is a file that holds no queue. Nothing is made or changed, as opening one would.

    What is no SQLite file at all (a server, an address that cannot be read) is left to the store, which says it better.
    """
    path = _file(url)
    if path is None:
        return
    init = "funnel queue init" if url == default else f"funnel queue --store {shown(url)} init"
    if not path.exists():
        fail(
            f"{shown(url)}: no such queue; run `{init}` first"
            if lang == "en"
            else f"{shown(url)}：没有这个队列；先运行 {init}",
            USAGE,
        )
    from funnel.errors import QueueError  # noqa: PLC0415 (late, for a quick --help)
    from funnel.queue._sql import prefix_of  # noqa: PLC0415 (as above)

    try:
        prefix = prefix_of(url)
    except QueueError as error:
        fail(f"{shown(url)}: {said(error, lang)}", USAGE)
    if not _holds_queue(path, f"{prefix}queue_case"):
        fail(
            f"{shown(url)}: this file is no queue; `{init}` makes one in a new or empty file"
            if lang == "en"
            else f"{shown(url)}：这个文件不是队列；{init} 在新文件或空文件里建立队列",
            USAGE,
        )


def _file(url: str) -> Path | None:
    if "://" not in url:
        return Path(url)
    from sqlalchemy.engine import make_url  # noqa: PLC0415 (late, for a quick --help)
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 (as above)

    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _holds_queue(path: Path, table: str) -> bool:
    """Whether a file is a database with a queue's schema, of whatever age; read only, so that nothing is written."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            return found is not None
    except sqlite3.OperationalError:
        return True  # locked, or not to be opened: the store says which
    except sqlite3.DatabaseError:
        return False
