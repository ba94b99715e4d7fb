"""How far a batch is: a bar on a terminal, silence in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from funnel.batch.runner import Progress


def sizes_of(files: Sequence[str]) -> list[int] | None:
    """Sizes of all files in bytes; None where one has none, such as standard input."""
    if any(name == "-" or not Path(name).is_file() for name in files):
        return None
    return [Path(name).stat().st_size for name in files]


@contextmanager
def progress_of(files: Sequence[str], lang: str) -> Iterator[Callable[[Progress], None] | None]:
    """What to call with each report, or None where nobody watches.

    The estimate of the time left rests on bytes read of all bytes, over the last half minute; without sizes there is none.
    Rows that an interrupted run had done already are passed over quickly and do not count for it.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 (only on a terminal)
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415 (as above)  # fmt: skip
    from rich.progress import Progress as Bar  # noqa: PLC0415 (as above)

    zh = lang != "en"
    word = "行" if zh else "rows"
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} " + word),
    ]
    sizes = sizes_of(files)
    if sizes is not None:
        columns += [TaskProgressColumn(), TextColumn("还需" if zh else "left"), TimeRemainingColumn()]
    else:
        columns += [TimeElapsedColumn()]
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(progress: Progress) -> None:
            total = sum(sizes) if sizes is not None else None
            done = (sum(sizes[: progress.place - 1]) if sizes is not None else 0) + (progress.read or 0)
            what = "again" if progress.again else "now"
            name = Path(progress.source).name
            if progress.again:
                name = f"{name} {'重读' if zh else 'reading again'}"
            if what not in tasks:
                for task in tasks.values():
                    bar.remove_task(task)
                # A task of its own, so that the speed of passing over is not taken for that of deciding.
                tasks.clear()
                tasks[what] = bar.add_task(name, total=total, completed=done, rows=progress.rows)
                return
            bar.update(tasks[what], description=name, completed=done if total else 0, rows=progress.rows)

        yield report
