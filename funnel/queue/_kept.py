"""A decision as the queue keeps it: masked, and without the complaint's words once these are erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from funnel.complaint import Complaint
from funnel.engine._texts import BETWEEN, requoted, resourced
from funnel.queue.masking import UNSHOWN, Masker, Quotes, mask_json

ERASED: Final = "[erased]"
_SAID_OF_THE_SENDER: Final = frozenset({"unknown-fact", "disputed", "unreadable", "unreadable-field"})
"""Steps and reasons whose text names what the sender wrote: names of fields, and sources."""


def kept(decision: Mapping[str, Any], text: str | None, masker: Masker) -> dict[str, Any]:
    """A decision, as JSON, with its personal data masked.

    Every text is masked by itself, and a sentence that quotes the complaint's words has them as they are masked in the whole
    complaint: the words alone do not say any more whose name stands in them.

    Args:
        decision: The decision as the engine made it.
        text: The complaint's text.
        masker: What masks.
    """
    quotes = Quotes(text or "", masker)

    def masked(words: str) -> str:
        return BETWEEN.join(map(masked_quote, words.split(BETWEEN)))

    def masked_quote(words: str) -> str:
        if words in (text or "") or not words.endswith("…"):
            return quotes.masked(words)
        return quotes.masked(words[:-1]) + "…"  # cut short

    found = {}
    for place, line in _lines(decision):
        if (said := requoted(line["text"], masked)) is not None:
            found[place] = mask_json(said, masker)
    result: dict[str, Any] = mask_json(decision, masker)
    for place, line in _lines(result):
        if place in found:
            # A masker may take away what the words are found by when they are erased: then it takes them with it.
            line["text"] = UNSHOWN if requoted(found[place], str) is None else found[place]
    return result


def without_words(decision: dict[str, Any]) -> dict[str, Any]:
    """A decision that was kept, without what the sender of the complaint wrote. What was decided, on which values, stays."""
    for _, line in _lines(decision):
        said = line["text"]
        if _SAID_OF_THE_SENDER & {line.get("step"), line.get("code")}:
            line["text"] = ERASED
            continue
        left = requoted(said, lambda _: ERASED)
        if left is None and line.get("step") == "fact":
            left = resourced(said, _ours)
        line["text"] = said if left is None else left
    return decision | {"passed_through": {}}


def _ours(source: str) -> str:
    """A source where it is a field of the contract; what the sender called it goes."""
    return source if source.partition(".")[0] in Complaint.model_fields else ERASED


def _lines(decision: Mapping[str, Any]) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Every part of a decision whose text may quote the complaint, with its place."""
    reasons = (decision.get("referral") or {}).get("reasons", ())
    told = {
        "explanation": decision.get("explanation", ()),
        "reasons": reasons,
        "questions": decision.get("questions", ()),
    }
    for name, lines in told.items():
        for number, line in enumerate(lines):
            yield (name, number), line
