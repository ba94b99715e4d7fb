"""What every part of the service stands on: units of work, the tenant's key, the vault."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeVar, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.engine._arguments import to_complaint
from funnel.engine.decide import Reasoning
from funnel.engine.engine import Clock as Clockwork
from funnel.engine.engine import Engine
from funnel.errors import (
    CipherError,
    ErasedError,
    FunnelError,
    InvalidCommandError,
    InvalidTransitionError,
    StoreBusyError,
    StoreError,
    UnknownCaseError,
)
from funnel.facts.intake import localise
from funnel.law.promised import end_of, soonest
from funnel.law.register import LawError
from funnel.law.time_limits import Calendar
from funnel.pack.model import Pack
from funnel.queue._arguments import a_name, case_key, expect_parts, to_connection, to_store
from funnel.queue._orders import order_cases
from funnel.queue._rows import (
    case_of,
    case_row,
    from_us,
    to_us,
)
from funnel.queue._sql import SqlStore
from funnel.queue._store import ConflictError, Row, Store, Test, TransientError, Unit
from funnel.queue._tables import is_writable
from funnel.queue._work import Desk, Work, first_head
from funnel.queue.masking import Masker, mask, mask_json
from funnel.queue.model import (
    Case,
)
from funnel.queue.policy import Promise, QueuePolicy, as_ruled

T = TypeVar("T")

_TRIES: Final = 8
_PAGE: Final = 500
_HARDEST: Final[Mapping[str, int]] = {"refer": 2, "ask": 1, "settle": 0}
_OUTCOMES: Final = frozenset({"settled", "mediated", "rejected", "withdrawn", "referred"})
_INCIDENT_FACT: Final = "group_incident"
DEADLINES: Final = ("respond_by", "resolve_by")
"""Where a decision tells what is promised."""
_UNDECIDED: Final = frozenset(
    {
        "opened",
        "answered",
        "offer_sent",
        "claimed",
        "assigned",
        "released",
        "lease_expired",
        "owner_inactive",
        "revealed",
        "responded",
        "waiting",
        "resumed",
        "breached",
        "deadline_moved",
    }
)
"""Events by which nobody has decided anything on a case, nor asked for a person."""


class Cipher(Protocol):
    """Encrypts what the vault holds. The key is the embedder's affair."""

    def encrypt(self, plain: bytes) -> bytes:
        """The bytes made unreadable."""
        ...

    def decrypt(self, secret: bytes) -> bytes:
        """What `encrypt` was given."""
        ...


