"""What people do with cases."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from funnel.decision import Decision
from funnel.engine._arguments import to_complaint
from funnel.errors import (
    ErasedError,
    InvalidCommandError,
    InvalidTransitionError,
    NotEligibleError,
)
from funnel.queue._arguments import a_name, case_key, claim_key, several
from funnel.queue._base import _OUTCOMES, Base, present, remark, wording
from funnel.queue._rows import (
    agent_of,
    case_of,
    from_us,
    maybe_us,
    new_id,
    to_us,
)
from funnel.queue._store import Row
from funnel.queue._work import Work
from funnel.queue.audit import canonical
from funnel.queue.masking import find_personal
from funnel.queue.model import (
    HELD,
    Agent,
    Case,
    CaseOutcome,
    WaitFor,
)


class Handling(Base):
    """What people do with cases. A part of `funnel.queue.Funnel`."""

    def put_agent(self, agent: Agent, *, by: str = "system") -> Agent:
        """Make an agent known, or change one.

        Raises:
            InvalidCommandError: It is no `Agent`, the tier is unknown, or the cap is not positive.
        """
        if not isinstance(agent, Agent):
            raise InvalidCommandError(
                f"an agent is given as Agent('amy', tier='agent'), not as {type(agent).__name__}",
                f"坐席写成 Agent('amy', tier='agent')，不是 {type(agent).__name__}",
            )
        a_name(agent.id, "agent")
        if agent.wip_cap < 1:
            raise InvalidCommandError("an agent must be able to hold at least one case", "同时在办上限至少为 1")

        def body(work: Work) -> Agent:
            work.level(agent.tier)
            row: Row = {
                "tier": agent.tier,
                "skills": canonical(sorted(agent.skills)),
                "wip_cap": agent.wip_cap,
                "supervisor": int(agent.supervisor),
                "active": int(agent.active),
            }
            key = {"tenant": self.tenant, "id": agent.id}
            if work.unit.get("agent", lock=True, **key) is None:
                work.unit.insert("agent", key | row)
            else:
                work.unit.update("agent", key, row)
            work.event("agent_put", by, {"agent": agent.id, **row})
            return agent

        return self._run(body)

    def agents(self) -> tuple[Agent, ...]:
        """Every agent of the tenant, by id."""
        return self._read(lambda unit: tuple(agent_of(r) for r in unit.find("agent", self._mine, order=("id",))))

    def claim(self, case_id: str, agent: str, *, command_id: str | None = None) -> Case:
        """Take a queued case. Claiming again what one holds changes nothing.

        Returns:
            The claim: the case with its owner and epoch. Pass it to the commands of an owner.

        Raises:
            AlreadyClaimedError: Somebody else holds it.
            NotEligibleError: Tier, skills or the cap do not allow it.
            InvalidTransitionError: It is not in the queue.
        """

        def body(work: Work) -> Case:
            person = work.agent(agent, lock=True)
            row = work.case(case_id)
            lapsed = row["lease_until"] is not None and row["lease_until"] <= work.at
            if row["owner"] == agent and not lapsed:
                return case_of(row)
            return case_of(work.take(row, person))

        return self._command("claim", body, command_id, case_id, agent)

    def claim_next(
        self,
        agent: str,
        *,
        tiers: Iterable[str] | None = None,
        skills: Iterable[str] | None = None,
        command_id: str | None = None,
    ) -> Case | None:
        """Take the case that should be served next, or None where there is none.

        Order: priority with ageing (see `QueuePolicy.ageing`), then the nearest deadline, then age.

        Args:
            agent: Who takes it.
            tiers: Only these; default: the agent's own and every lower one.
            skills: Use only these of the agent's skills.
            command_id: As in `answer`.

        Raises:
            NotEligibleError: The agent holds as many cases as allowed, or asks for a tier above his own.
        """
        wanted = None if tiers is None else several(tiers, "tiers")
        only = None if skills is None else frozenset(a_name(skill, "skills") for skill in several(skills, "skills"))

        def body(work: Work) -> Case | None:
            person = work.agent(agent, lock=True)
            work.expect_room(person)
            highest = work.level(person.tier)
            levels = wanted if wanted is not None else self._desk.tiers[: highest + 1]
            if any(work.level(tier) > highest for tier in levels):
                raise NotEligibleError(
                    f"{agent!r} is {person.tier!r} and may not take cases above",
                    f"“{agent}”是 {person.tier}，不能办更高层级的案件",
                )
            able = person.skills if only is None else person.skills & only
            found = [row for tier in levels if (row := work.unit.next_queued(self.tenant, tier, able))]
            if not found:
                return None
            row = min(found, key=lambda r: (r["rank"], r["next_due"], r["id"]))
            return case_of(work.save(row, "claimed", agent, work.agent_claims(row, person)))

        return self._command("claim_next", body, command_id, agent, wanted, sorted(only) if only is not None else None)

    def assign(
        self,
        case_id: str,
        to: str,
        *,
        by: str,
        reason: str,
        force: bool = False,
        version: int | None = None,
        command_id: str | None = None,
    ) -> Case:
        """Give a case to an agent, taking it from whoever holds it if forced.

        Args:
            case_id: The case.
            to: Who is to have it.
            by: A supervisor.
            reason: Why.
            force: Take it from its owner, and pass over tier, skills and cap.
            version: The version the supervisor saw.
            command_id: As in `answer`.

        Raises:
            AlreadyClaimedError: Somebody else holds it, and force is not asked for.
            NotEligibleError: ``by`` is no supervisor, or ``to`` does not fit.
            StaleVersionError: The case has changed since.
        """
        words = wording(reason)

        def body(work: Work) -> Case:
            work.supervisor(by)
            person = work.agent(to, lock=True)
            row = work.case(case_id, version=version)
            if row["owner"] == to:
                return case_of(row)
            work.expect(row, "queued", *HELD)
            data = {"by": by, "from": row["owner"], "reason": self._desk.masker(words), "forced": force}
            if row["state"] == "queued" and not force:
                work.expect_fit(person, row)
                work.expect_room(person)
            elif not force:
                work.take(row, person)  # refuses, or takes what has lapsed
                row = work.case(case_id)
                return case_of(row)
            work.close_offer(row, "withdrawn")
            changes = work.agent_claims(row, person) | {"next_due": work.resume_clocks(row)}
            return case_of(work.save(row, "assigned", by, changes, data))

        return self._command("assign", body, command_id, case_id, to, by, reason, force)

    def renew(self, claim: Case) -> Case:
        """Prolong one's lease. Leaves no event, so that the record is not flooded.

        Raises:
            StaleClaimError: The lease has run out or the case is somebody else's.
        """
        claim_key(claim)

        def body(work: Work) -> Case:
            row = work.owned(claim)
            if self.policy.lease is None or row["state"] != "claimed":
                return case_of(row)
            until = to_us(work.now + self.policy.lease)
            work.unit.update("queue_case", {"id": row["id"]}, {"lease_until": until})
            return case_of(row | {"lease_until": until})

        return self._run(body)

    def release(self, claim: Case, *, note: str = "", command_id: str | None = None) -> Case:
        """Give a case back to the queue, where it keeps its place.

        Where answers given meanwhile have come to a settlement (see `answer`), and it was with people for nothing but what
        the machine said of it before, it goes to the parties as an offer instead, unless another case about its order stands
        (see `same_order`).

        Raises:
            StaleClaimError: The caller does not hold it any more.
        """
        words = remark(note)

        def body(work: Work) -> Case:
            row = work.owned(claim)
            data: dict[str, Any] = {"note": self._desk.masker(words)}
            decision = self._settlement(work, row)
            if decision is None:
                return case_of(work.to_queue(row, "released", claim.owner or "", data))
            work.resume_clocks(row)
            changes = self._passed_on(work, row, decision, data) | {"tier": self._tier(decision)}
            return case_of(work.save(row, "released", claim.owner or "", changes, data))

        return self._command("release", body, command_id, *claim_key(claim), note)

    def _settlement(self, work: Work, row: Row) -> Decision | None:
        """The newest decision on a case that somebody held, where it settles and nobody wants it otherwise."""
        last = self._decisions(work.unit, row["complaint_id"])[-1]
        complaint = present(work.unit.get("complaint", id=row["complaint_id"]))
        if last["outcome"] != "settle" or complaint["erased_at"] is not None or not self._only_doubted(work, row):
            return None
        return Decision.model_validate(json.loads(last["decision"]))

    def respond(self, claim: Case, note: str, *, command_id: str | None = None) -> Case:
        """Record that the consumer has been answered: this keeps the promise of a first response.

        Raises:
            StaleClaimError: The caller does not hold it any more.
        """
        words = wording(note, "note")

        def body(work: Work) -> Case:
            row = work.owned(claim)
            broken = work.stop_clocks(row, ("response",))
            data = {"note": self._desk.masker(words), "broken": broken}
            return case_of(work.save(row, "responded", claim.owner or "", {"next_due": work.nearest(row)}, data))

        return self._command("respond", body, command_id, *claim_key(claim), note)

    def wait(
        self,
        claim: Case,
        on: WaitFor,
        reason: str,
        *,
        until: dt.datetime | None = None,
        command_id: str | None = None,
    ) -> Case:
        """Wait for somebody. Only promises whose policy says so stand still meanwhile.

        Args:
            claim: The case as claimed.
            on: ``consumer``, ``merchant`` or ``third_party``.
            reason: What is waited for.
            until: When the case comes back by itself.
            command_id: As in `answer`.

        Raises:
            InvalidCommandError: ``until`` is past or has no offset.
            StaleClaimError: The caller does not hold it any more.
        """
        words = wording(reason)
        if on not in ("consumer", "merchant", "third_party"):
            raise InvalidCommandError(
                f"wait for 'consumer', 'merchant' or 'third_party', not {on!r}",
                f"等谁应为 consumer、merchant 或 third_party，不是 {on!r}",
            )
        if until is not None and (not isinstance(until, dt.datetime) or until.tzinfo is None):
            raise InvalidCommandError(
                "`until` should be a datetime with an offset, such as +08:00", "`until` 应为带时区的时间，如 +08:00"
            )

        def body(work: Work) -> Case:
            row = work.owned(claim, "claimed")
            if until is not None and until <= work.now:
                raise InvalidCommandError("`until` must lie ahead", "`until` 应在以后")
            broken = work.pause_clocks(row, on)
            changes = {
                "state": f"waiting_{on}",
                "lease_until": None,
                "wait_reason": self._without_names(work, row, words),
                "wait_until": until.astimezone(dt.UTC) if until else None,
                "next_due": work.nearest(row),
            }
            return case_of(work.save(row, "waiting", claim.owner or "", changes, {"on": on, "broken": broken}))

        return self._command("wait", body, command_id, *claim_key(claim), on, reason, maybe_us(until))

    def _without_names(self, work: Work, row: Row, words: str) -> str:
        """Words on a case, masked, and without the names that its complaint makes known."""
        last = self._decisions(work.unit, row["complaint_id"])[-1]
        with suppress(ErasedError):
            text = to_complaint(self._open_vault(work.unit, row["complaint_id"], last["seq"])).text or ""
            names = {text[found.start : found.end] for found in find_personal(text) if found.kind == "name"}
            for name in sorted(names, key=len, reverse=True):
                words = words.replace(name, "[name]")
        return self._desk.masker(words)

    def resume(self, claim: Case, *, command_id: str | None = None) -> Case:
        """Go on with a case that waited.

        Raises:
            StaleClaimError: The caller does not hold it any more.
            InvalidTransitionError: It does not wait.
        """

        def body(work: Work) -> Case:
            row = work.owned(claim, "waiting_consumer", "waiting_merchant", "waiting_third_party")
            work.close_offer(row, "withdrawn")
            return case_of(work.save(row, "resumed", claim.owner or "", self._resumed(work, row)))

        return self._command("resume", body, command_id, *claim_key(claim))

    def escalate(
        self, case: Case, *, by: str, reason: str, note: str, to: str | None = None, command_id: str | None = None
    ) -> Case:
        """Send a case to a higher tier, with a note for whoever takes it over.

        Args:
            case: The case: as claimed by ``by``, or one in the queue or with the parties.
            by: An agent; one who does not hold a held case must be a supervisor.
            reason: Why.
            note: What the next person has to know.
            to: The tier; default: the next.
            command_id: As in `answer`.

        Raises:
            InvalidTransitionError: The case is closed, or there is no higher tier.
            StaleClaimError: The caller does not hold it any more.
        """
        why, handover = wording(reason), wording(note, "note")

        def body(work: Work) -> Case:
            person = work.agent(by)
            row = self._mine_or_supervised(work, case, person)
            work.expect(row, "queued", "asked", "offered", *HELD)
            now_at = work.level(row["tier"])
            target = to or (self._desk.tiers[now_at + 1] if now_at + 1 < len(self._desk.tiers) else None)
            if target is None:
                raise InvalidTransitionError(
                    f"case {row['id']} is at the highest tier {row['tier']!r}",
                    f"案件 {row['id']} 已在最高层级 {row['tier']}",
                )
            if work.level(target) <= now_at:
                raise InvalidTransitionError(
                    f"{target!r} is not above {row['tier']!r}; to go back use `return_`",
                    f"{target} 不高于 {row['tier']}；往下退用 `return_`",
                )
            data = {"reason": self._desk.masker(why), "note": self._desk.masker(handover), "from": row["tier"]}
            return case_of(work.to_queue(row, "escalated", by, data, tier=target))

        return self._command("escalate", body, command_id, *claim_key(case), by, reason, note, to)

    def return_(self, claim: Case, *, reason: str, command_id: str | None = None) -> Case:
        """Hand a case back to the tier below. After `QueuePolicy.max_returns` only a supervisor may.

        Raises:
            InvalidTransitionError: It is at the lowest tier.
            NotEligibleError: It has been handed back too often.
            StaleClaimError: The caller does not hold it any more.
        """
        words = wording(reason)

        def body(work: Work) -> Case:
            row = work.owned(claim, "claimed")
            level = work.level(row["tier"])
            if level == 0:
                raise InvalidTransitionError(
                    f"case {row['id']} is at the lowest tier {row['tier']!r}",
                    f"案件 {row['id']} 已在最低层级 {row['tier']}",
                )
            if row["return_count"] >= self.policy.max_returns and not work.agent(claim.owner or "").supervisor:
                raise NotEligibleError(
                    f"case {row['id']} was handed back {row['return_count']} times; a supervisor decides where it stays",
                    f"案件 {row['id']} 已退回 {row['return_count']} 次；由主管决定放在哪一级",
                )
            data = {"reason": self._desk.masker(words), "from": row["tier"]}
            tier = self._desk.tiers[level - 1]
            return case_of(
                work.to_queue(row, "returned", claim.owner or "", data, tier=tier, return_count=row["return_count"] + 1)
            )

        return self._command("return", body, command_id, *claim_key(claim), reason)

    def resolve(
        self,
        claim: Case,
        outcome: CaseOutcome,
        *,
        code: str,
        note: str,
        basis: Iterable[str] = (),
        scenario: str | None = None,
        command_id: str | None = None,
    ) -> Case:
        """End a case, and say whether the machine had read it right: that is what rules are improved by.

        Args:
            claim: The case as claimed.
            outcome: ``settled``, ``mediated``, ``rejected``, ``withdrawn`` or ``referred`` (to a body outside).
            code: The desk's own resolution code.
            note: What was agreed or why not.
            basis: Articles it rests on, such as ``cpl/25``. The highest tier must name at least one.
            scenario: What it turned out to be; default: what the machine took it for.
            command_id: As in `answer`.

        Raises:
            InvalidCommandError: The outcome, an article or the scenario is unknown, or a basis is missing.
            StaleClaimError: The caller does not hold it any more.
        """
        if outcome not in tuple(_OUTCOMES):
            raise InvalidCommandError(
                f"outcome should be one of {', '.join(sorted(_OUTCOMES))}, not {outcome!r}",
                f"结果应为 {'、'.join(sorted(_OUTCOMES))} 之一，不是 {outcome!r}",
            )
        label, words = wording(code, "code"), wording(note, "note")
        articles = tuple(dict.fromkeys(several(basis, "basis")))
        for article in articles:
            self._expect_article(article)
        scenarios = {rule.scenario for rule in self._engine.pack.rules.values()}
        if scenario is not None and scenario not in scenarios:
            raise InvalidCommandError(
                f"no scenario {scenario!r} in pack {self._engine.pack.manifest.id!r}",
                f"规则包 {self._engine.pack.manifest.id} 没有场景“{scenario}”",
            )

        def body(work: Work) -> Case:
            row = work.owned(claim, "claimed")
            if row["tier"] == self._desk.tiers[-1] and not articles:
                raise InvalidCommandError(
                    f"a case of tier {row['tier']!r} is ended with the articles it rests on: `basis`, such as cpl/24",
                    f"{row['tier']} 层级的案件结案要写依据：`basis`，如 cpl/24",
                )
            chosen = scenario or row["scenario"]
            decision = self._decisions(work.unit, row["complaint_id"])[-1]
            work.unit.insert(
                "feedback",
                {
                    "id": new_id(work.now),
                    "tenant": self.tenant,
                    "case_id": row["id"],
                    "decision_id": decision["id"],
                    "agrees": int(chosen == decision["scenario"]),
                    "scenario": chosen,
                    "outcome": outcome,
                    "code": label,
                    "at": work.at,
                },
            )
            data = {"note": self._desk.masker(words), "basis": list(articles), "scenario": chosen}
            return case_of(self._close(work, row, "resolved", claim.owner or "", "resolved", outcome, label, data))

        return self._command("resolve", body, command_id, *claim_key(claim), outcome, code, note, articles, scenario)

    def reopen(self, case_id: str, *, by: str, reason: str, command_id: str | None = None) -> Case:
        """Open a resolved case again: it goes to the queue with new clocks; the old ones are kept.

        Raises:
            InvalidTransitionError: It is not resolved, or that was too long ago.
        """
        words = wording(reason)

        def body(work: Work) -> Case:
            row = work.case(case_id)
            work.expect(row, "resolved")
            closed = from_us(row["closed_at"])
            if work.now - closed > self.policy.reopen_window:
                raise InvalidTransitionError(
                    f"case {case_id} ended on {closed:%Y-%m-%d}, more than {self.policy.reopen_window.days} days ago; "
                    "take it in as a new complaint",
                    f"案件 {case_id} 于 {closed:%Y-%m-%d} 结案，已过 {self.policy.reopen_window.days} 天；作为新投诉收下",
                )
            cycle = row["cycle"] + 1
            last = Decision.model_validate(json.loads(self._decisions(work.unit, row["complaint_id"])[-1]["decision"]))
            due = work.start_clocks(row["id"], cycle, work.now, self._promises(last, work.now))
            changes = work.free(row) | {
                "queued_at": work.now,
                "outcome": None,
                "code": None,
                "closed_at": None,
                "cycle": cycle,
                "reopen_count": row["reopen_count"] + 1,
                "next_due": due,
            }
            data = {"reason": self._desk.masker(words), "outcome": row["outcome"]}
            return case_of(work.save(row, "reopened", by, changes, data))

        return self._command("reopen", body, command_id, case_id, by, reason)

    def merge(self, case_id: str, into: str, *, by: str, reason: str, command_id: str | None = None) -> Case:
        """Merge a case into another open one of the same tenant: it is then handled there.

        Args:
            case_id: The case that goes.
            into: The case that stays.
            by: An agent; one who does not hold a held case must be a supervisor.
            reason: Why they are the same.
            command_id: As in `answer`.

        Raises:
            InvalidCommandError: Both are the same case.
            InvalidTransitionError: One of them is closed.
        """
        words = wording(reason)
        if case_id == into:
            raise InvalidCommandError("a case cannot be merged into itself", "案件不能并入自己")

        def body(work: Work) -> Case:
            person = work.agent(by)
            first, second = sorted((case_key(case_id), case_key(into)))
            rows = {first: work.case(first), second: work.case(second)}
            row, target = rows[case_id], rows[into]
            for each in (row, target):
                work.expect(each, "queued", "asked", "offered", *HELD)
            if row["state"] in HELD and row["owner"] != by and not person.supervisor:
                raise NotEligibleError(
                    f"case {case_id} is held by {row['owner']!r}; a supervisor may merge it",
                    f"案件 {case_id} 由“{row['owner']}”经办；要主管才能合并",
                )
            data = {"reason": self._desk.masker(words), "into": into}
            return case_of(self._close(work, row, "merged", by, "merged", None, None, data, merged_into=into))

        return self._command("merge", body, command_id, case_id, into, by, reason)

    def unmerge(self, case_id: str, *, by: str, reason: str, command_id: str | None = None) -> Case:
        """Undo a merge: the case goes to the queue, and its clocks run as if they had never stopped.

        Raises:
            InvalidTransitionError: It is not merged.
        """
        words = wording(reason)

        def body(work: Work) -> Case:
            work.agent(by)
            row = work.case(case_id)
            work.expect(row, "merged")
            due = work.restart_clocks(row, row["closed_at"])
            changes = work.free(row) | {"merged_into": None, "closed_at": None, "next_due": due}
            data = {"reason": self._desk.masker(words), "from": row["merged_into"]}
            return case_of(work.save(row, "unmerged", by, changes, data))

        return self._command("unmerge", body, command_id, case_id, by, reason)

    def cancel(
        self, case_id: str, *, by: str, reason: str, version: int | None = None, command_id: str | None = None
    ) -> Case:
        """End a case that should never have been one: a test, spam. Only a supervisor may.

        Raises:
            NotEligibleError: ``by`` is no supervisor.
            StaleVersionError: The case has changed since.
        """
        words = wording(reason)

        def body(work: Work) -> Case:
            work.supervisor(by)
            row = work.case(case_id, version=version)
            work.expect(row, "queued", "asked", "offered", *HELD)
            data = {"reason": self._desk.masker(words)}
            return case_of(self._close(work, row, "cancelled", by, "cancelled", None, None, data))

        return self._command("cancel", body, command_id, case_id, by, reason)

    def _mine_or_supervised(self, work: Work, case: Case, person: Agent) -> Row:
        row = work.case(case.id)
        if row["state"] not in HELD or person.supervisor:
            return row
        return work.owned(case)
