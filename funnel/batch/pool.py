"""Several processes that decide rows, with their answers in order, a bounded amount in flight, and no row lost.

Threads of this process each talk to one worker at a time, over its pipes. A worker is a new Python, not a fork: it holds no
lock and no file of ours, ends by itself when we do, however we end, and is not in the terminal's group, so that Ctrl-C reaches
us alone.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from funnel.batch._frames import receive, send
from funnel.batch.deciding import Decided, Table
from funnel.batch.plan import Plan
from funnel.batch.rows import Row
from funnel.errors import WorkerError

_TRIES = 3
"""How often a worker may die over the same rows: a machine out of memory kills what is at hand, not what is to blame."""
_AHEAD = 3
"""Pieces of work in flight for each worker: one at hand, one to go on with, one whose answer waits for its turn."""
_MOST = 16
"""Most workers without being asked: a hundred megabytes each."""
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from funnel.batch._worker import main; main()"


class Work(Protocol):
    """Rows of one table."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows."""
        ...

    @property
    def table(self) -> Table:
        """Where they come from."""
        ...


W = TypeVar("W", bound=Work)


def usable_cores() -> int:
    """Cores that this process may use, sixteen at most."""
    if sys.platform == "linux":
        return min(_MOST, len(os.sched_getaffinity(0)))
    return min(_MOST, os.cpu_count() or 1)


class _Died(Exception):  # noqa: N818 (handled here, never seen outside)
    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class _Worker:
    """One process. Started at once; ready when it has loaded the pack."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (this Python, this package)
            [sys.executable, "-c", _BOOT, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._plan: Plan | None = plan

    def decide(self, rows: Sequence[Row], table: Table) -> list[Decided]:
        """What becomes of some rows.

        Raises:
            _Died: The process has ended.
            WorkerError: It cannot decide as this process does.
        """
        if self._plan is not None:
            self._ask(self._plan)
            self._plan = None
            problem: tuple[str, str] | None = self._answer()
            if problem is not None:
                raise WorkerError(*problem)
        self._ask((rows, table))
        answer: list[Decided] | tuple[str, str] = self._answer()
        if isinstance(answer, tuple):
            zh, en = answer
            raise WorkerError(
                f"{table.name}：工作进程出错（{zh}）；换 --jobs 1 再试",
                f"{table.name}: a worker process failed ({en}); try --jobs 1",
            )
        return answer

    def _ask(self, message: Any) -> None:
        assert self._process.stdin is not None  # noqa: S101 (a pipe, by construction)
        try:
            send(self._process.stdin, message)  # type: ignore[arg-type]  # (IO[bytes], which BinaryIO is in all but name)
        except OSError:
            raise _Died(self._how()) from None

    def _answer(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101 (as above)
        try:
            return receive(self._process.stdout)  # type: ignore[arg-type]  # (as above)
        except (EOFError, OSError):
            raise _Died(self._how()) from None

    def _how(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=10)
            return f"signal {-code}" if code < 0 else f"code {code}"
        self.kill()
        return "no answer"

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """End it and let go of its pipes."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


class Pool:
    """Workers. Use as a context manager.

    Args:
        plan: What they are to do.
        jobs: How many.
        head: Rows that are to be decided without them first: a small batch is done before they have started.
    """

    def __init__(self, plan: Plan, jobs: int, *, head: int = 0) -> None:
        self.head = head
        self._plan = plan
        self._jobs = jobs
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="funnel-worker")
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        self._workers: set[_Worker] = set()
        self._closed = False
        for _ in range(jobs):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for worker in list(self._workers):
            worker.kill()  # a thread that waits for its answer gets an end of file instead
        self._threads.shutdown(cancel_futures=True)
        for worker in list(self._workers):
            worker.close()

    def decide(self, works: Iterable[W]) -> Iterator[tuple[W, list[Decided]]]:
        """What becomes of rows, in their order. Reads no further ahead than the workers need.

        Raises:
            WorkerError: A worker cannot decide as this process does, or died again and again over the same row.
        """
        pending: deque[tuple[W, Future[list[Decided]]]] = deque()
        for work in works:
            pending.append((work, self._threads.submit(self._one, work.rows, work.table)))
            while len(pending) >= self._jobs * _AHEAD or (pending and pending[0][1].done()):
                first, future = pending.popleft()
                yield first, future.result()
        while pending:
            first, future = pending.popleft()
            yield first, future.result()

    def _one(self, rows: Sequence[Row], table: Table) -> list[Decided]:
        if not rows:
            return []
        died = ""
        for _ in range(_TRIES if len(rows) == 1 else _TRIES - 1):
            try:
                return self._try(rows, table)
            except _Died as error:
                died = error.how
        if len(rows) > 1:  # one by one, so that the row to blame can be told
            return [decided for row in rows for decided in self._one([row], table)]
        raise WorkerError(
            f"{table.name} 第 {rows[0].number} 行：判断它的进程 {_TRIES} 次中途退出（{died}）；可能是内存不够，或这一行有问题。换 --jobs 1 再试",
            f"{table.name} row {rows[0].number}: the process that decided it ended {_TRIES} times ({died}); memory may be short, or the row is to blame. Try --jobs 1",
        )

    def _try(self, rows: Sequence[Row], table: Table) -> list[Decided]:
        worker = self._idle.get()
        try:
            if worker is None:
                worker = self._start()
            answer = worker.decide(rows, table)
        except BaseException:
            if worker is not None and not self._closed:
                self._workers.discard(worker)
                worker.close()
            self._idle.put(None)
            raise
        self._idle.put(worker)
        return answer

    def _start(self) -> _Worker:
        if self._closed:
            raise WorkerError("中断", "interrupted")
        try:
            worker = _Worker(self._plan)
        except OSError as error:
            raise WorkerError(
                f"启动不了工作进程（{error.strerror}）；--jobs 1 不需要它",
                f"a worker process cannot be started ({error.strerror}); --jobs 1 needs none",
            ) from None
        self._workers.add(worker)
        return worker