class Base:
    """The ground of `funnel.queue.Funnel`; see there."""

    def __init__(
        self,
        pack: Pack | Engine | str | Path,
        store: Store | str | Path,
        *,
        tenant: str = "default",
        policy: QueuePolicy | None = None,
        calendar: Calendar | None = None,
        clock: Clockwork | None = None,
        masker: Masker = mask,
        cipher: Cipher | None = None,
    ) -> None:
        self._engine = pack if isinstance(pack, Engine) else Engine(pack)
        self._store: Store = to_store(store)
        self._clock = self._engine.own_clock if clock is None else clock
        self._cipher = cipher
        self._secret: bytes | None = None
        expect_parts(policy=policy, calendar=calendar, clock=clock, masker=masker, cipher=cipher)
        manifest = self._engine.pack.manifest
        self._desk = Desk(
            tenant=a_name(tenant, "tenant"),
            tiers=tuple(manifest.tiers),
            policy=policy or QueuePolicy(),
            calendar=calendar or self._engine.pack.calendar,
            zone=ZoneInfo(manifest.timezone),
            masker=masker,
            civil_code=manifest.jurisdiction == "CN",
        )

    @property
    def engine(self) -> Engine:
        """What decides."""
        return self._engine

    @property
    def tenant(self) -> str:
        """Whose queue this is."""
        return self._desk.tenant

    @property
    def policy(self) -> QueuePolicy:
        """How the desk works."""
        return self._desk.policy

    @property
    def store(self) -> Store:
        """Where it is kept."""
        return self._store

    def bind(self, connection: sa.Connection) -> Self:
        """The same funnel inside the embedder's own transaction: both are kept when that is committed, or neither.

        Args:
            connection: A connection with a transaction begun, to the database that holds the queue's tables: of
                ``SqlStore(…).engine``, or of an engine of your own. On SQLite that must come from `sqlite_engine`.

        Raises:
            InvalidCommandError: It is no connection, has no transaction, or is one of SQLite that begins too late.
        """
        to_connection(connection)
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        prefix = self._store.prefix if isinstance(self._store, SqlStore) else ""
        other._store = SqlStore.over(connection, prefix=prefix)
        return other

    def close(self) -> None:
        """Close the store; of a bound funnel nothing, as the connection is the embedder's."""
        self._store.close()

    def __enter__(self) -> Self:
        """Itself: ``with Funnel(…) as desk`` closes it at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def evaluate(self, complaint: Complaint | Mapping[str, Any], *, as_of: dt.date | None = None) -> Decision:
        """What would be decided and promised here, without keeping anything. See `Engine.decide`.

        Where nothing says when it was received, today is what the desk's own clock says, where it has one.
        """
        parsed = to_complaint(complaint)
        if parsed.received_at is None:
            if as_of is None and self._clock is not None:
                as_of = self._told(self._clock()).astimezone(self._desk.zone).date()
            return self._engine.decide(parsed, as_of=as_of)
        return self._with_promises(
            self._engine.decide(parsed, as_of=as_of), localise(parsed.received_at, self._desk.zone)
        )

    def _resumed(self, work: Work, row: Row) -> dict[str, Any]:
        lease = self.policy.lease
        return {
            "state": "claimed",
            "lease_until": work.now + lease if lease else None,
            "wait_reason": None,
            "wait_until": None,
            "next_due": work.resume_clocks(row),
        }

    def _close(
        self,
        work: Work,
        row: Row,
        kind: str,
        actor: str,
        state: str,
        outcome: str | None,
        code: str | None,
        data: Mapping[str, Any],
        **extra: Any,
    ) -> Row:
        work.close_offer(row, "withdrawn")
        broken = work.stop_clocks(row, ("response", "resolution"))
        changes = {
            "state": state,
            "owner": None,
            "lease_until": None,
            "wait_reason": None,
            "wait_until": None,
            "outcome": outcome,
            "code": code,
            "closed_at": work.now,
            "next_due": None,
        } | extra
        return work.save(row, kind, actor, changes, {**data, "broken": broken})

    def _route(self, work: Work, row: Row, decision: Decision, incident: str | None, data: dict[str, Any]) -> Row:
        """Where a decision sends a case, as columns. Makes the offer where it is settled, and no other case is about its order.

        What there is to tell of that goes into ``data``.
        """
        if incident is not None or decision.outcome == "refer":
            return {"state": "queued"}
        if decision.outcome == "ask":
            if row["rounds"] >= self.policy.max_rounds:
                return {"state": "queued"}
            until = to_us(work.now + self.policy.answer_within)
            return {"state": "asked", "queued_at": None, "wait_until": until, "rounds": row["rounds"] + 1}
        if others := self._order_cases(work, row):
            data["same_order"] = [other["id"] for other in others]
            return {"state": "queued"}
        texts = ladder_of(decision)
        respond_by = work.now + self.policy.merchant_response
        work.make_offer(
            row["id"],
            self._next_offer(work, row["id"]),
            rung=0,
            text=texts[0],
            amount=amount_of(decision),
            send=self.policy.auto_offer,
            respond_by=respond_by,
        )
        return {"state": "offered", "queued_at": None, "wait_until": to_us(respond_by)}

    def _passed_on(self, work: Work, row: Row, decision: Decision, data: dict[str, Any]) -> dict[str, Any]:
        """What a case looks like that goes where a decision sends it; what is broken by then goes into ``data``."""
        work.close_offer(row, "withdrawn")
        routed = self._route(work, row, decision, row["incident_id"], data)
        changes = work.free(row)
        if routed["state"] != "queued":
            data["broken"] = work.stop_clocks(row, ("response",))
            changes |= routed | {"wait_until": from_us(routed["wait_until"])}
        return changes | {"next_due": work.nearest(row)}

    def _order_cases(self, work: Work, row: Row) -> list[Row]:
        """Other cases about the order of a case, for whom that decides: none is opened, moved or ended meanwhile."""
        complaint = present(work.unit.get("complaint", id=row["complaint_id"]))
        if complaint["order_key"] is None:
            return []
        work.chain()  # of two units, whichever comes second sees what the first one made
        return order_cases(work.unit, self._mine, complaint, row["id"])

    def _only_doubted(self, work: Work, row: Row) -> bool:
        """Whether a case is with people for nothing but what decisions said of it.

        It is not where anybody wanted people to have it, where the parties let a question or an offer lapse or refused one,
        and not in a mass incident.
        """
        events = work.unit.find("event", self._mine, ("case_id", "=", row["id"]))
        return row["incident_id"] is None and all(event["type"] in _UNDECIDED for event in events)

    def _next_offer(self, work: Work, case_id: str) -> int:
        return 1 + sum(work.unit.tally("offer", (), ("case_id", "=", case_id)).values())

    def _tier(self, decision: Decision) -> str:
        return decision.tier or self._engine.pack.manifest.unmatched_tier

    def _promises(self, decision: Decision, started: dt.datetime) -> tuple[Promise, ...]:
        """What a case is promised: of the rules that decide what ends first, else what the pack says."""
        pack = self._engine.pack
        respond, resolve = pack.promised(matter.rule for matter in decision.matters if matter.rule in pack.rules)
        first = partial(soonest, start=started, calendar=self._desk.calendar, zone=self._desk.zone)
        return as_ruled(self.policy.promises, {"response": first(respond), "resolution": first(resolve)})

    def _reasoned(self, complaint: Complaint, as_of: dt.date) -> Reasoning | None:
        """What a decision rests on; None where the engine fails over it, which is for who decides to tell."""
        try:
            return self._engine.reason(complaint, as_of=as_of)
        except FunnelError:
            raise
        except Exception:  # noqa: BLE001 (whatever it is: what stands beside a decision must not hide it)
            return None

    def _with_promises(self, decision: Decision, received: dt.datetime) -> Decision:
        """A decision that tells the deadlines which its case will have: a desk may promise otherwise than the pack does."""
        desk = self._desk
        due = {
            promise.kind: to_us(end_of(promise.unit, promise.target, received, desk.calendar, desk.zone)[0])
            for promise in self._promises(decision, received)
        }
        return self._telling(decision, due.get("response"), due.get("resolution"))

    def _telling(self, decision: Decision, respond: int | None, resolve: int | None) -> Decision:
        """A decision with deadlines as the queue keeps them."""
        by = (None if due is None else from_us(due).astimezone(self._desk.zone) for due in (respond, resolve))
        return decision.model_copy(update=dict(zip(DEADLINES, by, strict=True)))

    def _live(self, work: Work, row: Row, state: str) -> Row:
        offer = work.live_offer(row)
        if offer is None or offer["state"] != state:
            raise InvalidTransitionError(
                f"case {row['id']} has no {state} offer", f"案件 {row['id']} 没有 {state} 状态的方案"
            )
        return offer

    def _texts(self, unit: Unit, complaint_id: str) -> list[str]:
        """The ladder of the last decision that settled."""
        for row in reversed(self._decisions(unit, complaint_id)):
            if row["outcome"] == "settle":
                return ladder_of(Decision.model_validate(json.loads(row["decision"])))
        return []

    def _is_open(self, unit: Unit, incident_id: str) -> bool:
        row = unit.get("incident", id=incident_id)
        return row is not None and row["state"] == "open"

    def _window(self, merchant: str, scenario: str, at: dt.datetime) -> tuple[Test, ...]:
        return (
            self._mine,
            ("merchant_id", "=", merchant),
            ("scenario", "=", scenario),
            ("received_at", ">", to_us(at - self.policy.incident_window)),
            ("received_at", "<=", to_us(at)),
        )

    def _in_window(self, work: Work, merchant: str, scenario: str, at: dt.datetime) -> tuple[int, frozenset[str]]:
        """How many consumers complained in the window, and who; each complaint of somebody unknown counts as one's own.

        Consumers and not complaints: else one person who files ten times makes a crowd of himself.
        """
        counts = work.unit.tally("complaint", ("consumer_ref",), *self._window(merchant, scenario, at))
        known = frozenset(ref for (ref,) in counts if ref is not None)
        return len(known) + counts.get((None,), 0), known

    @property
    def _mine(self) -> Test:
        return ("tenant", "=", self._desk.tenant)

    def _run(self, body: Callable[[Work], T], *, command_id: str | None = None) -> T:
        """Run a unit of work, again where two units met. In somebody else's transaction there is no again."""
        bound = isinstance(self._store, SqlStore) and self._store.is_bound
        for left in reversed(range(1 if bound else _TRIES)):
            try:
                with self._store.unit() as unit:
                    self._tenant(unit)
                    return body(Work(self._desk, unit, self._now(unit), command_id))
            except (ConflictError, TransientError) as error:
                if not left:
                    raise StoreBusyError(
                        f"other writers were always faster: {error}", "别人一直在写；什么也没有改，稍后再试"
                    ) from error
        raise AssertionError("unreachable")

    def _command(self, command: str, body: Callable[[Work], T], command_id: str | None, *args: Any) -> T:
        """Run a command on a case; the same ``command_id`` gives the first result again."""
        if command_id is None:
            return self._run(body)
        name = a_name(command_id, "command_id")
        # As JSON with its keys in order: whoever sends it again need not write them in the same one.
        plain = json.dumps([command, args], sort_keys=True, default=repr)
        digest = hashlib.sha256(plain.encode()).hexdigest()

        def once(work: Work) -> T:
            key: Row = {"tenant": self.tenant, "command_id": name}
            known = work.unit.get("command", **key)
            if known is not None:
                if known["args_digest"] != digest:
                    raise InvalidCommandError(
                        f"command id {name!r} was used for another command before", f"命令号“{name}”已用于另一条命令"
                    )
                stored = json.loads(known["result"])
                return cast("T", case_of(stored) if stored is not None else None)
            result = body(work)
            kept = case_row(result) if isinstance(result, Case) else None
            work.unit.insert(
                "command",
                key | {"name": command, "args_digest": digest, "result": json.dumps(kept), "at": work.at},
            )
            return result

        return self._run(once, command_id=name)

    def _read(self, body: Callable[[Unit], T]) -> T:
        with self._store.reader() as unit:
            return body(unit)

    def _now(self, unit: Unit) -> dt.datetime:
        return self._told(self._clock() if self._clock is not None else unit.now() or dt.datetime.now(dt.UTC))

    @staticmethod
    def _told(moment: dt.datetime) -> dt.datetime:
        """What a clock told, in UTC."""
        if not isinstance(moment, dt.datetime) or moment.tzinfo is None:
            raise InvalidCommandError(
                "the clock should tell a datetime with an offset, such as datetime.now(UTC)",
                "clock 应给出带时区的 datetime，如 datetime.now(UTC)",
            )
        return moment.astimezone(dt.UTC)

    def _tenant(self, unit: Unit) -> None:
        row = unit.get("tenant", id=self.tenant)
        if row is None:
            row = {
                "id": self.tenant,
                "secret": secrets.token_hex(32),
                "created_at": to_us(self._now(unit)),
            } | first_head()
            unit.insert("tenant", row)
        self._secret = bytes.fromhex(str(row["secret"]))

    def _digest(self, data: bytes) -> str:
        if self._secret is None:
            row = self._read(lambda unit: unit.get("tenant", id=self.tenant))
            if row is None:
                raise StoreError(f"tenant {self.tenant!r} has no record", f"租户“{self.tenant}”没有记录")
            self._secret = bytes.fromhex(str(row["secret"]))
        return hmac.new(self._secret, data, hashlib.sha256).hexdigest()

    def _ref(self, value: str | None) -> str | None:
        return self._digest(value.encode()) if value else None

    def _mask(self, complaint: Complaint) -> Any:
        plain = complaint.model_dump(mode="json", exclude_none=True)
        masked = mask_json(plain, self._desk.masker)
        if "id" in plain.get("consumer", {}):
            masked["consumer"]["id"] = f"[{(self._ref(plain['consumer']['id']) or '')[:12]}]"
        return masked

    def _open_vault(self, unit: Unit, complaint_id: str, seq: int) -> dict[str, Any]:
        row = self._expect_words(unit, complaint_id, seq)
        raw = self._ciphered("decrypt", row["raw"])
        try:
            return cast("dict[str, Any]", json.loads(bytes(raw)))
        except ValueError as error:
            raise CipherError(
                "the complaint's words cannot be read: another key, or the cipher is missing or another one",
                "投诉的内容读不出来：密钥不对，或者缺少 cipher、cipher 不是原来那个",
            ) from error

    def _ciphered(self, way: str, data: bytes) -> bytes:
        """What the cipher makes of some bytes, as they are where there is none."""
        if self._cipher is None:
            return data
        try:
            return bytes(getattr(self._cipher, way)(bytes(data)))
        except FunnelError:
            raise
        except Exception as error:
            raise CipherError(
                f"the cipher failed to {way} ({type(error).__name__}); nothing was changed",
                f"cipher 的 {way} 失败（{type(error).__name__}）；什么也没有改",
            ) from error

    def _expect_words(self, unit: Unit, complaint_id: str, seq: int) -> Row:
        row = unit.get("vault", complaint_id=complaint_id, seq=seq, tenant=self.tenant)
        if row is None:
            raise ErasedError("the complaint's words have been erased", "投诉的内容已删除")
        return row

    def _decisions(self, unit: Unit, complaint_id: str) -> list[Row]:
        return unit.find("decision", ("complaint_id", "=", complaint_id), order=("seq",))

    def _case_row(self, unit: Unit, case_id: str) -> Row:
        row = unit.get("queue_case", id=case_key(case_id), tenant=self.tenant)
        if row is None:
            raise UnknownCaseError(f"no case {case_id!r} here", f"没有案件“{case_id}”")
        return row

    def _expect_article(self, article: str) -> None:
        try:
            self._engine.pack.register.parse_citation(article)
        except LawError as error:
            raise InvalidCommandError(f"basis {article!r}: {error}", f"依据“{article}”查不到：{error}") from None

    def __repr__(self) -> str:
        """Name the tenant and the pack."""
        return f"Funnel({self._engine.pack!r}, tenant={self.tenant!r})"


