"""A merchant's standing, and whether its line in a table is published.

Both are decisions on a firm: made by a named person, with reasons and evidence, for a time, open to appeal. Counts alone
never make one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Final

from funnel.errors import InvalidCommandError, InvalidTransitionError, NotEligibleError, UnknownCaseError
from funnel.queue._arguments import an_instant, several
from funnel.queue._base import Base, wording
from funnel.queue._rows import from_us, maybe_at, new_id, to_us
from funnel.queue._store import Row, Test, Unit
from funnel.queue._work import Work
from funnel.queue.audit import canonical
from funnel.queue.model import MerchantStanding

LEVELS: Final = ("watch", "restricted", "blacklisted")
"""What may be said of a merchant, mildest first."""

_PROVEN: Final = frozenset({"settled", "mediated", "referred"})
_LONGEST: Final = dt.timedelta(days=3 * 366)


class Standings(Base):
    """Decisions on merchants. A part of `funnel.queue.Funnel`."""

    def set_standing(
        self,
        merchant_id: str,
        level: str,
        *,
        by: str,
        reason: str,
        evidence: Iterable[str],
        articles: Iterable[str] = (),
        until: dt.datetime,
    ) -> MerchantStanding:
        """Decide on a merchant's standing.

        Args:
            merchant_id: The merchant, as in ``merchant.id`` of the complaints.
            level: ``watch``, ``restricted`` or ``blacklisted``.
            by: A supervisor.
            reason: Why, in words that the merchant may read.
            evidence: Ids of resolved cases about this merchant. Blacklisting needs cases that did not end as rejected or
                withdrawn, and articles.
            articles: What it rests on.
            until: When it ends by itself; at most three years ahead.

        Raises:
            NotEligibleError: ``by`` is no supervisor.
            InvalidCommandError: The evidence does not carry it, or an argument cannot be used.
            UnknownCaseError: A case is unknown.
        """
        words, name = wording(reason), wording(merchant_id, "merchant_id")
        if level not in LEVELS:
            raise InvalidCommandError(
                f"level should be one of {', '.join(LEVELS)}, not {level!r}",
                f"级别应为 {'、'.join(LEVELS)} 之一，不是 {level!r}",
            )
        an_instant(until, "until")
        cases, cited = (
            tuple(dict.fromkeys(several(w, n))) for w, n in ((evidence, "evidence"), (articles, "articles"))
        )
        if not cases:
            raise InvalidCommandError(
                "a standing rests on cases: name at least one as evidence; counts do not do",
                "认定要以案件为据：至少写一件；只有数量不行",
            )
        for article in cited:
            self._expect_article(article)
        if level == "blacklisted" and not cited:
            raise InvalidCommandError("blacklisting needs the articles it rests on", "列入黑名单要写所依据的条文")

        def body(work: Work) -> MerchantStanding:
            work.supervisor(by)
            if not work.now < until <= work.now + _LONGEST:
                raise InvalidCommandError("`until` must lie ahead, at most three years", "until 应在以后，最多三年")
            for case_id in cases:
                row = self._case_row(work.unit, case_id)
                if row["merchant_id"] != name or row["state"] != "resolved":
                    raise InvalidCommandError(
                        f"case {case_id} is no evidence: it is not a resolved case about {name!r}",
                        f"案件 {case_id} 不能作依据：不是关于这个商家的已结案件",
                    )
                if level == "blacklisted" and row["outcome"] not in _PROVEN:
                    raise InvalidCommandError(
                        f"case {case_id} ended as {row['outcome']}: it proves nothing",
                        f"案件 {case_id} 以 {row['outcome']} 结案：证明不了什么",
                    )
            row = {
                "id": new_id(work.now),
                "tenant": self.tenant,
                "merchant_id": name,
                "level": level,
                "reason": self._desk.masker(words),
                "evidence": canonical(list(cases)),
                "articles": canonical(list(cited)),
                "from_at": work.at,
                "to_at": to_us(until),
                "decided_by": by,
                "state": "in_force",
                "appeal": None,
                "appealed_at": None,
                "appeal_by": None,
                "closed_at": None,
            }
            work.unit.insert("standing", row)
            work.event("standing_set", by, row)
            return standing_of(row)

        return self._run(body)

    def appeal_standing(self, standing_id: str, grounds: str, *, actor: str = "merchant") -> MerchantStanding:
        """Take a merchant's appeal in. The decision stands until it is decided.

        Raises:
            InvalidTransitionError: It is appealed already, lifted, or over.
        """
        words = wording(grounds, "grounds")

        def body(work: Work) -> MerchantStanding:
            row = self._standing_row(work, standing_id)
            if row["state"] != "in_force" or row["to_at"] <= work.at:
                raise InvalidTransitionError(
                    f"standing {standing_id} is {row['state']}: nothing to appeal",
                    f"认定 {standing_id} 现在是 {row['state']}：没有可申诉的",
                )
            changes = {"state": "appealed", "appeal": self._desk.masker(words), "appealed_at": work.at}
            work.unit.update("standing", {"id": standing_id}, changes)
            work.event("standing_appealed", actor, {"standing": standing_id, "appeal": changes["appeal"]})
            return standing_of(row | changes)

        return self._run(body)

    def decide_appeal(self, standing_id: str, *, by: str, lift: bool, reason: str) -> MerchantStanding:
        """Decide an appeal. Whoever made the decision may not judge it.

        Args:
            standing_id: The decision appealed against.
            by: Another supervisor.
            lift: Whether the standing is lifted; else it stands, and may not be appealed again.
            reason: Why.

        Raises:
            NotEligibleError: ``by`` is no supervisor, or made the decision.
            InvalidTransitionError: There is no appeal.
        """
        words = wording(reason)

        def body(work: Work) -> MerchantStanding:
            work.supervisor(by)
            row = self._standing_row(work, standing_id)
            if row["state"] != "appealed":
                raise InvalidTransitionError(
                    f"standing {standing_id} is {row['state']}: there is no appeal",
                    f"认定 {standing_id} 现在是 {row['state']}：没有申诉",
                )
            if row["decided_by"] == by:
                raise NotEligibleError(
                    "an appeal is decided by somebody else than who decided first", "申诉由作出认定以外的人决定"
                )
            changes: Row = {"state": "lifted" if lift else "upheld", "appeal_by": by}
            changes["closed_at"] = work.at if lift else None
            work.unit.update("standing", {"id": standing_id}, changes)
            told = {"standing": standing_id, "state": changes["state"], "reason": self._desk.masker(words)}
            work.event("appeal_decided", by, told)
            return standing_of(row | changes)

        return self._run(body)

    def standings(self, merchant_id: str, *, at: dt.datetime | None = None) -> tuple[MerchantStanding, ...]:
        """What is in force about a merchant, oldest first; with the default, now. Lifted and ended ones are left out."""

        def body(unit: Unit) -> tuple[MerchantStanding, ...]:
            moment = to_us(self._now(unit) if at is None else an_instant(at, "at"))
            tests: tuple[Test, ...] = (self._mine, ("merchant_id", "=", merchant_id), ("from_at", "<=", moment))
            found = unit.find("standing", *tests, ("to_at", ">", moment), order=("from_at", "id"))
            return tuple(standing_of(r) for r in found if r["closed_at"] is None or r["closed_at"] > moment)

        return self._read(body)

    def withhold(self, merchant_id: str, withheld: bool, *, by: str, reason: str) -> None:  # noqa: FBT001 (what is decided)
        """Decide whether a merchant's line in league tables is published. A record of a possible conflict of interest.

        Raises:
            NotEligibleError: ``by`` is no supervisor.
        """
        words, name = wording(reason), wording(merchant_id, "merchant_id")

        def body(work: Work) -> None:
            work.supervisor(by)
            key: Row = {"tenant": self.tenant, "merchant_id": name}
            row: Row = {
                "withheld": int(withheld),
                "reason": self._desk.masker(words),
                "decided_by": by,
                "at": work.at,
            }
            if not work.unit.update("publication", key, row):
                work.unit.insert("publication", key | row)
            work.event("publication_decided", by, key | row)

        self._run(body)

    def _standing_row(self, work: Work, standing_id: str) -> Row:
        unit: Unit = work.unit
        row = unit.get("standing", lock=True, id=standing_id, tenant=self.tenant)
        if row is None:
            raise UnknownCaseError(f"no standing {standing_id!r} here", f"没有认定“{standing_id}”")
        return row


def standing_of(row: Row) -> MerchantStanding:
    """A standing from its row."""
    return MerchantStanding(
        id=row["id"],
        merchant_id=row["merchant_id"],
        level=row["level"],
        reason=row["reason"],
        evidence=tuple(json.loads(row["evidence"])),
        articles=tuple(json.loads(row["articles"])),
        from_at=from_us(row["from_at"]),
        to_at=from_us(row["to_at"]),
        decided_by=row["decided_by"],
        state=row["state"],
        appeal=row["appeal"],
        closed_at=maybe_at(row["closed_at"]),
    )
