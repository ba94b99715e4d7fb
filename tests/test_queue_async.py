"""The funnel for an event loop: the same commands, the same results, none left out."""

import asyncio
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from queue_kit import SetClock, complaint, desk

from funnel.errors import StaleClaimError
from funnel.queue import AsyncFunnel, Funnel, SqlStore


def test_every_command_is_there_under_the_same_name_and_signature():
    for name, member in inspect.getmembers(Funnel, inspect.isfunction):
        if name.startswith("_"):
            continue
        other = getattr(AsyncFunnel, name)
        assert list(inspect.signature(other).parameters) == list(inspect.signature(member).parameters), name
        assert inspect.iscoroutinefunction(other) or name == "bind"


def test_the_module_is_what_its_maker_writes():
    tool = Path(__file__).parent.parent / "tools" / "make_async.py"
    assert subprocess.run([sys.executable, str(tool), "--check"], check=False).returncode == 0


def test_a_case_goes_through_in_an_event_loop(engine, store):
    sync = desk(engine, store, SetClock())

    async def work():
        d = AsyncFunnel(sync)
        sent = complaint()
        taken = await asyncio.gather(*(d.ingest(sent) for _ in range(5)))
        assert sum(not t.duplicate for t in taken) == 1
        claim = await d.claim_next("max")
        await d.respond(claim, "收到")
        done = await d.resolve(claim, "mediated", code="x", note="y")
        with pytest.raises(StaleClaimError):
            await d.release(claim)
        assert [r.status for r in await d.replay()] == ["same"]
        assert (await d.verify_audit()).intact
        return done

    assert asyncio.run(work()).state == "resolved"
    assert AsyncFunnel(sync).sync is sync


def test_commands_at_once_in_one_transaction_take_turns(engine, tmp_path):
    store = SqlStore(tmp_path / "q.db")
    desk(engine, store, SetClock(), tenant="t")
    helpdesk = AsyncFunnel(Funnel(engine, store, tenant="t", clock=SetClock()))

    async def work():
        with store.engine.begin() as connection:
            bound = helpdesk.bind(connection)
            again = helpdesk.bind(connection)
            sent = [complaint() for _ in range(6)]
            return await asyncio.gather(*((bound, again)[n % 2].ingest(one) for n, one in enumerate(sent)))

    taken = asyncio.run(work())
    assert {one.case.id for one in taken} == {case.id for case in helpdesk.sync.cases()}
    assert len(taken) == 6
    assert helpdesk.sync.verify_audit().intact
    store.close()
