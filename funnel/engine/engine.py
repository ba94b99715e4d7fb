"""The engine: a pack made ready to decide, for embedding."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from funnel.complaint import Complaint
from funnel.decision import Decision, Question
from funnel.engine._arguments import several, to_complaint, to_day, to_kinds, to_pack
from funnel.engine.decide import Compiled, Reasoning, ask_on, compile_pack, judge, put_in_words, read, reason
from funnel.engine.interview import Interview, begin
from funnel.engine.match import Matcher
from funnel.engine.shadow import Observer, Shadows
from funnel.errors import ArgumentError, Lang
from funnel.facts.intake import localise
from funnel.pack.model import Pack

Clock = Callable[[], dt.datetime]
"""Tells the time, with an offset."""


def system_clock() -> dt.datetime:
    """The machine's clock, in UTC."""
    return dt.datetime.now(dt.UTC)


class Engine:
    """Decides complaints with one pack. Thread-safe: nothing in it changes after construction.

    Args:
        pack: The pack to decide with, or a pack's name or folder, as for `load_pack`.
        lang: Language of the texts in decisions, ``zh`` or ``en``; default: the pack's own.
        clock: Tells today's date where a complaint does not say when it was received. Nothing else depends on it.
        matcher: ``compiled`` (the default), ``durable`` (durable-rules; extra ``durable``), or one of your own. All give
            the same decisions.
        shadow: Is given what each draft rule would have decided, where it would have had a say; the decision stays as
            it is, to the byte. None: drafts do nothing at all.

    Raises:
        PackError: A pack given by name cannot be loaded.
        ArgumentError: The language or the matcher is none, or the clock or the observer is no function.
        MatcherError: The durable matcher is asked for and cannot be had.

    Example:
        >>> engine = Engine(load_pack("cn-ecommerce"))  # doctest: +SKIP
        >>> engine.decide({"id": "c-1", "text": "买了半个月还不发货"}).outcome  # doctest: +SKIP
        'ask'
    """

    def __init__(
        self,
        pack: Pack | str | Path,
        *,
        lang: Lang | None = None,
        clock: Clock = system_clock,
        matcher: Matcher | Literal["compiled", "durable"] | None = None,
        shadow: Observer | None = None,
    ) -> None:
        if lang is not None:
            _expect_language(lang)
        for name, given in (("clock", clock), ("shadow", shadow)):
            if not callable(given) and not (name == "shadow" and given is None):
                raise ArgumentError(
                    f"{name} 应为函数，不是 {type(given).__name__}",
                    f"{name} must be a function, not {type(given).__name__}",
                )
        loaded = to_pack(pack)
        self._compiled: Compiled = compile_pack(loaded, _matcher(loaded, matcher))
        self._lang = lang or loaded.manifest.language
        self._clock = clock
        self._shadows = None if shadow is None else Shadows(self._compiled, shadow)

    @property
    def pack(self) -> Pack:
        """The pack."""
        return self._compiled.pack

    @property
    def lang(self) -> str:
        """Language of the texts."""
        return self._lang

    @property
    def own_clock(self) -> Clock | None:
        """The clock that it was given; None: it goes by the machine's."""
        return None if self._clock is system_clock else self._clock

    def speaking(self, lang: str) -> Engine:
        """This engine with its texts in another language, ``zh`` or ``en``; nothing is compiled again.

        Raises:
            ArgumentError: It is neither.
        """
        _expect_language(lang)
        other = copy.copy(self)
        other._lang = lang  # noqa: SLF001 (its own, in a copy)
        return other

    def decide(self, complaint: Complaint | Mapping[str, Any], *, as_of: dt.date | None = None) -> Decision:
        """Decide one complaint.

        Args:
            complaint: A `Complaint`, or a mapping in the contract's shape.
            as_of: The day for which law and periods are taken, a `datetime.date`; default: the day it was received,
                else today. A text or an instant is refused.

        Returns:
            The decision, frozen. The same complaint, pack and day give the same bytes.

        Raises:
            ComplaintError: The mapping does not fit the contract; ``.problems`` lists every field. Or it is no mapping,
                or ``as_of`` is no date.
        """
        parsed = to_complaint(complaint)
        day = to_day(as_of) or self._day(parsed)
        taken = read(self._compiled, parsed, as_of=day)
        decision = put_in_words(self._compiled, judge(self._compiled, parsed, taken, as_of=day), lang=self._lang)
        if self._shadows is not None:
            self._shadows.observe(parsed, taken, decision, as_of=day, lang=self._lang)
        return decision

    async def adecide(self, complaint: Complaint | Mapping[str, Any], *, as_of: dt.date | None = None) -> Decision:
        """Decide one complaint in a worker thread, so that an event loop is not held up by a long text.

        A usual complaint takes well under a millisecond; calling `decide` in a coroutine is fine there.

        Raises:
            ComplaintError: As `decide`.
        """
        return await asyncio.to_thread(self.decide, complaint, as_of=as_of)

    def decide_many(
        self, complaints: Iterable[Complaint | Mapping[str, Any]], *, as_of: dt.date | None = None
    ) -> Iterator[Decision]:
        """Decide complaints one after the other, lazily and in order.

        Raises:
            ComplaintError: At once, if one complaint is given in place of several; else at the first that does not fit
                the contract. Batches with bad rows: `funnel.batch`.
        """
        day = to_day(as_of)
        return (self.decide(complaint, as_of=day) for complaint in several(complaints))

    def reason(self, complaint: Complaint | Mapping[str, Any], *, as_of: dt.date | None = None) -> Reasoning:
        """What a decision rests on: facts with their sources, gates, every rule considered. For tools.

        Raises:
            ComplaintError: As `decide`.
        """
        parsed = to_complaint(complaint)
        return reason(self._compiled, parsed, as_of=to_day(as_of) or self._day(parsed))

    def questions_left(
        self, complaint: Complaint | Mapping[str, Any], asked: Collection[str] = (), *, as_of: dt.date | None = None
    ) -> tuple[Question, ...]:
        """What is still worth asking of a complaint whose records are being asked for one by one, the most telling first.

        More than ``decide(...).questions``: a decision takes a file as it stands, and what it does not hold counts as not
        so where the vocabulary says it does. Here that is asked for first, where a settlement hangs on it.

        Args:
            complaint: What is known so far.
            asked: Facts that were asked for already: whoever did not know them is not asked again, nor for what is of no
                use without them.
            as_of: As for `decide`.

        Raises:
            ComplaintError: As `decide`.
        """
        return ask_on(self._compiled, self.reason(complaint, as_of=as_of), asked, lang=self._lang)

    def interview(
        self,
        complaint: Complaint | Mapping[str, Any] | str | None = None,
        *,
        who: Collection[str] | None = ("consumer",),
        as_of: dt.date | None = None,
    ) -> Interview:
        """Ask one question after the other, the most telling first, until nothing worth asking is left.

        Anonymous until there is a decision: no question asks who somebody is, and nothing is kept but what the returned
        value holds. Give ``interview.complaint`` an id, the consumer and the order, and send it on when the consumer
        wants it.

        Args:
            complaint: What is known already: a complaint, its words, or nothing, which begins with an open question.
            who: Whom you can ask, any of ``consumer``, ``merchant`` and ``system`` (as in ``question.who``); None:
                everybody, such as an agent with the order at hand.
            as_of: As for `decide`.

        Raises:
            ComplaintError: As `decide`.
            ValueError: ``who`` is none of these.
        """
        if isinstance(complaint, str):
            complaint = {"id": "interview", "text": complaint}
        parsed = None if complaint is None else to_complaint(complaint)
        return begin(self, parsed, who=to_kinds(who), as_of=to_day(as_of))

    @property
    def zone(self) -> ZoneInfo:
        """The pack's timezone, in which days are counted."""
        return self._compiled.zone

    def today(self) -> dt.date:
        """The day by the engine's clock, in the pack's timezone."""
        return localise(self._clock(), self._compiled.zone).date()

    def _day(self, complaint: Complaint) -> dt.date:
        moment = complaint.received_at if complaint.received_at is not None else self._clock()
        return localise(moment, self._compiled.zone).date()

    def __repr__(self) -> str:
        """Name the pack it decides with."""
        return f"Engine({self.pack!r})"


def _expect_language(lang: str) -> None:
    if lang not in ("zh", "en"):
        raise ArgumentError(f"lang 应为 'zh' 或 'en'，不是 {lang!r}", f"lang must be 'zh' or 'en', not {lang!r}")


def _matcher(pack: Pack, matcher: Matcher | str | None) -> Matcher | None:
    if matcher is None or matcher == "compiled":
        return None
    if matcher == "durable":
        from funnel.engine.durable import DurableMatcher  # noqa: PLC0415 (an extra)

        return DurableMatcher(pack)
    if isinstance(matcher, str) or not callable(getattr(matcher, "recognised", None)):
        raise ArgumentError(
            f"matcher 应为 'compiled'、'durable' 或一个 Matcher，不是 {matcher!r}",
            f"matcher must be 'compiled', 'durable' or a Matcher, not {matcher!r}",
        )
    return matcher
