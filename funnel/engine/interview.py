"""The interview: from the next best question on, until the complaint can be decided or goes to a person.

An interview is a value: answering makes another, so that a chat bot can keep each step, go back, or run two side by side.
It asks for facts of the case alone; no question of a vocabulary may ask who somebody is, and nothing is stored anywhere.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from funnel.complaint import MAX_TEXT, Complaint
from funnel.decision import Answer, Decision, Question
from funnel.engine.questions import which_matter
from funnel.errors import AnswerError
from funnel.facts._read_english import figure_of
from funnel.facts.intake import NONE_OF_THEM, coerce, expected
from funnel.facts.language import CHINESE
from funnel.facts.money import currency_of
from funnel.facts.values import GRADES, Grade
from funnel.facts.vocabulary import GRIEVANCES, MEANT, FactSpec, listed

if TYPE_CHECKING:
    from funnel.engine.engine import Engine

STORY: Final = "text"
"""What the opening question asks for: the complaint in the consumer's own words."""

_YES: Final = frozenset({"y", "yes", "true", "1", "是", "是的", "对", "对的", "有", "嗯", "已经", "可以", "会"})
_NO: Final = frozenset(
    {"n", "no", "false", "0", "2", "否", "不", "不是", "没", "没有", "不对", "无", "还没", "不会", "未"}
)
_LEAST: Final = 2
"""Characters of a part of a label that name it."""
_DATE = re.compile(r"(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_DAYS_AGO: Final[tuple[tuple[str, int], ...]] = (
    ("大前天", 3), ("前天", 2), ("昨天", 1), ("昨日", 1), ("今天", 0), ("今日", 0), ("yesterday", 1), ("today", 0),
)  # fmt: skip
_SAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "story": "请说说发生了什么：买了什么，出了什么问题，想要怎样",
        "story-why": "从您的话里认出是哪一类问题，能少问几句",
    },
    "en": {
        "story": "Please say what happened: what was bought, what went wrong, what you want",
        "story-why": "your words show what kind of matter it is, which saves questions",
    },
}


