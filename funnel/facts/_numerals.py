"""Chinese numerals as people write them: 三百五, 一千零五, 3万5, 壹仟贰佰. Exact or not at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

DIGITS: Mapping[str, int] = MappingProxyType(
    {
        **{char: value for value, char in enumerate("零一二三四五六七八九")},
        **{char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")},
        "〇": 0,
        "两": 2,
        "俩": 2,
        "貳": 2,
    }
)
UNITS: Mapping[str, int] = MappingProxyType({"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000})
BIG: Mapping[str, int] = MappingProxyType({"万": 10_000, "萬": 10_000, "亿": 100_000_000})
TENS: Mapping[str, int] = MappingProxyType({"廿": 20, "卅": 30})
CHARS = "".join(DIGITS) + "".join(UNITS) + "".join(BIG) + "".join(TENS)
_LIMIT = 16


def parse(word: str) -> int | None:
    """The value of a Chinese numeral.

    A last digit after a unit without 零 counts in the next lower unit, as in speech: 三百五 is 350, 一万二 is 12000.

    Returns:
        The value, or None where the word is no numeral, is ambiguous (三四百, 一两百) or absurdly long.

    >>> [parse(w) for w in ("三百五", "一千零五", "三万五千", "一百二", "三四百", "十五")]
    [350, 1005, 35000, 120, None, 15]
    """
    if not word or len(word) > _LIMIT:
        return None
    if word in TENS:
        return TENS[word]
    total, section, digit, last_unit, zero = 0, 0, None, 0, False
    for index, char in enumerate(word):
        if char in TENS:
            if digit is not None or section:
                return None
            section, last_unit, zero = TENS[char], 10, False
        elif char in DIGITS:
            if digit is not None:
                return None  # 三四百: two digits in a row
            if DIGITS[char] == 0 and len(word) > 1:
                zero = True
                continue
            digit = DIGITS[char]
        elif char in UNITS:
            unit = UNITS[char]
            if last_unit and unit >= last_unit:
                return None
            if digit is None:
                if unit != UNITS["十"] or (index and not zero):
                    return None
                digit = 1
            section += digit * unit
            digit, last_unit, zero = None, unit, False
        elif char in BIG:
            if digit is not None:
                section += digit
            if not section or (total and BIG[char] >= _last_big(word[:index])):
                return None
            total += section * BIG[char]
            section, digit, last_unit, zero = 0, None, BIG[char], False
        else:
            return None
    if digit is not None:
        if last_unit and not zero:
            section += digit * (last_unit // 10)
        else:
            section += digit
    return total + section


def _last_big(word: str) -> int:
    return min((BIG[char] for char in word if char in BIG), default=10**12)


def year(word: str) -> int | None:
    """A year spelled digit by digit: 二〇二六."""
    if len(word) == 4 and all(char in DIGITS for char in word):  # noqa: PLR2004 (a year has four digits)
        return int("".join(str(DIGITS[char]) for char in word))
    return None


def arabic(word: str) -> Fraction | None:
    """A figure such as ``1,299.00``; None where its grouping is malformed."""
    word = unicodedata.normalize("NFKC", word).replace("，", ",").replace(" ", ",")
    whole, _, part = word.partition(".")
    if "," in whole:
        head, *groups = whole.split(",")
        if not head or len(head) > 3 or any(len(group) != 3 for group in groups):  # noqa: PLR2004 (groups of three)
            return None
        whole = head + "".join(groups)
    if not whole.isascii() or not whole.isdigit() or len(whole) > 12:  # noqa: PLR2004 (the contract's bound)
        return None
    return Fraction(f"{whole}.{part}") if part else Fraction(whole)
