"""What becomes of a complaint over which the engine itself fails, where there are people to give it to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from funnel.batch.deciding import ENGINE_ERROR, crash
from funnel.complaint import Complaint
from funnel.decision import Decision, PackRef, Reason, Referral
from funnel.engine._arguments import to_complaint
from funnel.engine.engine import Engine
from funnel.errors import FunnelError


class HandingOver(Engine):
    """An `Engine` that refers a complaint to a person where it fails over it, instead of raising.

    For who takes complaints into a queue: nothing is known of such a one, so that it is a person's as what no rule
    recognises is (the pack's ``unmatched_tier``), with the reason ``engine-error`` and the kind of the error alone, since
    its message may hold personal data.
    """

    def decide(self, complaint: Complaint | Mapping[str, Any], *, as_of: dt.date | None = None) -> Decision:
        """Decide one complaint, as `Engine.decide`.

        Raises:
            ComplaintError: As `Engine.decide`: what does not fit the contract is no failure of the engine.
        """
        parsed = to_complaint(complaint)
        try:
            return super().decide(parsed, as_of=as_of)
        except FunnelError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the complaint must not be lost)
            tier = self.pack.manifest.unmatched_tier
            reason = Reason(code=ENGINE_ERROR, text=crash(error).text(self.lang))
            return Decision(
                complaint_id=parsed.id,
                outcome="refer",
                tier=tier,
                recognised=False,
                referral=Referral(tier=tier, reasons=(reason,)),
                pack=PackRef(id=self.pack.id, digest=self.pack.digest),
                as_of=as_of or self._day(parsed),
                language=self.lang,
                passed_through=parsed.unknown_fields,
            )


def was_handed_over(decision: Decision) -> bool:
    """Whether the engine failed over its complaint, so that nothing was decided but that a person looks."""
    return decision.referral is not None and any(reason.code == ENGINE_ERROR for reason in decision.referral.reasons)
