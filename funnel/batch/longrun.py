"""Runs that survive being killed: outputs grow beside their names, and now and then it is written down how far they are.

For an output ``d.jsonl`` there are, until the run is done, ``.d.jsonl.part`` (what was written so far), ``.d.jsonl.ids`` (ids seen,
sixteen bytes each), ``.d.jsonl.orders`` (orders that complaints were about, a line each) and, from the first checkpoint on,
``.d.jsonl.checkpoint``. A checkpoint is written after all it speaks of
is on the disk, and takes its predecessor's place at once or not at all. To go on, everything is cut back to what the
checkpoint says, and the inputs are read again up to there without deciding anything. So it does not matter when a run is
killed. The parts are locked while a run is at them; a process that ends, however it ends, lets go of its locks.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NoReturn, Self

from funnel.batch.ids import ENTRY
from funnel.batch.source import FileState, digest_of_beginning
from funnel.batch.tally import Tally
from funnel.batch.writers import OWNERS
from funnel.engine.engine import system_clock
from funnel.errors import BatchError, ResumeError

if sys.platform == "win32":  # pragma: no cover
    fcntl = None  # no advisory locks; an open file cannot be replaced there anyway
else:
    import fcntl

_FORMAT = 2
_BUFFER = 1024 * 1024
_IDS_AT_ONCE = 4_096
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_LABELS: Mapping[str, tuple[str, str]] = {
    "version": ("funnel 的版本", "the version of funnel"),
    "pack": ("规则包", "the pack"),
    "as_of": ("--as-of", "--as-of"),
    "lang": ("--lang", "--lang"),
    "mapping": ("列的含义（--map）", "what columns mean (--map)"),
    "input_format": ("--input-format", "--input-format"),
    "files": ("输入文件的名单", "the list of input files"),
    "decisions": ("-o", "-o"),
    "rejects": ("--rejects", "--rejects"),
    "shadow": ("--shadow", "--shadow"),
}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run is taken up.

    Attributes:
        place: Which source, from 1.
        row: How many of its rows are done.
        tally: The sum so far.
        seconds: How long it took so far.
        finished: Whether every row is done, and only files were left to be named.
        extra: What the caller put down, as with `LongRun.extra`.
    """

    place: int
    row: int
    tally: Mapping[str, Any]
    seconds: float
    finished: bool
    extra: Any


class _Part:
    """A file that grows under another name, locked, until it is whole."""

    def __init__(self, shown: Path) -> None:
        self.shown = shown
        self.target = Path(os.path.realpath(shown))
        self.path = self.target.with_name(f".{self.target.name}.part")
        self.stream: BinaryIO | None = None
        self.published = False
        self._handle = -1
        self._made = False

    def claim(self) -> None:
        """Open and lock it, and change nothing.

        Raises:
            ResumeError: Another run has it.
            BatchError: It cannot be written.
        """
        while True:
            try:
                self._made = not self.path.exists()
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | _NOFOLLOW, OWNERS)
            except OSError as error:
                raise unwritable(self.shown, error) from None
            if self._locked(handle):
                self._handle = handle
                return

    def _locked(self, handle: int) -> bool:
        try:
            _own(self.path, os.fstat(handle))
            if fcntl is not None:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may just have given it its name: then it is not ours to write.
            same = os.path.samestat(os.fstat(handle), self.path.stat())
        except FileNotFoundError:
            same = False
        except OSError as error:
            if error.errno in {errno.EACCES, errno.EAGAIN}:
                os.close(handle)
                raise ResumeError(
                    f"{self.shown}：另一个 funnel run 正在写它；等它做完，或换一个输出文件",
                    f"{self.shown}: another funnel run is writing it; wait for it or name another output",
                ) from None
            same = True  # a file system without locks
        except BatchError:
            os.close(handle)
            raise
        if not same:
            os.close(handle)
        return same

    def open(self, keep: int) -> None:
        """Cut it back to a length and write on from there.

        Raises:
            ResumeError: It is shorter.
            BatchError: It cannot be written.
        """
        try:
            if os.fstat(self._handle).st_size < keep:
                raise ResumeError(
                    f"{self.path}：比进度记录的短，不能接着做；去掉 --resume 从头开始",
                    f"{self.path}: it is shorter than its checkpoint says; start anew without --resume",
                )
            os.ftruncate(self._handle, keep)
            os.lseek(self._handle, keep, os.SEEK_SET)
            self.stream = os.fdopen(self._handle, "wb", buffering=_BUFFER)
        except OSError as error:
            raise unwritable(self.shown, error) from None

    def sync(self) -> int:
        """Bring what was written to the disk; returns its length."""
        assert self.stream is not None  # noqa: S101 (opened before anything is written)
        self.stream.flush()
        os.fsync(self.stream.fileno())
        return self.stream.tell()

    def publish(self) -> None:
        """Give it its name. A link's target is replaced and not the link; permissions are those of the file before it, if any."""
        stream = self.stream
        assert stream is not None  # noqa: S101 (as above)
        try:
            stream.flush()
            if self.target.exists():
                shutil.copymode(self.target, self.path)
            if sys.platform == "win32":  # pragma: no cover (an open file cannot be renamed there)
                stream.close()
            self.path.replace(self.target)
            self.published = True
            stream.close()
        except OSError as error:
            raise unwritable(self.shown, error) from None

    def close(self, *, keep: bool) -> None:
        """Let go of it; unless it is to be kept, leave nothing behind that was not there before."""
        mine = self._handle >= 0 and not self.published
        if mine and not keep and (self.stream is not None or self._made):
            self.path.unlink(missing_ok=True)
        with suppress(OSError):  # what is still buffered is not wanted
            if self.stream is not None:
                self.stream.close()
            elif self._handle >= 0:
                os.close(self._handle)
        self._handle = -1