def due_cases(unit: Unit, tenant: str, at: int, limit: int) -> list[str]:
    """Ids of cases for which something has fallen due."""
    mine: Test = ("tenant", "=", tenant)
    leases = unit.find("queue_case", mine, ("lease_until", "<=", at), order=("lease_until",), limit=limit)
    waits = unit.find("queue_case", mine, ("wait_until", "<=", at), order=("wait_until",), limit=limit)
    clocks = unit.find(
        "clock",
        mine,
        ("due_at", "<=", at),
        ("stopped_at", "is null", None),
        ("breached_at", "is null", None),
        order=("due_at",),
        limit=limit,
    )
    open_ended = unit.find(
        "clock", mine, ("provisional", "=", 1), ("stopped_at", "is null", None), order=("case_id",), limit=limit
    )
    gone = [row["id"] for row in unit.find("agent", mine, ("active", "=", 0))]
    left = unit.find("queue_case", mine, ("owner", "in", gone), order=("id",), limit=limit) if gone else []
    ids = [row["id"] for row in (*leases, *waits, *left)] + [row["case_id"] for row in (*clocks, *open_ended)]
    return sorted(set(ids))[:limit]


def newest_case(unit: Unit, complaint_id: str) -> Row:
    found = unit.find("queue_case", ("complaint_id", "=", complaint_id), order=("id",), descending=True, limit=1)
    if not found:
        raise StoreError(f"complaint {complaint_id} has no case", f"投诉 {complaint_id} 没有案件")
    return found[0]