@dataclass(frozen=True, slots=True)
class Interview:
    """A step of an interview. Made by `funnel.Engine.interview`.

    Attributes:
        complaint: What is known so far, as a complaint in the contract's shape, or None before anything was told.
        decision: What would be decided on that, or None before anything was told.
        question: What to ask next, or None when nothing is left to ask: the decision stands.
        asked: Facts asked so far, in order, answered or not.

    Example:
        >>> step = engine.interview("买了半个月还不发货，我要退款")  # doctest: +SKIP
        >>> while step.question:  # doctest: +SKIP
        ...     step = step.answer(input(step.question.text))
    """

    engine: Engine
    complaint: Complaint | None
    decision: Decision | None
    question: Question | None
    asked: tuple[str, ...] = ()
    who: frozenset[str] | None = None
    as_of: dt.date | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return self.question is None

    def answer(self, value: object, *, grade: str = "stated", source: str | None = None) -> Interview:
        """Take an answer in.

        Args:
            value: The answer: words as somebody types them (``是``, ``12.50 元``, ``11月3日``, an answer's label or its
                number in the list), or a value of the fact's type.
            grade: What stands behind it: ``stated``, ``evidence`` or ``record``. What somebody says is ``stated``; say
                more only if you hold the document or the record, and no more than ``question.grade``.
            source: Where it comes from, for the record.

        Returns:
            The next step; this one stays as it is.

        Raises:
            AnswerError: It does not fit the question; the message says what does. Ask again.
        """
        question = self._question()
        if question.fact == STORY:
            return self._told(value)
        spec = self.engine.pack.vocabulary[question.fact]
        if grade not in GRADES or grade == "presumed" or GRADES[grade] > max(GRADES[question.grade], Grade.STATED):
            raise AnswerError(
                f"“{grade}”不能作为这个问题的依据，应为 stated 或 {question.grade}",
                f"{grade!r} cannot stand behind this answer; write 'stated' or {question.grade!r}",
            )
        fact: dict[str, Any] = {"value": self._read(spec, question, value), "grade": grade}
        if source is not None:
            fact["source"] = source
        known = _known(self.complaint)
        facts: dict[str, Any] = known.get("facts", {})
        content = {**known, "facts": {**facts, question.fact: fact}}
        return advance(replace(self, complaint=_parse(content), asked=(*self.asked, question.fact)))

    def skip(self) -> Interview:
        """Leave a question open and go on. It is not asked again.

        Raises:
            AnswerError: There is no question, or it is the opening one, without which there is nothing to go on.
        """
        question = self._question()
        if question.fact == STORY:
            raise AnswerError("先要说说发生了什么", "without what happened there is nothing to go on")
        return advance(replace(self, asked=(*self.asked, question.fact)))

    def _question(self) -> Question:
        if self.question is None:
            raise AnswerError("已经没有要问的了", "there is nothing left to ask")
        return self.question

    def _told(self, value: object) -> Interview:
        text = value if isinstance(value, str) else ""
        text = text.replace("\x00", "").encode("utf-8", "ignore").decode().strip()
        if not text or len(text) > MAX_TEXT:
            raise AnswerError(
                f"请用一段文字说明，最多 {MAX_TEXT} 字", f"say it in words, at most {MAX_TEXT} characters"
            )
        known = _known(self.complaint)
        content = {"id": "interview", **known, "text": text}
        return advance(replace(self, complaint=_parse(content), asked=(*self.asked, STORY)))

    def _read(self, spec: FactSpec, question: Question, value: object) -> object:
        raw = self._said(spec, question, value) if isinstance(value, str) else value
        found = coerce(spec, raw, self.engine.zone)
        if found is None or not spec.accepts(found):
            zh, en = _answers(spec, question) or expected(spec, self.engine.pack.manifest.currency)
            raise AnswerError(f"没有看懂，应为：{zh}", f"not understood; expected {en}")
        if isinstance(found, frozenset):
            return sorted(found)
        if isinstance(found, dt.date):
            return found.isoformat()
        return f"{found // 100}.{found % 100:02}" if spec.type == "money" and isinstance(found, int) else found

    def _said(self, spec: FactSpec, question: Question, words: str) -> object:
        """Words as somebody types them, as a JSON value of the fact's type; the words themselves where unclear."""
        text = unicodedata.normalize("NFKC", words).strip().rstrip("。.!！")
        low = text.casefold()
        match spec.type:
            case "bool":
                labels = {a.label.casefold(): a.value == "true" for a in question.answers}
                return True if low in _YES else False if low in _NO else labels.get(low)
            case "integer":
                found = re.fullmatch(r"(-?\d{1,12})\s*\D{0,6}", text)
                return int(found[1]) if found else None
            case "money":
                return self._amount(low)
            case "date":
                return self._date(low)
            case "set" if low in NONE_OF_THEM or low == "0":
                return []
            case "set" if (whole := self._member(spec, question, text)) in spec.members:
                return [whole]  # an answer's label may have commas of its own
            case "set":
                parts = [part for part in re.split(r"[、,;，；]\s*", text) if part]
                return [self._member(spec, question, part) for part in parts] or text
            case _:
                return self._member(spec, question, text)

    def _amount(self, text: str) -> str:
        """An amount without its currency; one in another currency, or that may mean two things, is not understood."""
        if self.engine.pack.lexicon.language is CHINESE:
            return re.sub(r"^[¥￥]|\s|,|元$|块$|块钱$|yuan$|rmb$", "", text)
        own = currency_of(self.engine.pack.manifest.currency)
        for word in (*own.signs, *sorted(own.words, key=len, reverse=True)):
            text = text.removeprefix(word).removesuffix(word).strip()
        figure = figure_of(text)
        return text if figure is None else str(float(figure))

    def _member(self, spec: FactSpec, question: Question, word: str) -> str:
        if word.isdecimal() and 0 < int(word) <= len(question.answers):
            return question.answers[int(word) - 1].value
        low = word.casefold()
        exact = [slug for slug in spec.members if spec.show(_value(spec, slug), self.engine.lang).casefold() == low]
        # A word that stands in a label names it; 不, 没 and 有 stand in many and name none.
        near = exact or [a.value for a in question.answers if len(low) >= _LEAST and low in a.label.casefold()]
        return near[0] if len(near) == 1 else word

    def _date(self, text: str) -> str | None:
        today = self.as_of or self.engine.today()
        if self.engine.pack.lexicon.language is not CHINESE:  # in Chinese, interviews read less than complaints
            read = self.engine.pack.lexicon.language.reader(text, today, self.engine.pack.manifest.currency)
            if len(read) == 1 and isinstance(read[0].value, dt.date) and read[0].text == text:
                return read[0].value.isoformat()
        for word, days in _DAYS_AGO:
            if text.startswith(word):
                return (today - dt.timedelta(days=days)).isoformat()
        found = _DATE.fullmatch(text)
        if not found:
            return text
        year = int(found[1]) if found[1] else today.year
        try:
            day = dt.date(year, int(found[2]), int(found[3]))
            # A day without a year is the last one that has been: nobody complains of next December.
            return (day if found[1] or day <= today else day.replace(year=year - 1)).isoformat()
        except ValueError:
            return None