class LongRun:
    """The outputs of a run, and how far it is. Use as a context manager: they get their names when the block ends well.

    Args:
        outputs: Where to write, by what: ``decisions``, ``rejects``, ``shadow``. Regular files or names that are not taken.
        identity: All that decides what is written, in words: pack, day, options. A run goes on only where it is equal.
        inputs: The input files, where all of them can be read again; None: no checkpoints.
        every: Rows between two checkpoints.
        resume: Whether to go on where an earlier run was ended.
        extra: Gives what else is to be put down with a checkpoint, as plain data.

    Raises:
        ResumeError: Something has changed since the checkpoint, or another run is at the same outputs.
        BatchError: An output cannot be written.
    """

    def __init__(
        self,
        outputs: Mapping[str, Path],
        *,
        identity: Mapping[str, str],
        inputs: Sequence[Path] | None,
        every: int,
        resume: bool = False,
        extra: Callable[[], Any] = lambda: None,
    ) -> None:
        self._parts = {key: _Part(path) for key, path in outputs.items()}
        self._identity = {**identity, **{key: str(part.target) for key, part in self._parts.items()}}
        self._inputs = inputs if self._parts else None
        self._extra = extra
        self._state = self._ids = self._orders = Path()
        if self._parts:
            first = next(iter(self._parts.values())).target
            self._state, self._ids, self._orders = (
                first.with_name(f".{first.name}.{what}") for what in ("checkpoint", "ids", "orders")
            )
        self.every = every
        self.start: Start | None = None
        self.discarded = 0
        self.ids: BinaryIO | None = None
        self.orders: BinaryIO | None = None
        self.moment = system_clock()
        self._resume = resume
        self._ours = self._saved = False
        self._done: set[str] = set()
        self._stats: list[FileState] = []

    # --- begin ------------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._let_go()
            raise
        return self

    def _begin(self) -> None:
        if self._inputs is None:
            for part in self._parts.values():
                part.claim()
                part.open(0)
            return
        state = _read(self._state)
        if self._resume and state is not None:
            self._check(state)
            if state["finished"]:
                # Some files may have their names already.
                self._done = {key for key, part in self._parts.items() if not part.path.exists()}
                for key in self._done:
                    part = self._parts[key]
                    if not part.target.is_file() or part.target.stat().st_size != state["lengths"][key]:
                        raise ResumeError(
                            f"{part.shown}：做完了，但结果文件不在或被改过；去掉 --resume 从头开始",
                            f"{part.shown}: the run was done, but this file is gone or changed; start anew without --resume",
                        )
        for key, part in self._parts.items():
            if key not in self._done:
                part.claim()
        self._ours = True
        if self._resume and state is not None:
            self._go_on(state)
        else:
            # First the checkpoint, then what it speaks of: whenever we are killed, none speaks of what is not there.
            self.discarded = int(state["tally"]["rows"]) if state is not None else 0
            _remove(self._state)
            self._stats = [_stat(path) for path in self._inputs]
            for part in self._parts.values():
                part.open(0)
            self.ids, self.orders = _open_log(self._ids, 0), _open_log(self._orders, 0)

    def _check(self, state: Mapping[str, Any]) -> None:
        """That nothing has changed since.

        Raises:
            ResumeError: Something has.
        """
        assert self._inputs is not None  # noqa: S101 (the caller has looked)
        before, now = state["identity"], self._identity
        changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        if changed:
            zh = "、".join(_LABELS.get(key, (key, key))[0] for key in changed)
            en = ", ".join(_LABELS.get(key, (key, key))[1] for key in changed)
            shown = [f"{_short(before.get(key))} → {_short(now.get(key))}" for key in changed]
            raise ResumeError(
                f"不能接着做：{zh} 变了（{'；'.join(shown)}）；改回去，或去掉 --resume 从头开始",
                f"cannot go on: changed since: {en} ({'; '.join(shown)}); change it back, or start anew without --resume",
            )
        for path, known in zip(self._inputs, state["inputs"], strict=True):
            found = _stat(path)
            same = (found.size, found.changed) == (known["size"], known["changed"])
            if same and known["read"]:
                try:
                    same = digest_of_beginning(path, known["read"]) == known["digest"]
                except OSError as error:
                    raise ResumeError(
                        f"{path}：读不出（{error.strerror}）", f"{path}: cannot be read ({error.strerror})"
                    ) from None
            if not same:
                raise ResumeError(
                    f"{path}：输入文件在中断后变了，不能接着做；换回原来的文件，或去掉 --resume 从头开始",
                    f"{path}: the input has changed since; put the old file back, or start anew without --resume",
                )

    def _go_on(self, state: Mapping[str, Any]) -> None:
        self._saved = True
        self._stats = [FileState(**item) for item in state["inputs"]]
        self.moment = dt.datetime.fromisoformat(state["moment"])
        for key, part in self._parts.items():
            if key not in self._done:
                part.open(int(state["lengths"][key]))
        self.ids = _open_log(self._ids, int(state["ids"]))
        self.orders = _open_log(self._orders, int(state["orders"]))
        self.start = Start(
            place=int(state["place"]),
            row=int(state["row"]),
            tally=state["tally"],
            seconds=float(state["seconds"]),
            finished=bool(state["finished"]),
            extra=state["extra"],
        )

    # --- while it runs ----------------------------------------------------------------------------------------------------

    def stream(self, key: str) -> BinaryIO:
        """Where an output is written."""
        stream = self._parts[key].stream
        if stream is None:  # it has its name already, and nothing more is written to it
            return Path(os.devnull).open("wb")
        return stream

    @property
    def kept(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return self._saved

    @property
    def resumable(self) -> bool:
        """Whether checkpoints are written at all."""
        return self._inputs is not None

    def seen(self) -> Iterator[tuple[int, int]]:
        """The ids that the earlier part of the run has seen."""
        if self.start is None:
            return
        try:
            with self._ids.open("rb") as file:
                while data := file.read(ENTRY.size * _IDS_AT_ONCE):
                    yield from ENTRY.iter_unpack(data[: len(data) // ENTRY.size * ENTRY.size])
        except OSError as error:
            raise unwritable(self._ids, error) from None

    def seen_orders(self) -> Iterator[bytes]:
        """The orders that complaints of the earlier part of the run were about, a line each."""
        if self.start is None:
            return
        try:
            with self._orders.open("rb") as file:
                yield from file
        except OSError as error:
            raise unwritable(self._orders, error) from None

    def save(
        self,
        *,
        place: int,
        row: int,
        tally: Tally,
        seconds: float,
        inputs: Mapping[int, FileState | None],
        finished: bool = False,
    ) -> None:
        """Write down how far the run is.

        Args:
            place: The source at hand, from 1.
            row: How many of its rows are done and written.
            tally: The sum so far.
            seconds: How long it took so far.
            inputs: What was read of the sources that were opened, by their place.
            finished: Whether that was all. Written only where there is a checkpoint, so that a short run leaves none.

        Raises:
            BatchError: It cannot be written. The checkpoint before it still stands.
        """
        if self._inputs is None or (finished and not self._saved):
            return
        try:
            lengths = {key: part.sync() for key, part in self._parts.items()}
            assert self.ids is not None and self.orders is not None  # noqa: S101, PT018 (open whenever there are inputs)
            for log in (self.ids, self.orders):
                log.flush()
                os.fsync(log.fileno())
            content = {
                "funnel": _FORMAT,
                "identity": self._identity,
                "moment": self.moment.isoformat(),
                "inputs": [asdict(inputs.get(at) or known) for at, known in enumerate(self._stats, 1)],
                "place": place,
                "row": row,
                "lengths": lengths,
                "ids": self.ids.tell(),
                "orders": self.orders.tell(),
                "tally": tally.state(),
                "extra": self._extra(),
                "seconds": seconds,
                "finished": finished,
            }
            fresh = _fresh(self._state)
            _remove(fresh)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, OWNERS)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._state)
        except OSError as error:
            with suppress(BatchError):
                _remove(_fresh(self._state))
            raise unwritable(self._state, error) from None
        self._saved = True

    # --- end --------------------------------------------------------------------------------------------------------------

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                for key, part in self._parts.items():
                    if key not in self._done:
                        part.publish()
                if self._saved:
                    for folder in {part.target.parent for part in self._parts.values()}:
                        _sync_folder(folder)
        except BaseException:
            self._let_go()
            raise
        if kind is None:
            self._saved = False
        self._let_go()

    def _let_go(self) -> None:
        """Close everything; without a checkpoint, or when all is done, leave nothing behind."""
        for log in (self.ids, self.orders):
            if log is not None:
                with suppress(OSError):
                    log.close()
        if self._ours and not self._saved:
            for path in (self._state, _fresh(self._state), self._ids, self._orders):
                with suppress(BatchError):
                    _remove(path)
        for part in self._parts.values():
            part.close(keep=self._saved)


def sidecars(path: Path) -> tuple[Path, ...]:
    """The files that a run may keep beside an output."""
    target = Path(os.path.realpath(path))
    return tuple(
        target.with_name(f".{target.name}.{what}") for what in ("part", "checkpoint", "checkpoint.new", "ids", "orders")
    )


def is_regular(path: Path) -> bool:
    """Whether a name is a regular file's, or nobody's: what can be cut back and renamed."""
    target = Path(os.path.realpath(path))
    return target.is_file() or not target.exists()


def unwritable(path: Path, error: OSError) -> BatchError:
    """The error of an output that cannot be written."""
    return BatchError(f"{path}：写不了（{error.strerror}）", f"{path}: cannot be written ({error.strerror})")


def _own(path: Path, found: os.stat_result) -> None:
    """That a file of ours is a file and ours: its name can be guessed, and others may write to the folder.

    Raises:
        BatchError: It is not.
    """
    ours = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    if not stat.S_ISREG(found.st_mode) or not ours:
        raise BatchError(
            f"{path}：不是本用户的普通文件，没有动它；删掉或换一个输出目录",
            f"{path}: it is no regular file of this user and was left alone; remove it or name another folder",
        )


def _read(path: Path) -> dict[str, Any] | None:
    """The checkpoint, if there is one.

    Raises:
        ResumeError: It cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | _NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        _unreadable(path, error.strerror or "")
    with os.fdopen(handle, encoding="ascii") as file:
        _own(path, os.fstat(file.fileno()))
        try:
            found = json.load(file)
        except (ValueError, OSError):
            _unreadable(path, "not JSON")
    if not isinstance(found, dict) or found.get("funnel") != _FORMAT:
        _unreadable(path, "another format")
    return found


def _unreadable(path: Path, why: str) -> NoReturn:
    raise ResumeError(
        f"{path}：进度文件读不出（{why}），删掉它从头开始",
        f"{path}: the checkpoint cannot be read ({why}); delete it and start anew",
    )


def _fresh(state: Path) -> Path:
    """Where a checkpoint is written before it takes the place of the last."""
    return state.with_name(state.name + ".new")


def _stat(path: Path) -> FileState:
    try:
        found = path.stat()
    except OSError as error:
        raise BatchError(f"{path}：读不出（{error.strerror}）", f"{path}: cannot be read ({error.strerror})") from None
    return FileState(found.st_size, found.st_mtime_ns, 0, "")


def _open_log(path: Path, keep: int) -> BinaryIO:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW, OWNERS)
        _own(path, os.fstat(handle))
        if os.fstat(handle).st_size < keep:
            os.close(handle)
            raise ResumeError(
                f"{path}：比进度记录的短，不能接着做；去掉 --resume 从头开始",
                f"{path}: it is shorter than its checkpoint says; start anew without --resume",
            )
        os.ftruncate(handle, keep)
        os.lseek(handle, keep, os.SEEK_SET)
        return os.fdopen(handle, "wb")
    except OSError as error:
        raise unwritable(path, error) from None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from None


def _sync_folder(folder: Path) -> None:
    """Make new names in a folder last. Where that cannot be asked for, the system sees to it by itself."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _short(text: str | None) -> str:
    text = text or "–"
    return text if len(text) <= 40 else text[:40] + "…"  # noqa: PLR2004 (a digest's beginning tells enough)
