"""Clauses over yes-or-no variables, and a search through them that learns from every dead end.

A literal is a whole number: twice its variable, one more where it is negated. Literal 0 holds always, 1 never. What is
learnt from one question follows from the clauses alone, so that it serves every later question too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ALWAYS = 0
NEVER = 1


class Clauses:
    """Clauses that must hold, and an assignment that is extended and taken back level by level."""

    def __init__(self) -> None:
        self.value = [1, -1]
        """Of each literal: 1 it holds, -1 it does not, 0 it is open."""
        self.broken = False
        """Whether the clauses contradict each other."""
        self._long: list[list[list[int]]] = [[], []]
        self._short: list[list[int]] = [[], []]
        self._reason: list[int | list[int] | None] = [None]
        self._level = [0]
        self._trail: list[int] = []
        self._starts: list[int] = []
        self._head = 0

    @property
    def level(self) -> int:
        """How many decisions stand."""
        return len(self._starts)

    def variable(self) -> int:
        """A new variable's literal."""
        literal = len(self.value)
        self.value += (0, 0)
        self._long += ([], [])
        self._short += ([], [])
        self._reason.append(None)
        self._level.append(0)
        return literal

    def add(self, literals: Iterable[int]) -> None:
        """A clause: one of these holds. All decisions are taken back."""
        self.back_to(0)
        value = self.value
        kept = []
        for literal in dict.fromkeys(literals):
            if value[literal] > 0:
                return
            if value[literal] == 0:
                kept.append(literal)
        if any(literal ^ 1 in kept for literal in kept):
            return
        if len(kept) > 1:
            self._attach(kept)
        elif not kept or not (self._take(kept[0], None) and self.settle() is None):
            self.broken = True

    def _attach(self, clause: list[int]) -> None:
        one, two = clause[0], clause[1]
        if len(clause) == 2:  # noqa: PLR2004 (one implies the other)
            self._short[one ^ 1].append(two)
            self._short[two ^ 1].append(one)
        else:
            self._long[one].append(clause)
            self._long[two].append(clause)

    def _take(self, literal: int, reason: int | list[int] | None) -> bool:
        if self.value[literal]:
            return self.value[literal] > 0
        self.value[literal] = 1
        self.value[literal ^ 1] = -1
        self._reason[literal >> 1] = reason
        self._level[literal >> 1] = len(self._starts)
        self._trail.append(literal)
        return True

    def decide(self, literal: int) -> None:
        """Open a level with a literal that is open."""
        self._starts.append(len(self._trail))
        self._take(literal, None)

    def back_to(self, level: int) -> None:
        """Take back every decision above a level."""
        if len(self._starts) <= level:
            return
        start = self._starts[level]
        for literal in self._trail[start:]:
            self.value[literal] = self.value[literal ^ 1] = 0
        del self._trail[start:]
        del self._starts[level:]
        self._head = start

    def settle(self) -> Sequence[int] | None:
        """Draw every consequence; a clause that fails, if one does."""
        value, reasons, levels, trail, now = self.value, self._reason, self._level, self._trail, len(self._starts)
        while self._head < len(trail):
            held = trail[self._head]
            self._head += 1
            for other in self._short[held]:
                if value[other] < 0:
                    return other, held ^ 1
                if value[other] == 0:
                    value[other], value[other ^ 1] = 1, -1
                    reasons[other >> 1], levels[other >> 1] = held, now
                    trail.append(other)
            failed = held ^ 1
            watching = self._long[failed]
            if not watching:
                continue
            kept: list[list[int]] = []
            for place, clause in enumerate(watching):
                if clause[0] == failed:
                    clause[0], clause[1] = clause[1], failed
                first = clause[0]
                if value[first] > 0:
                    kept.append(clause)
                    continue
                for index in range(2, len(clause)):
                    literal = clause[index]
                    if value[literal] >= 0:
                        clause[1], clause[index] = literal, failed
                        self._long[literal].append(clause)
                        break
                else:
                    kept.append(clause)
                    if value[first] < 0:
                        self._long[failed] = kept + watching[place + 1 :]
                        return clause
                    value[first], value[first ^ 1] = 1, -1
                    reasons[first >> 1], levels[first >> 1] = clause, now
                    trail.append(first)
            self._long[failed] = kept
        return None

    def learn(self, failed: Sequence[int]) -> None:
        """Take back what led to a clause's failing, and keep what follows from it; with no decision left, all is broken."""
        if not self._starts:
            self.broken = True
            return
        clause = self._learnt(failed)
        levels = self._level
        if len(clause) == 1:
            self.back_to(0)
            self._take(clause[0], None)
            return
        latest = max(range(1, len(clause)), key=lambda n: levels[clause[n] >> 1])
        clause[1], clause[latest] = clause[latest], clause[1]
        self.back_to(levels[clause[1] >> 1])
        self._attach(clause)
        self._take(clause[0], clause[1] ^ 1 if len(clause) == 2 else clause)  # noqa: PLR2004 (as in _attach)

    def _learnt(self, failed: Sequence[int]) -> list[int]:
        """The clause of the last decision's nearest common cause."""
        levels, reasons, trail, now = self._level, self._reason, self._trail, len(self._starts)
        seen: set[int] = set()
        found: list[int] = [ALWAYS]
        open_, place = 0, len(trail) - 1
        causes: Sequence[int] = failed
        while True:
            for literal in causes:
                variable = literal >> 1
                if variable not in seen and levels[variable]:
                    seen.add(variable)
                    if levels[variable] == now:
                        open_ += 1
                    else:
                        found.append(literal)
            while trail[place] >> 1 not in seen:
                place -= 1
            held = trail[place]
            place -= 1
            open_ -= 1
            if not open_:
                found[0] = held ^ 1
                return [found[0], *(literal for literal in found[1:] if not self._follows(literal, seen))]
            reason = reasons[held >> 1]
            causes = (reason ^ 1,) if isinstance(reason, int) else reason or ()

    def _follows(self, literal: int, seen: set[int]) -> bool:
        """Whether a literal of a learnt clause says nothing that its others do not."""
        reason = self._reason[literal >> 1]
        if reason is None:
            return False
        causes = (reason,) if isinstance(reason, int) else reason
        return all(cause >> 1 in seen or not self._level[cause >> 1] for cause in causes)
