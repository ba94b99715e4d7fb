"""Kill a run with SIGKILL before each thing it does to the file system in turn, go on, and print what differs. By itself.

``python resume_harness.py FOLDER JOBS PACK STEP``: FOLDER holds ``c.jsonl``; each STEP-th point is tried, and the last four. A process of its own, since it forks, and forks want to be
one thread. Every event of the kinds below is a point: so a run is killed before and after each rename, truncation, removal and
opening, which is wherever the files can be in a new state; what is in the buffers in between is lost or not, as it happens.
"""

import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

from funnel.cli._main import group
from funnel.pack.loader import load_pack

EVENTS = frozenset({"open", "os.rename", "os.remove", "os.truncate"})
NAMES = ("d.jsonl", "r.jsonl", "s.jsonl")


class Points:
    """Counts events that touch the outputs, and kills at one of them."""

    def __init__(self, folder, at):
        self.folder, self.at, self.count = str(folder), at, 0

    def __call__(self, event, args):
        if event in EVENTS and (event == "os.truncate" or any(self.folder in str(arg) for arg in args[:2])):
            self.count += 1
            if self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)


def run(source, out, jobs, at, pack, *more):
    """Run in a fork. Returns its status, summary and how many points it passed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.dup2(writer, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 (the fork's own)
        points = Points(out, at)
        sys.addaudithook(points)
        args = ["run", str(source), "--pack", pack, "--as-of", "2026-11-20", "--format", "json", "--jobs", jobs, "--checkpoint-every", "13"]  # fmt: skip
        for option, name in zip(("-o", "--rejects", "--shadow"), NAMES, strict=True):
            args += [option, str(out / name)]
        code = 1
        try:
            group.main(args=[*args, *more], standalone_mode=False)
        except SystemExit as error:
            code = error.code
        finally:
            sys.stdout.write(f"\n{points.count}\n")
            sys.stdout.flush()
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        return status, None, 0
    summary, count = text.rsplit("\n", 2)[:2] if text.endswith("\n") else text.rsplit("\n", 1)
    found = json.loads(summary)
    del found["seconds"]
    return status, found, int(count)


def outcome(out, summary):
    return [(out / name).read_bytes() for name in NAMES], summary, sorted(path.name for path in out.iterdir())


def main():
    folder, jobs, pack, step = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    loaded = load_pack(pack)
    for name in ("plan", "pool", "runner", "source", "summary"):
        import_module(f"funnel.batch.{name}")
    import_module("funnel.cli.run").open_pack = lambda *_, **__: loaded  # once, before forking
    wanted_folder = folder / "wanted"
    wanted_folder.mkdir()
    status, summary, points = run(folder / "c.jsonl", wanted_folder, jobs, 0, pack)
    assert status == 0
    assert summary["orders"]["settled_twice"], "there is something to remember of orders"
    wanted = outcome(wanted_folder, summary)
    wrong = []
    for at in sorted({*range(1, points + 1, step), *range(max(1, points - 3), points + 1)}):
        out = folder / f"k{at}"
        out.mkdir()
        status, _, _ = run(folder / "c.jsonl", out, jobs, at, pack)
        if status != -signal.SIGKILL:
            wrong.append((at, "was not killed", status))
            continue
        # And once more on the way, so that going on is interrupted too.
        status, summary, _ = run(folder / "c.jsonl", out, jobs, 5 + at % 23, pack, "--resume")
        if status != 0:
            status, summary, _ = run(folder / "c.jsonl", out, jobs, 0, pack, "--resume")
        if status != 0 or outcome(out, summary) != wanted:
            wrong.append((at, status, sorted(path.name for path in out.iterdir())))
    sys.stdout.write(json.dumps({"points": points, "wrong": wrong}))


if __name__ == "__main__":
    main()
