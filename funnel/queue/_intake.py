"""What comes in: complaints and the answers to questions; incidents and suspected duplicates."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import funnel
from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.diagnostics._model import suggestion
from funnel.engine._arguments import to_complaint
from funnel.errors import ComplaintError, InvalidCommandError, Problem
from funnel.facts.intake import localise
from funnel.facts.vocabulary import MEANT
from funnel.queue._answers import joined, party, too_high
from funnel.queue._arguments import a_name, several
from funnel.queue._base import _INCIDENT_FACT, _PAGE, Base, bytes_of, contents_of, newest_case, present, scenario_of
from funnel.queue._kept import kept
from funnel.queue._orders import MOST, about_the_order, order_columns
from funnel.queue._rows import (
    case_changes,
    case_of,
    case_row,
    from_us,
    new_id,
    to_us,
)
from funnel.queue._store import Row, Unit
from funnel.queue._work import Work
from funnel.queue.audit import canonical
from funnel.queue.duplicates import from_text, likeness, sketch, to_text
from funnel.queue.model import (
    HELD,
    Case,
    Ingested,
)


@dataclass(frozen=True, slots=True)
class Thought:
    """A complaint as it was decided, with what is kept of that."""

    sealed: bytes
    input_digest: str
    as_of: dt.date
    decision: Decision
    output_digest: str
    kept: str
    masked: str
    fingerprint: str


Asked = tuple[str, int, str, int | None, int | None]
"""What an answer is to: a complaint, its last decision, its language, and the deadlines that its case has by then."""


class UndecidedError(Exception):
    """A transaction needs a decision that was not made before it. It is undone and run again with it; never leaves the package."""

    def __init__(
        self, as_of: dt.date, context: Mapping[str, Any] | None = None, asked: Asked = ("", 0, "", None, None)
    ) -> None:
        super().__init__(as_of, context or {}, asked)
        self.as_of, self.context, self.asked = as_of, context or {}, asked


class Intake(Base):
    """What comes in: complaints and the answers to questions; incidents and suspected duplicates. A part of `funnel.queue.Funnel`."""

    def ingest(
        self, complaint: Complaint | Mapping[str, Any], *, source: str = "api", skills: Iterable[str] = ()
    ) -> Ingested:
        """Decide a complaint and keep it with its decision and its case, in one transaction.

        The same complaint of the same source is taken in once, however often and however much at once it is delivered. One that
        is settled goes to a person all the same while another case about its order stands: see `Ingested.same_order`.

        Args:
            complaint: The complaint; its ``id`` is the sender's.
            source: Which sender: ids of two sources never meet.
            skills: What whoever handles it must know, such as a language.

        Raises:
            ComplaintError: It does not fit the contract.
            InvalidCommandError: It was received in the future, or ``skills`` is one text.
            StoreError: The database failed; nothing was kept.
        """
        parsed = to_complaint(complaint)
        source = a_name(source, "source")
        needs = tuple(sorted({a_name(skill, "skill") for skill in several(skills, "skills")}))

        # Decided before the transaction: a long text takes seconds, and on SQLite one writer holds up all others.
        thoughts: dict[tuple[dt.date, bool], Thought] = {}
        if (day := self._read(lambda unit: self._day_of(unit, parsed, source))) is not None:
            if self._read(lambda unit: unit.get("tenant", id=self.tenant)) is None:
                self._run(lambda _: None)
            thoughts[day, False] = self._think(parsed, day)

        def body(work: Work) -> Ingested:
            return self._ingest(work, parsed, source, needs, thoughts)

        while True:
            try:
                return self._run(body)
            except UndecidedError as need:
                told = parsed.model_copy(update={"facts": {**parsed.facts, **need.context}})
                thoughts[need.as_of, bool(need.context)] = self._think(told, need.as_of)

    def _day_of(self, unit: Unit, parsed: Complaint, source: str) -> dt.date | None:
        """The day to decide a complaint by; None where it was delivered before."""
        if unit.get("complaint", tenant=self.tenant, source=source, external_id=parsed.id) is not None:
            return None
        return self._received(parsed, self._now(unit)).astimezone(self._desk.zone).date()

    def _received(self, parsed: Complaint, now: dt.datetime) -> dt.datetime:
        """When a complaint was received; one from the future is refused."""
        desk = self._desk
        received = now if parsed.received_at is None else localise(parsed.received_at, desk.zone).astimezone(dt.UTC)
        if received > now + desk.policy.skew:
            raise InvalidCommandError(
                f"complaint {parsed.id!r} was received in the future; check the sender's clock",
                f"投诉“{parsed.id}”的收到时间在将来；检查来源的时钟",
            )
        return received

    def _think(self, parsed: Complaint, as_of: dt.date, asked: Asked | None = None) -> Thought:
        """Decide a complaint, again where it is asked about, and make all of it that is kept, without a transaction."""
        # A case goes on in the language that it began in, whoever answers at whichever desk.
        lang = self._engine.lang if asked is None else asked[2]
        engine = self._engine if lang == self._engine.lang else self._engine.speaking(lang)
        decision = engine.decide(parsed, as_of=as_of)
        if asked is not None:  # what was promised at first stays so
            decision = self._telling(decision, *asked[3:])
        elif parsed.received_at is not None:
            decision = self._with_promises(decision, localise(parsed.received_at, self._desk.zone))
        text = decision.model_dump_json()
        raw = bytes_of(parsed)
        return Thought(
            sealed=self._ciphered("encrypt", raw),
            input_digest=self._digest(raw),
            as_of=as_of,
            decision=decision,
            output_digest=self._digest(text.encode()),
            kept=canonical(kept(json.loads(text), parsed.text, self._desk.masker)),
            masked=canonical(self._mask(parsed)),
            fingerprint=to_text(sketch(parsed.text or "")),
        )

    def _ingest(
        self,
        work: Work,
        parsed: Complaint,
        source: str,
        skills: tuple[str, ...],
        thoughts: Mapping[tuple[dt.date, bool], Thought],
    ) -> Ingested:
        unit, desk = work.unit, self._desk
        content = self._digest(contents_of(parsed, desk.zone))
        known = unit.get("complaint", tenant=desk.tenant, source=source, external_id=parsed.id)
        if known is not None:
            case = newest_case(unit, known["id"])
            same = {content, self._digest(bytes_of(parsed))}  # an earlier version kept the digest of the bytes
            return Ingested(case_of(case), None, duplicate=True, changed=known["content_digest"] not in same)
        received = self._received(parsed, work.now)
        as_of = received.astimezone(desk.zone).date()
        if (thought := thoughts.get((as_of, False))) is None:  # midnight has passed meanwhile
            raise UndecidedError(as_of)
        scenario = scenario_of(thought.decision)
        # An id is the sender's key and kept as it is; a shop's name may be its owner's.
        merchant = parsed.merchant.id or (desk.masker(parsed.merchant.name) if parsed.merchant.name else None)
        incident = self._incident(work, merchant, scenario, received, self._ref(parsed.consumer.id))
        context: dict[str, Any] = {}
        if incident is not None and _INCIDENT_FACT in self._engine.pack.vocabulary.facts:
            context = {_INCIDENT_FACT: True}
            if (as_of, True) not in thoughts:
                raise UndecidedError(as_of, context)
            thought = thoughts[as_of, True]
        decision = thought.decision
        complaint_id = new_id(work.now)
        row: Row = {
            "id": complaint_id,
            "tenant": desk.tenant,
            "source": source,
            "external_id": parsed.id,
            "received_at": to_us(received),
            "created_at": work.at,
            "merchant_id": merchant,
            "consumer_ref": self._ref(parsed.consumer.id),
            "order_ref": self._ref(parsed.order.id),
            **order_columns(parsed, self._ref),
            "trade": parsed.order.category,
            "scenario": scenario,
            "fingerprint": thought.fingerprint,
            "content_digest": content,
            "masked": thought.masked,
            "erased_at": None,
        }
        unit.insert("complaint", row)
        decision_id = self._keep(work, row, 1, thought, context)
        suspects = self._suspects(work, row)
        case, same_order = self._open(work, row, decision, decision_id, skills, incident, suspects)
        return Ingested(case_of(case), decision, suspects=suspects, incident_id=incident, same_order=same_order)

    def _keep(self, work: Work, complaint: Row, seq: int, thought: Thought, context: Mapping[str, Any]) -> str:
        decision = thought.decision
        decision_id, complaint_id, subject = new_id(work.now), complaint["id"], complaint["consumer_ref"]
        work.unit.insert(
            "vault",
            {
                "complaint_id": complaint_id,
                "seq": seq,
                "tenant": self.tenant,
                "subject_ref": subject,
                "raw": thought.sealed,
            },
        )
        work.unit.insert(
            "decision",
            {
                "id": decision_id,
                "tenant": self.tenant,
                "complaint_id": complaint_id,
                "seq": seq,
                "pack_id": decision.pack.id,
                "pack_digest": decision.pack.digest,
                "engine_version": funnel.__version__,
                "as_of": thought.as_of.isoformat(),
                "lang": decision.language,
                "context": canonical(context),
                "outcome": decision.outcome,
                "tier": decision.tier,
                "scenario": scenario_of(decision),
                "input_digest": thought.input_digest,
                "output_digest": thought.output_digest,
                "decision": thought.kept,
                "decided_at": work.at,
            },
        )
        return decision_id

    def _open(
        self,
        work: Work,
        complaint: Row,
        decision: Decision,
        decision_id: str,
        skills: tuple[str, ...],
        incident: str | None,
        suspects: tuple[str, ...],
    ) -> tuple[Row, tuple[str, ...]]:
        """The case of a new complaint, with its first event, and the cases about its order for which it is with people."""
        policy, case_id = self.policy, new_id(work.now)
        received = from_us(complaint["received_at"])
        due = work.start_clocks(case_id, 1, received, self._promises(decision, received))
        case = Case(
            id=case_id,
            tenant=self.tenant,
            complaint_id=complaint["id"],
            external_id=complaint["external_id"],
            state="queued",
            tier=self._tier(decision),
            scenario=scenario_of(decision),
            skills=skills,
            priority=policy.priority(decision),
            owner=None,
            lease_epoch=0,
            lease_until=None,
            wait_reason=None,
            wait_until=None,
            outcome=None,
            code=None,
            opened_at=work.now,
            queued_at=work.now,
            closed_at=None,
            next_due=due,
            cycle=1,
            rounds=0,
            reopen_count=0,
            return_count=0,
            merged_into=None,
            incident_id=incident,
            merchant_id=complaint["merchant_id"],
            version=1,
        )
        row = case_row(case)
        row["rank"] = work.rank(row)
        # Parked aside first, so that the event below tells of the state that the machine's decision brings it to.
        held: dict[str, Any] = {}
        row |= self._route(work, row, decision, incident, held)
        row["rank"] = work.rank(row)
        work.unit.insert("queue_case", row)
        for skill in skills:
            work.unit.insert("case_skill", {"case_id": case_id, "skill": skill})
        broken = work.stop_clocks(row, ("response",)) if row["state"] in {"asked", "offered"} else []
        nearest = work.nearest(row)
        row |= case_changes({"next_due": nearest})
        work.unit.update("queue_case", {"id": case_id}, {"next_due": row["next_due"]})
        told = {name: value for name, value in row.items() if name not in {"lease_until", "version"}}
        data = {
            "set": told,
            "decision": decision_id,
            "outcome": decision.outcome,
            "rules": [[m.rule, m.revision] for m in decision.matters],
            "pack": decision.pack.digest,
            "suspects": list(suspects),
            "broken": broken,
            **held,
        }
        work.event("opened", "system", data, row)
        return row, tuple(held.get("same_order", ()))

    def answer(
        self, case_id: str, facts: Mapping[str, Any], *, actor: str = "consumer", command_id: str | None = None
    ) -> Case:
        """Take the answers to questions in; the complaint is decided again, and the case moves on.

        A case that a person holds stays with him, whoever answered: the new decision only joins its history. So it is with
        one that waits for a person, but where it would be settled now and was with people for nothing but what the machine
        said of it: its offer goes to the parties. While another case about its order stands no offer is made, and it goes to a
        person (see `same_order`). The former decisions are kept.

        An answer is kept with who gave it. A party corrects what it said itself; what the other party said, and a document or
        a record, stays beside it, and where they differ the fact is disputed and a person looks. Somebody of the desk replaces
        all that was known no better.

        Args:
            case_id: The case.
            facts: Facts by name, as in a complaint's ``facts``.
            actor: Who states them: ``consumer`` or ``merchant``, whose answers are *stated* whatever they claim, or whoever has
                looked, with the grade of what he has seen.
            command_id: Names the command, so that sending it twice does it once.

        Raises:
            ComplaintError: A fact is unknown or cannot be read, a party claims a record, or the merchant says what the consumer
                meant; nothing is changed, and the question stands.
            ErasedError: The complaint's words have been erased.
            InvalidTransitionError: The case is closed.
        """
        if not isinstance(facts, Mapping):
            zh = '答复写成 {"事实名": 值}，名字见提问的 fact'
            raise ComplaintError(
                [Problem("facts", zh, 'write an answer as {"fact": value}, named as the question does')]
            )
        if not facts:
            raise InvalidCommandError("an answer needs at least one fact", "答复至少要有一个事实")
        a_name(actor, "actor")
        if party(actor) and (wrong := too_high(facts)):
            raise ComplaintError(wrong)
        if party(actor) == "merchant" and MEANT in facts:
            zh, en = "消费者的话是什么意思，只能由消费者自己答", "what the consumer meant is for the consumer to say"
            raise ComplaintError([Problem(f"facts.{MEANT}", zh, en)])

        def body(work: Work) -> Case:
            row = work.case(case_id)
            work.expect(row, "asked", "offered", "queued", *HELD)
            last = self._decisions(work.unit, row["complaint_id"])[-1]
            due = {clock["kind"]: clock["due_at"] for clock in work.clocks(row, running=False)}
            asked = (row["complaint_id"], last["seq"], last["lang"], due.get("response"), due.get("resolution"))
            if asked not in thoughts:  # decided outside the transaction, and again where another answer came first
                before = self._open_vault(work.unit, *asked[:2])
                raise UndecidedError(dt.date.fromisoformat(last["as_of"]), before, asked)
            self._expect_words(work.unit, *asked[:2])
            thought, context = thoughts[asked], json.loads(last["context"])
            complaint = present(work.unit.get("complaint", id=row["complaint_id"]))
            decision_id = self._keep(work, complaint, last["seq"] + 1, thought, context)
            work.unit.update("complaint", {"id": complaint["id"]}, {"masked": thought.masked})
            return case_of(self._move_on(work, row, thought.decision, decision_id, actor, sorted(facts)))

        thoughts: dict[Asked, Thought] = {}
        while True:
            try:
                return self._command("answer", body, command_id, case_id, facts, actor)
            except UndecidedError as need:
                parsed = to_complaint(need.context)
                merged = parsed.model_dump(mode="json", exclude_unset=True) | {
                    "facts": joined(parsed.facts, facts, actor)
                }
                parsed = to_complaint(merged)
                self._readable(parsed, facts, need.as_of)
                thoughts[need.asked] = self._think(parsed, need.as_of, need.asked)

    def _readable(self, complaint: Complaint, answered: Iterable[str], as_of: dt.date) -> None:
        """Refuse answers that say nothing. In a complaint such a field is for a person to look at; who is asked can be asked again."""
        ours = tuple(f"facts.{name}" for name in answered)
        reasoning = self._reasoned(complaint, as_of)
        if reasoning is None:
            return  # what becomes of it is the decision's to say, which comes next
        taken = reasoning.intake
        wrong = [self._no_such_fact(name) for name in taken.unknown_names if f"facts.{name}" in ours]
        wrong += [p for p in taken.problems if any(p.field == f or p.field.startswith(f"{f}.") for f in ours)]
        if wrong:
            raise ComplaintError(wrong)

    def _no_such_fact(self, name: str) -> Problem:
        near = suggestion(name, self._engine.pack.vocabulary.facts)
        return Problem(
            f"facts.{name}",
            "规则包没有这个事实" + (f"，是不是 {near}？" if near else "；写提问里 fact 的名字"),
            "the pack has no such fact; " + (f"is it {near}?" if near else "write the name in `fact` of the question"),
        )

    def _move_on(
        self, work: Work, row: Row, decision: Decision, decision_id: str, actor: str, facts: Sequence[str]
    ) -> Row:
        data = {
            "decision": decision_id,
            "outcome": decision.outcome,
            "facts": list(facts),
            "rules": [[m.rule, m.revision] for m in decision.matters],
            "pack": decision.pack.digest,
        }
        changes: dict[str, Any] = {"scenario": scenario_of(decision)}
        tier = self._tier(decision)
        if work.level(tier) > work.level(row["tier"]) and row["state"] not in HELD:
            changes["tier"] = tier
        changes["priority"] = max(row["priority"], self.policy.priority(decision))
        if row["state"] == "waiting_consumer":
            changes |= self._resumed(work, row)
        elif row["state"] in {"asked", "offered"} or (
            row["state"] == "queued" and decision.outcome == "settle" and self._only_doubted(work, row)
        ):
            changes |= self._passed_on(work, row, decision, data) | {"tier": tier}
        return work.save(row, "answered", actor, changes, data)

    def _incident(
        self, work: Work, merchant: str | None, scenario: str | None, at: dt.datetime, consumer: str | None
    ) -> str | None:
        """The open incident that a complaint falls into, opening one where the window is full."""
        if not merchant or not scenario:
            return None
        found = work.unit.find(
            "incident", self._mine, ("merchant_id", "=", merchant), ("scenario", "=", scenario), ("state", "=", "open")
        )
        if found:
            return str(found[0]["id"])
        count, known = self._in_window(work, merchant, scenario, at)
        count += consumer not in known
        if count < self.policy.incident_open:
            return None
        incident_id = new_id(work.now)
        work.unit.insert(
            "incident",
            {
                "id": incident_id,
                "tenant": self.tenant,
                "merchant_id": merchant,
                "scenario": scenario,
                "state": "open",
                "opened_at": work.at,
                "closed_at": None,
                "peak": count,
            },
        )
        members = []
        for complaint in work.unit.find("complaint", *self._window(merchant, scenario, at), order=("id",)):
            for case in work.unit.find("queue_case", ("complaint_id", "=", complaint["id"]), order=("id",)):
                row = work.case(case["id"])
                if row["incident_id"] is None and row["state"] not in {"cancelled", "merged"}:
                    work.save(row, "incident_joined", "system", {"incident_id": incident_id})
                    members.append(row["id"])
        work.event("incident_opened", "system", {"incident": incident_id, "scenario": scenario, "members": members})
        return incident_id

    def _suspects(self, work: Work, row: Row) -> tuple[str, ...]:
        """Cases that a new complaint may double, by order, by consumer and number of the order, or by words; kept as links."""
        since = to_us(work.now - self.policy.duplicate_window)
        orders = {
            other["id"] for other in islice(chain.from_iterable(about_the_order(work.unit, self._mine, row)), MOST)
        }
        if row["consumer_ref"] and row["order_ref"]:
            for other in work.unit.find(
                "complaint",
                self._mine,
                ("consumer_ref", "=", row["consumer_ref"]),
                ("order_ref", "=", row["order_ref"]),
                ("created_at", ">", since),
                order=("id",),
                limit=_PAGE,
            ):
                orders.add(other["id"])
        same = [(other, "same_order", 100) for other in sorted(orders - {row["id"]})]
        mine = from_text(row["fingerprint"])
        if row["merchant_id"] and mine:
            for other in work.unit.find(
                "complaint",
                self._mine,
                ("merchant_id", "=", row["merchant_id"]),
                ("created_at", ">", since),
                order=("created_at",),
                descending=True,
                limit=_PAGE,
            ):
                alike = likeness(mine, from_text(other["fingerprint"]))
                one_consumer = row["consumer_ref"] is None or other["consumer_ref"] in {None, row["consumer_ref"]}
                if other["id"] != row["id"] and one_consumer and alike >= self.policy.near_duplicate:
                    same.append((other["id"], "near_text", round(alike * 100)))
        suspects = []
        for other_id, kind, score in same:
            work.unit.insert(
                "complaint_link",
                {"a": row["id"], "b": other_id, "kind": kind, "tenant": self.tenant, "score": score, "at": work.at},
            )
            case = newest_case(work.unit, other_id)
            if case["id"] not in suspects:
                suspects.append(case["id"])
        return tuple(suspects)
