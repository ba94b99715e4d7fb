"""How an answer joins what a complaint's ``facts`` say already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from funnel.errors import Problem
from funnel.facts.intake import is_several
from funnel.facts.values import GRADES, Grade

PARTIES: Final = frozenset({"consumer", "merchant"})
"""Whose answers are what they say: no document that was looked at, and no record."""


def is_party(actor: str) -> bool:
    """Whether an answer is a party's own, however its name is written."""
    return actor.strip().casefold() in PARTIES


def too_high(facts: Mapping[str, Any]) -> list[Problem]:
    """The answers of a party that claim to be more than *stated*."""
    return [
        Problem(
            f"facts.{name}.grade",
            "当事人自己的答复只能是 stated；单据、记录由看过的人来写，actor 写他的名字",
            "what a party answers is stated, no more; whoever has seen the document or keeps the record states it, as `actor`",
        )
        for name, value in facts.items()
        if any(_grade(entry) > Grade.STATED for entry in _entries(value))
    ]


def joined(before: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a complaint after an answer.

    An answer takes the place of what was known no better. What is known better stays beside it, as another source: where the
    two differ the fact is disputed, and a person looks.
    """
    return {**before, **{name: _beside(before.get(name), answer) for name, answer in answers.items()}}


def _beside(before: Any, answer: Any) -> Any:
    best = max(map(_grade, _entries(answer)), default=Grade.STATED)
    better = [entry for entry in _entries(before) if _grade(entry) > best]
    return [*better, *_entries(answer)] if better else answer


def _entries(value: Any) -> Iterator[Any]:
    yield from value if is_several(value) else [value]


def _grade(entry: Any) -> Grade:
    word = entry.get("grade") if isinstance(entry, dict) else None
    return GRADES.get(word, Grade.STATED) if isinstance(word, str) else Grade.STATED