def present(row: Row | None) -> Row:
    if row is None:
        raise StoreError("a row that must be there is gone", "应有的一行记录不见了")
    return row


def bytes_of(complaint: Complaint) -> bytes:
    """A complaint as it came: what was left out stays out, and a field that was sent empty stays, as it says something."""
    return complaint.model_dump_json(exclude_unset=True).encode()


def contents_of(complaint: Complaint, zone: ZoneInfo) -> bytes:
    """What a complaint says, whichever offset its instants are written with and in whichever order its fields stand."""

    def told(value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return localise(value, zone).astimezone(dt.UTC).isoformat()
        if isinstance(value, dict):
            return {str(key): told(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [told(one) for one in value]
        return value

    return json.dumps(told(complaint.model_dump(exclude_unset=True)), sort_keys=True, default=str).encode()


def scenario_of(decision: Decision) -> str | None:
    """The scenario of the hardest matter; the first of those equally hard."""
    if not decision.matters:
        return None
    return max(decision.matters, key=lambda matter: _HARDEST[matter.outcome]).scenario


def ladder_of(decision: Decision) -> list[str]:
    """What is proposed, then each concession, as texts."""
    settled = [matter for matter in decision.matters if matter.outcome == "settle"]
    strategies = [matter.strategy for matter in settled if matter.strategy is not None]
    opening = "\n".join(strategy.opening for strategy in strategies) or "\n".join(matter.title for matter in settled)
    return [opening, *(text for strategy in strategies for text in strategy.concessions)]


def amount_of(decision: Decision) -> int | None:
    """What the settlement costs in fen; None where it is not about money."""
    amounts = [
        int(remedy.amount.replace(".", ""))
        for matter in decision.matters
        if matter.outcome == "settle"
        for remedy in matter.remedies
        if remedy.amount is not None and remedy.payer != "consumer"
    ]
    return sum(amounts) if amounts else None


def wording(value: str, what: str = "reason") -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidCommandError(
            f"`{what}` must say something; it stands in the record", f"要写明 `{what}`，它会留在记录里"
        )
    if not is_writable(value):
        raise InvalidCommandError(
            f"`{what}` contains a NUL character or a lone surrogate", f"`{what}` 含有 NUL 或残缺的字符"
        )
    return value.strip()


def remark(value: str) -> str:
    """A note that may be empty."""
    return "" if isinstance(value, str) and not value.strip() else wording(value, "note")
