"""How an answer joins what a complaint's ``facts`` say already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from funnel.errors import Problem
from funnel.facts.intake import is_several
from funnel.facts.values import GRADES, Grade
from funnel.facts.vocabulary import MEANT

PARTIES: Final = frozenset({"consumer", "merchant"})
"""Whose answers are what they say: no document that was looked at, and no record."""


def party(actor: str) -> str | None:
    """Which party's own an answer is, however its name is written; None where it is somebody's of the desk."""
    name = actor.strip().casefold()
    return name if name in PARTIES else None


def too_high(facts: Mapping[str, Any]) -> list[Problem]:
    """The answers of a party that claim to be more than *stated*."""
    return [
        Problem(
            f"facts.{name}.grade",
            "当事人自己的答复只能是 stated；单据、记录由看过的人来写，`actor` 写他的名字",
            "what a party answers is stated, no more; whoever has seen the document or keeps the record states it, as `actor`",
        )
        for name, value in facts.items()
        if any(_grade(entry) > Grade.STATED for entry in _entries(value))
    ]


def joined(before: Mapping[str, Any], answers: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """The facts of a complaint after an answer, each answer with who gave it as its source.

    What is known better stays beside an answer, as another source; and beside a party's stays what the other one, or anybody
    else, said: where they differ the fact is disputed, and a person looks. What a party said before it corrects, and somebody
    of the desk decides between the parties: his answer takes the place of all that was known no better. What the consumer meant
    he cannot take back by himself once it is known that a settlement hangs on it: what he said of it before stays beside it.
    """
    return {**before, **{name: _beside(name, before.get(name), answer, actor) for name, answer in answers.items()}}


def _beside(name: str, before: Any, answer: Any, actor: str) -> Any:
    best, who = max(map(_grade, _entries(answer)), default=Grade.STATED), party(actor)
    stays = [
        entry
        for entry in _entries(before)
        if entry is not None
        and (
            _grade(entry) > best
            or (_grade(entry) == best and who is not None and (name == MEANT or _said_by(entry) != who))
        )
    ]
    told = [*stays, *(_signed(entry, actor) for entry in _entries(answer))]
    return told if len(told) > 1 else told[0]


def _signed(entry: Any, actor: str) -> dict[str, Any]:
    """An answer with its source: a party is its own, whatever it names; who is of the desk may name what he has looked at."""
    given = entry if isinstance(entry, dict) else {"value": entry}
    if (who := party(actor)) is None and isinstance(given.get("source"), str):
        return given
    return given | {"source": who or actor}


def _said_by(entry: Any) -> str:
    """Whose word an entry is; what names no source is the consumer's, as the complaint is."""
    source = entry.get("source") if isinstance(entry, dict) else None
    return (party(source) or source) if isinstance(source, str) else "consumer"


def _entries(value: Any) -> Iterator[Any]:
    yield from value if is_several(value) else [value]


def _grade(entry: Any) -> Grade:
    word = entry.get("grade") if isinstance(entry, dict) else None
    return GRADES.get(word, Grade.STATED) if isinstance(word, str) else Grade.STATED
