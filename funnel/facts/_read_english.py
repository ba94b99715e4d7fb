"""Read amounts, dates and durations from English complaint text. Linear in the text; nothing is guessed.

As in Chinese (`funnel.facts.reader`), what is mentioned but ambiguous is a reading without a value. Rules of reading:

- A bare figure is no amount: it needs a sign, a code or a word of a currency, and only the pack's own gives a value.
- ``1,299`` is a thousand and more, ``49,99`` has cents, ``1.299`` may be either and has no value.
- ``3/11/2026`` may be March or November and has no value; with a day above 12, or with points (3.11.2026), it has one.
- A month and day without a year is the latest such day not after the day of the complaint. "May" alone may be no month:
  ``3 May`` and ``May 3rd`` are read, ``may 3`` is not.
- A range, an estimate and a figure with "about", "over" or "or so" at it have no value.
- ``within 14 days``, ``14-day`` and ``30 days guarantee`` name rights and limits, not facts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import pairwise
from types import MappingProxyType

from funnel.facts._read_dates import latest_day, make_day, months_before
from funnel.facts._reading import Reading, longest
from funnel.facts.money import CURRENCIES, currency_of

_WORDS: Mapping[str, int] = MappingProxyType(
    {
        **{
            word: n
            for n, word in enumerate(
                ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
            )
        },
        "a": 1,
        "an": 1,
    }
)
_COUNT = rf"(?:(?<![\w.,])[0-9]{{1,4}}|\b(?:{'|'.join(_WORDS)}))"
_FIGURE = r"[0-9](?:[0-9.,]{0,24}[0-9])?"
_MONTHS: Mapping[str, int] = MappingProxyType(
    {
        form: number
        for number, name in enumerate(
            ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"), 1
        )
        for form in (name, name[:3])
    }
    | {"sept": 9}
)  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"(?<![\w.,/])(?P<{0}>3[01]|[12][0-9]|0?[1-9])"
_YEAR = r"(?:,? (?P<{0}>(?:19|20)[0-9]{{2}}))?(?!\w)"
_DATE = re.compile(
    r"(?P<iso>(?<![\w/-])[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![\w/-]))"
    r"|(?P<numeric>(?<![\w./])(?P<a>[0-9]{1,2})(?P<sep>[./-])(?P<b>[0-9]{1,2})(?P=sep)(?P<ny>[0-9]{4}|[0-9]{2})(?![\w/]))"
    rf"|(?P<dm>{_DAY.format('d1')}(?:st|nd|rd|th)?(?: of)? (?P<m1>{_MONTH})\b\.?{_YEAR.format('y1')})"
    rf"|(?P<md>\b(?P<m2>{_MONTH})\b\.? (?:the )?(?P<d2>3[01]|[12][0-9]|0?[1-9])(?P<suffix>st|nd|rd|th)?(?![\w.]*[0-9%€£$]){_YEAR.format('y2')})"
    r"|(?P<before>\bthe day before yesterday\b)|(?P<word>\b(?:yesterday|today)\b)"
    rf"|(?P<ago>(?P<count>{_COUNT}) (?P<unit>day|week|month|year|fortnight)s? (?:ago|back)\b)"
    r"|(?P<vague>\b(?:last (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
    r"|the other day|(?:a few|several|some|a couple of) (?:days|weeks|months) (?:ago|back)|recently)\b)"
)
_DAYS = re.compile(
    rf"(?P<count>{_COUNT}|\b(?:a few|several|some|many|a couple of|half a|dozens of))"
    r"(?P<joint> |-)(?P<half>(?:and a half|or two|or more) )?(?P<kind>(?:business|working|calendar) )?"
    r"(?P<unit>hour|day|week|fortnight|month|year)s?(?P<own>['’])?\b"
)
_ABOUT = re.compile(
    r"\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|over|under|above|below|some|maybe|perhaps|circa|ca\.?|only up"
    r"|(?:more|less|fewer|longer|later|earlier) than|at least|at most|up to|before|after|between|not|close to|next to"
    r"|(?:probably|possibly)(?: on)?) (?:the |a |an )?$|[~<>≈±]\s?$"
)
_OR_SO = re.compile(
    r"\s?(?:\+|-?ish\b|or (?:so|more|less|thereabouts|later|earlier)\b|and (?:more|something)\b|plus\b|at (?:least|most)\b)"
)
_RANGE_BEHIND = re.compile(r"(?:st|nd|rd|th)?\s?(?:-|–|to|or|until|till|through)\s?[€£$]?(?:[0-9]|(?:one|two|three|four|five|six|seven|eight|nine|ten)\b)")  # fmt: skip
_RANGE_BEFORE = re.compile(r"[0-9](?:st|nd|rd|th)?\s?(?:-|–|to|or|and|until|till|through)\s?[€£$]?$")
_RIGHT_BEFORE = re.compile(
    r"\b(?:within|in|under|every|each|per|first|last|next|another|until|up to|of|minimum|maximum|the|my|your|their|its|than)(?: the)?(?: first| last| next)? $"
)
"""Before a duration: a limit (within 14 days), an interval (every 3 days), a part (the first 3 days). "the" takes a right (the 14 days)."""
_RIGHT_BEHIND = re.compile(
    r"\s?(?:money[- ]back|return|refund|withdrawal|cooling|right|guarantee|guaranteed|warranty|delivery|shipping|trial|period|limit|policy|ago|back\b|from now|old\b)"
)
_JOINER = re.compile(r"(?:\s?(?:-|–|—|to|or|and|until|till|through|plus|\+)\s?)")
_DAYS_OF: Mapping[str, int] = MappingProxyType({"day": 1, "week": 7, "fortnight": 14})
_MOST_MONTHS = 120
_SURE_DAY = 12
_NEAR = 32


def read(text: str, received_on: dt.date | None, currency: str) -> tuple[Reading, ...]:
    """Read every amount, date and duration.

    Args:
        text: The text, normalised (`funnel.facts.normalise.normalise_words`).
        received_on: The day of the complaint, from which "yesterday" and a bare "3 November" count; None leaves those unread.
        currency: The pack's currency; an amount in another one has no value.

    Returns:
        Readings in order, non-overlapping; where two kinds claim the same words, the longer one wins.
    """
    found = [*_dates(text, received_on), *_amounts(text, currency), *_durations(text, received_on)]
    kept = longest(found, len(text))
    joined = {
        index + side
        for index, (one, other) in enumerate(pairwise(kept))
        if one.kind == other.kind and _JOINER.fullmatch(text, one.end, other.start)
        for side in (0, 1)
    }
    return tuple(
        Reading(r.kind, None, r.start, r.end, r.text, "vague") if index in joined and r.value is not None else r
        for index, r in enumerate(kept)
    )


def _is_about(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _NEAR) : start]
    return bool(
        _ABOUT.search(before)
        or _RANGE_BEFORE.search(before)
        or _OR_SO.match(text, end)
        or _RANGE_BEHIND.match(text, end)
    )


# --- amounts ----------------------------------------------------------------------------------------------------------


@cache
def _pattern(currency: str) -> tuple[re.Pattern[str], frozenset[str]]:
    """Amounts in any currency that is known, and the signs and words of one. A function of its argument alone."""
    own = currency_of(currency)
    every = {*own.signs, *(sign for one in CURRENCIES.values() for sign in one.signs)}
    words = {*own.words, *(word for one in CURRENCIES.values() for word in one.words)}
    signs = "|".join(map(re.escape, sorted(every, key=lambda s: (-len(s), s))))
    named = "|".join(map(re.escape, sorted(words, key=lambda s: (-len(s), s))))
    return (
        re.compile(
            rf"(?P<minus>-\s?)?(?:(?P<before>{signs}|\b(?:{named})\b)\s?(?P<neg>-)?(?P<f1>{_FIGURE})"
            rf"|(?<![\w.,])(?P<f2>{_FIGURE})\s?(?P<after>{signs}|(?:{named})\b))"
        ),
        frozenset({*own.signs, *own.words}),
    )


def _amounts(text: str, currency: str) -> Iterator[Reading]:
    pattern, own = _pattern(currency)
    for match in pattern.finditer(text):
        start, end = match.span()
        value: int | None = None
        why: str | None = None
        figure = match["f1"] or match["f2"]
        if (match["before"] or match["after"]) not in own:
            why = "currency"
        elif match["minus"] or match["neg"] or _goes_on(text, match) or (exact := figure_of(figure)) is None:
            why = "malformed"
        elif _is_about(text, start, end):
            why = "vague"
        else:
            value = int(exact * 100)
        yield Reading("amount", value, start, end, match[0], why)


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """€50k, €1 299, 1 299 euros: the figure is not the whole of it."""
    behind = text[match.end() : match.end() + 4]
    before = text[max(0, match.start() - 2) : match.start()]
    if match["f1"]:
        return bool(re.match(r"[\w*%]| [0-9]{3}(?![0-9])", behind))
    return bool(re.search(r"[0-9] $|[0-9*]$", before))


def figure_of(figure: str) -> Fraction | None:
    """A figure as it is written in Europe, of at most two decimals; None where it may mean two things.

    >>> [str(figure_of(f)) for f in ("1,299.50", "49,99", "1.299,00", "1.299", "1,29,9")]
    ['2599/2', '4999/100', '1299', 'None', 'None']
    """
    if not figure.isascii():
        return None
    if re.fullmatch(r"[0-9]{1,12}(?:[.,][0-9]{1,2})?", figure):
        return Fraction(figure.replace(",", "."))
    if re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3}){1,3}(?:\.[0-9]{1,2})?", figure):
        return Fraction(figure.replace(",", ""))
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3}){1,3},[0-9]{1,2}|[0-9]{1,3}(?:\.[0-9]{3}){2,3}", figure):
        return Fraction(figure.replace(".", "").replace(",", "."))
    return None


# --- dates ------------------------------------------------------------------------------------------------------------


def _dates(text: str, received_on: dt.date | None) -> Iterator[Reading]:
    for match in _DATE.finditer(text):
        if match["md"] and match["m2"] == "may" and not (match["suffix"] or match["y2"]):
            continue  # you may 3 times
        try:
            value, why = _date(match, received_on)
        except (OverflowError, ValueError):  # before the year 1 or after 9999
            value, why = None, "impossible"
        if value is not None and _is_about(text, *match.span()):
            value, why = None, "vague"
        yield Reading("date", value, match.start(), match.end(), match[0], why)


def _date(match: re.Match[str], received_on: dt.date | None) -> tuple[dt.date | None, str | None]:
    if match["iso"]:
        year, month, day = map(int, match["iso"].split("-"))
        return make_day(year, month, day)
    if match["numeric"]:
        return _numeric(match)
    if match["dm"] or match["md"]:
        side = "1" if match["dm"] else "2"
        month, day = _MONTHS[match[f"m{side}"]], int(match[f"d{side}"])
        year_said = match[f"y{side}"]
        return make_day(int(year_said), month, day) if year_said else latest_day(month, day, received_on)
    if match["vague"]:
        return None, "vague"
    if received_on is None:
        return None, "no-year"
    if match["before"]:
        return received_on - dt.timedelta(days=2), None
    if match["word"]:
        return received_on - dt.timedelta(days=match["word"] == "yesterday"), None
    number, unit = _number(match["count"]), match["unit"]
    if unit == "year":
        return None, "calendar"
    if unit == "month":
        return (months_before(received_on, number), None) if number <= _MOST_MONTHS else (None, "calendar")
    return received_on - dt.timedelta(days=number * _DAYS_OF[unit]), None


def _numeric(match: re.Match[str]) -> tuple[dt.date | None, str | None]:
    first, second, year = int(match["a"]), int(match["b"]), int(match["ny"])
    year += 2000 if len(match["ny"]) == 2 else 0
    if match["sep"] == "." or first > _SURE_DAY or first == second:
        return make_day(year, second, first)
    if second > _SURE_DAY:
        return make_day(year, first, second)
    return None, "vague"


def _number(word: str) -> int:
    return _WORDS.get(word) or int(word)


# --- durations --------------------------------------------------------------------------------------------------------


def _durations(text: str, received_on: dt.date | None) -> Iterator[Reading]:
    for match in _DAYS.finditer(text):
        start, end = match.span()
        before = text[max(0, start - _NEAR) : start]
        is_right = match["joint"] == "-" or match["own"] or _RIGHT_BEFORE.search(before)
        if is_right or _RIGHT_BEHIND.match(text, end) or before.endswith(("-", "/", "x")):
            continue
        value, why = _length(match, received_on)
        if value is not None and _is_about(text, start, end):
            value, why = None, "vague"
        yield Reading("days", value, start, end, match[0], why)


def _length(match: re.Match[str], received_on: dt.date | None) -> tuple[int | None, str | None]:
    word, unit = match["count"], match["unit"]
    if match["half"] or not (word in _WORDS or word.isdigit()):
        return None, "vague"
    number = _number(word)
    if (match["kind"] or "").startswith(("business", "working")) or unit == "year":
        return None, "calendar"
    if unit == "hour":
        return (number // 24, None) if number and number % 24 == 0 else (None, "vague")
    if unit == "month":
        if received_on is None or number > _MOST_MONTHS:
            return None, "calendar"
        try:
            return (received_on - months_before(received_on, number)).days, None
        except (OverflowError, ValueError):
            return None, "calendar"
    return number * _DAYS_OF[unit], None
