"""Write ``funnel/queue/_async.py``: every command of `Funnel` under the same name, for an event loop."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

from funnel.queue.service import Funnel

TARGET = Path(__file__).parent.parent / "funnel" / "queue" / "_async.py"
HEAD = '''"""The funnel for an event loop. Written by ``tools/make_async.py``; change `funnel.queue.service.Funnel` instead.

Each command runs in a worker thread: it is one short transaction, which an async driver would not make shorter. A
cancelled task does not cancel a command that has begun; send it with a ``command_id`` and it may be sent again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from funnel.complaint import Complaint
from funnel.decision import Decision, Step
from funnel.errors import InvalidCommandError
from funnel.pack.model import Pack
from funnel.queue.clocks import Line
from funnel.queue.league import Entry
from funnel.queue.model import (
    Agent, AuditReport, Case, CaseOutcome, ClockRow, Event, Ingested, MerchantStanding, Offer, Replayed, Side, Stats,
    StoredComplaint, StoredDecision, Swept, WaitFor,
)
from funnel.queue.service import Funnel


class AsyncFunnel:
    """`Funnel` for an event loop: the same commands, to be awaited.

    Args:
        funnel: The funnel to run in worker threads.

    Raises:
        InvalidCommandError: It is none.

    Example:
        >>> desk = AsyncFunnel(Funnel(pack, "funnel.db"))  # doctest: +SKIP
        >>> taken = await desk.ingest({"id": "c-1", "text": "买了半个月还不发货"})  # doctest: +SKIP
    """

    def __init__(self, funnel: Funnel) -> None:
        if not isinstance(funnel, Funnel):
            raise InvalidCommandError(
                f"AsyncFunnel takes a Funnel(…), not {type(funnel).__name__}",
                f"AsyncFunnel 要 Funnel(…)，不是 {type(funnel).__name__}",
            )
        self._funnel = funnel

    def __repr__(self) -> str:
        """Name the funnel."""
        return f"AsyncFunnel({self._funnel!r})"

    @property
    def sync(self) -> Funnel:
        """The funnel itself."""
        return self._funnel

    def bind(self, connection: sa.Connection) -> Self:
        """As `Funnel.bind`. The connection is used in worker threads; of several commands at once one waits for the other."""
        return type(self)(self._funnel.bind(connection))

    async def __aenter__(self) -> Self:
        """Itself: ``async with AsyncFunnel(Funnel(…)) as desk`` closes it at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the store."""
        await asyncio.to_thread(self._funnel.close)

    async def replay(
        self, pack: Pack | str | Path | None = None, *, since: dt.datetime | None = None
    ) -> tuple[Replayed, ...]:
        """As `Funnel.replay`, all at once."""
        return await asyncio.to_thread(lambda: tuple(self._funnel.replay(pack, since=since)))
'''
LEFT_OUT = {"bind", "replay"}


def methods() -> list[ast.FunctionDef]:
    """The public methods of `Funnel`, in the order of its parts."""
    found = []
    for part in (*Funnel.__mro__[1:-1],):
        tree = ast.parse(inspect.getsource(part)).body[0]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name not in LEFT_OUT:
                decorated = any(ast.unparse(d) == "property" for d in node.decorator_list)
                if not decorated:
                    found.append(node)
    return found


def method(node: ast.FunctionDef) -> str:
    """One method as text."""
    args = node.args
    names = [a.arg for a in args.args[1:]]
    call = [*names, *(f"{a.arg}={a.arg}" for a in args.kwonlyargs)]
    first = (ast.get_docstring(node) or "").split("\n")[0]
    mark = "  # noqa: FBT001 (what is decided)" if node.name == "withhold" else ""
    returns = ast.unparse(node.returns)
    run = f"await asyncio.to_thread({', '.join([f'self._funnel.{node.name}', *call])})"
    body = run if returns == "None" else f"return {run}"
    return (
        f"    async def {node.name}({ast.unparse(args)}) -> {returns}:{mark}\n"
        f'        """{first} As `Funnel.{node.name}`."""\n        {body}\n'
    )


def main() -> int:
    """Write the module, or with ``--check`` say whether it is as it should be."""
    text = HEAD + "\n" + "\n".join(method(node) for node in methods())
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--stdin-filename", str(TARGET), "-"]
    text = subprocess.run([*ruff, "format", *options], input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 (our own formatter)
    if "--check" in sys.argv:
        return int(TARGET.read_text("utf-8") != text)
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