def begin(
    engine: Engine, complaint: Complaint | None, *, who: frozenset[str] | None, as_of: dt.date | None
) -> Interview:
    """The first step."""
    return advance(Interview(engine, complaint, None, None, (), who, as_of))


def advance(step: Interview) -> Interview:
    """Decide on what is known and find what to ask next."""
    says = _SAYS["en" if step.engine.lang == "en" else "zh"]
    if step.complaint is None:
        opening = Question(
            fact=STORY, type=STORY, text=says["story"], who="consumer", grade="stated", why=says["story-why"]
        )
        return replace(step, question=opening)
    decision = step.engine.decide(step.complaint, as_of=step.as_of)
    return replace(step, decision=decision, question=_next(step, decision))


def _next(step: Interview, decision: Decision) -> Question | None:
    if step.complaint is not None and decision.outcome != "settle":
        for question in step.engine.questions_left(step.complaint, step.asked, as_of=step.as_of):
            if question.fact not in step.asked and (step.who is None or question.who in step.who):
                # Which matter it is, and what was meant, is asked of what it reads like; all sixty would be no question.
                return question if question.fact in {GRIEVANCES, MEANT} else _with_answers(step, question)
    vocabulary = step.engine.pack.vocabulary
    unmatched = decision.referral is not None and {r.code for r in decision.referral.reasons} == {"unmatched"}
    if not unmatched or GRIEVANCES not in vocabulary or GRIEVANCES in step.asked:
        return None
    return _with_answers(step, which_matter(vocabulary[GRIEVANCES], step.engine.lang))


def _with_answers(step: Interview, question: Question) -> Question:
    """A question with all the answers that somebody may choose from; the engine names those that rules tell apart."""
    spec = step.engine.pack.vocabulary[question.fact]
    if spec.type not in {"enum", "set"}:
        return question
    given = {a.value for a in question.answers}
    more = tuple(
        Answer(value=slug, label=spec.show(_value(spec, slug), step.engine.lang), removes=0)
        for slug in spec.members
        if slug not in given
    )
    return question.model_copy(update={"answers": (*question.answers, *more)})


def _value(spec: FactSpec, slug: str) -> str | frozenset[str]:
    return frozenset({slug}) if spec.type == "set" else slug


def _answers(spec: FactSpec, question: Question) -> tuple[str, str] | None:
    """The answers there are to choose from, in Chinese and English; None where the question names none."""
    values = [
        answer.value == "true" if spec.type == "bool" else _value(spec, answer.value) for answer in question.answers
    ]
    if not values:
        return None
    zh, en = (listed([spec.show(value, lang) for value in values], lang) for lang in ("zh", "en"))
    return (f"{zh}；都不是就说“都不是”", f"{en}; or “none”") if spec.type == "set" else (zh, en)


def _known(complaint: Complaint | None) -> dict[str, Any]:
    return {} if complaint is None else complaint.model_dump(mode="json", exclude_unset=True)


def _parse(content: Mapping[str, Any]) -> Complaint:
    return Complaint.model_validate(dict(content))
