"""Settlement offers, from the draft to the end."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from funnel.errors import (
    InvalidCommandError,
    InvalidTransitionError,
    StaleVersionError,
    UnknownCaseError,
)
from funnel.queue._arguments import claim_key, offer_key
from funnel.queue._base import Base, remark, wording
from funnel.queue._rows import (
    case_of,
    from_us,
    to_us,
)
from funnel.queue._store import Row
from funnel.queue._work import Work
from funnel.queue.model import (
    HELD,
    Case,
    Offer,
    Side,
)


class Offers(Base):
    """Settlement offers, from the draft to the end. A part of `funnel.queue.Funnel`."""

    def send_offer(self, case_id: str, *, actor: str = "system", command_id: str | None = None) -> Case:
        """Send a drafted offer to both parties; the time to respond starts.

        Raises:
            InvalidTransitionError: There is no drafted offer.
        """

        def body(work: Work) -> Case:
            row = work.case(case_id)
            offer = self._live(work, row, "drafted")
            until = work.now + self.policy.merchant_response
            work.unit.update(
                "offer", {"id": offer["id"]}, {"state": "offered", "sent_at": work.at, "respond_by": to_us(until)}
            )
            return case_of(work.save(row, "offer_sent", actor, {"wait_until": until}, {"offer": offer["id"]}))

        return self._command("send_offer", body, command_id, case_id, actor)

    def answer_offer(
        self,
        case_id: str,
        side: Side,
        reply: str,
        *,
        note: str = "",
        offer: Offer | int | None = None,
        actor: str | None = None,
        command_id: str | None = None,
    ) -> Case:
        """Take in what a side says to the offer before it.

        Both have to accept: then the case is resolved as settled. A merchant who counters is offered the next concession
        of the strategy, with a new time to respond; after the last one, and wherever the consumer does not accept, a
        person takes over.

        Args:
            case_id: The case.
            side: ``merchant`` or ``consumer``.
            reply: ``accept``, ``counter`` or ``reject``.
            note: Their words; kept masked. A counter needs them.
            offer: Which offer they answer: its ``seq``, or the `Offer` itself. Always give it where an answer comes from
                outside: one that is late or sent twice is else booked on whatever offer stands by then. The same answer to the
                same offer again changes nothing.
            actor: Who typed it in; default: the side.
            command_id: As in `answer`.

        Raises:
            InvalidTransitionError: No offer is before the parties, or it has lapsed.
            InvalidCommandError: The reply is none of the three, or the side has answered otherwise already.
            StaleVersionError: ``offer`` is not the one that stands.
            UnknownCaseError: The case has no such offer.
        """
        if side not in ("merchant", "consumer"):
            raise InvalidCommandError(
                f"side should be 'merchant' or 'consumer', not {side!r}",
                f"哪一方应为 merchant 或 consumer，不是 {side!r}",
            )
        if reply not in ("accept", "counter", "reject"):
            raise InvalidCommandError(
                f"reply should be 'accept', 'counter' or 'reject', not {reply!r}",
                f"回复应为 accept、counter 或 reject，不是 {reply!r}",
            )
        words = remark(note)
        if reply == "counter" and not words:
            raise InvalidCommandError("a counter-offer needs its words in `note`", "还价要在 `note` 里写明")

        seq = offer_key(offer, case_id)

        def body(work: Work) -> Case:
            row = work.case(case_id)
            said = {side: reply, "note": self._desk.masker(words) or None}
            if self._said_already(work, row, seq, side, said):
                return case_of(row)
            standing = self._standing_offer(work, row, seq)
            if standing["respond_by"] <= work.at:
                raise InvalidTransitionError(
                    f"the offer on case {case_id} has lapsed; a person takes over at the next sweep",
                    f"案件 {case_id} 的方案已过期；下次扫描后由人接手",
                )
            if standing[side] is not None:
                raise InvalidCommandError(
                    f"the {side} has answered this offer already: {standing[side]}",
                    f"{side} 已经答复过这个方案：{standing[side]}",
                )
            data = {"offer": standing["id"], "side": side, "reply": reply, "note": said["note"]}
            who = actor or side
            other = standing["consumer" if side == "merchant" else "merchant"]
            if reply == "accept" and other == "accept":
                work.unit.update("offer", {"id": standing["id"]}, said | {"state": "accepted", "closed_at": work.at})
                return case_of(self._both_accept(work, row, who, data))
            if reply == "accept":
                return case_of(self._one_accepts(work, row, standing, side, said, who, data))
            closed = "countered" if reply == "counter" else "declined"
            work.unit.update("offer", {"id": standing["id"]}, said | {"state": closed, "closed_at": work.at})
            return case_of(self._refused(work, row, standing, side, reply, who, data))

        return self._command("answer_offer", body, command_id, case_id, side, reply, note, actor, seq)

    def _said_already(self, work: Work, row: Row, seq: int | None, side: Side, said: Row) -> bool:
        """Whether a side has given this very answer to the offer it names, or to the one that stands where it names none."""
        found = work.live_offer(row) if seq is None else self._offer(work, row, seq)
        if found is None or found[side] != said[side]:
            return False
        answer = {"offer": found["id"], "side": side, "reply": said[side], "note": said["note"]}
        events = work.unit.find("event", self._mine, ("case_id", "=", row["id"]))
        return any(json.loads(event["data"]).items() >= answer.items() for event in events)

    def _offer(self, work: Work, row: Row, seq: int) -> Row:
        found = work.unit.get("offer", case_id=row["id"], seq=seq)
        if found is None:
            raise UnknownCaseError(f"case {row['id']} has no offer {seq}", f"案件 {row['id']} 没有第 {seq} 个方案")
        return found

    def _standing_offer(self, work: Work, row: Row, seq: int | None) -> Row:
        """The offer that is before the parties, where it is the one that was named."""
        if seq is not None and (named := self._offer(work, row, seq))["state"] not in {"drafted", "offered"}:
            raise StaleVersionError(
                f"offer {seq} on case {row['id']} is {named['state']} and stands no more; look at the offer that does",
                f"案件 {row['id']} 的第 {seq} 个方案已是 {named['state']}，不再有效；先看现在的方案",
            )
        return self._live(work, row, "offered")

    def _both_accept(self, work: Work, row: Row, who: str, data: dict[str, Any]) -> Row:
        if row["state"] in HELD:
            # A person made this offer and ends the case himself; what was agreed stands in the record.
            return work.save(row, "offer_accepted", who, self._resumed(work, row), data)
        if row["incident_id"] is not None and self._is_open(work.unit, row["incident_id"]):
            return work.save(row, "offer_accepted", who, work.free(row), data | {"incident": row["incident_id"]})
        return self._close(work, row, "offer_accepted", who, "resolved", "settled", "offer_accepted", data)

    def _one_accepts(
        self, work: Work, row: Row, offer: Row, side: Side, said: Row, who: str, data: dict[str, Any]
    ) -> Row:
        changes: dict[str, Any] = {}
        if side == "merchant":
            until = work.now + self.policy.consumer_response
            said["respond_by"] = max(offer["respond_by"], to_us(until))
            changes["wait_until"] = from_us(said["respond_by"])
        work.unit.update("offer", {"id": offer["id"]}, said)
        return work.save(row, "offer_answered", who, changes, data)

    def _refused(self, work: Work, row: Row, offer: Row, side: Side, reply: str, who: str, data: dict[str, Any]) -> Row:
        if row["state"] in HELD:
            return work.save(row, "offer_answered", who, self._resumed(work, row), data)
        rung = offer["rung"]
        if side == "merchant" and reply == "counter" and rung is not None:
            texts = self._texts(work.unit, row["complaint_id"])
            if rung + 1 < len(texts):
                until = work.now + self.policy.merchant_response
                new = work.make_offer(
                    row["id"],
                    offer["seq"] + 1,
                    rung=rung + 1,
                    text=texts[rung + 1],
                    amount=None,
                    send=True,
                    respond_by=until,
                )
                return work.save(row, "offer_next", who, {"wait_until": until}, data | {"next": new})
        return work.save(row, "offer_refused", who, work.free(row), data)

    def propose(
        self,
        claim: Case,
        text: str,
        *,
        amount: int | None = None,
        within: dt.timedelta | None = None,
        command_id: str | None = None,
    ) -> Case:
        """Put an offer of one's own to both parties; the case waits for the merchant until it is answered or lapses.

        Args:
            claim: The case as claimed.
            text: What is proposed.
            amount: Fen that would be paid.
            within: How long the parties have; default: the policy's time for merchants.
            command_id: As in `answer`.

        Raises:
            StaleClaimError: The caller does not hold the case any more.
        """
        words = wording(text, "text")
        span = self.policy.merchant_response if within is None else within
        if not isinstance(span, dt.timedelta) or span <= dt.timedelta(0):
            raise InvalidCommandError(
                "`within` must be positive, such as timedelta(hours=24)", "`within` 应大于零，如 timedelta(hours=24)"
            )
        if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int) or amount < 0):
            raise InvalidCommandError(
                "`amount` is in fen, a whole number, and not negative", "`amount` 以分为单位，是不小于零的整数"
            )

        def body(work: Work) -> Case:
            row = work.owned(claim, "claimed")
            work.close_offer(row, "withdrawn")
            until = work.now + span
            offer = work.make_offer(
                row["id"],
                self._next_offer(work, row["id"]),
                rung=None,
                text=words,
                amount=amount,
                send=True,
                respond_by=until,
            )
            broken = [*work.stop_clocks(row, ("response",)), *work.pause_clocks(row, "merchant")]
            changes = {
                "state": "waiting_merchant",
                "lease_until": None,
                "wait_reason": "offer",
                "wait_until": until,
                "next_due": work.nearest(row),
            }
            return case_of(work.save(row, "offer_made", claim.owner or "", changes, {"offer": offer, "broken": broken}))

        return self._command("propose", body, command_id, *claim_key(claim), text, amount, span)

    def request_human(
        self, case_id: str, reason: str, *, actor: str = "consumer", command_id: str | None = None
    ) -> Case:
        """Bring a case from the machine to a person. It cannot be switched off, and whoever asked need not say why twice.

        Raises:
            InvalidTransitionError: The case is closed.
        """
        words = wording(reason)

        def body(work: Work) -> Case:
            row = work.case(case_id)
            if row["state"] == "queued" or row["state"] in HELD:
                if not self._only_doubted(work, row):
                    return case_of(row)
                # A person has it already; that one was asked for is kept, so that no later answer takes it from people.
                data = {"reason": self._desk.masker(words)}
                return case_of(work.save(row, "human_requested", actor, {}, data))
            work.expect(row, "asked", "offered")
            return case_of(work.to_queue(row, "human_requested", actor, {"reason": self._desk.masker(words)}))

        return self._command("request_human", body, command_id, case_id, reason, actor)
