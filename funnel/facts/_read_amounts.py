"""Amounts of money in Chinese text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from funnel.facts import _numerals
from funnel.facts._reading import Reading

_N = f"[{_numerals.CHARS}]"
_FIGURE = r"[0-9０-９]{1,12}(?:[,，][0-9]{1,3}){0,4}(?:\.[0-9]{1,6})?"
_SPACED = r"[0-9]{1,3}(?: [0-9]{3}){1,3}(?:\.[0-9]{1,2})?"
_UNIT = r"(?:元|块钱|块|圆|人民币|rmb|RMB|cny|CNY)"
_SMALL = r"[0-9一二两三四五六七八九]"

_AMOUNT = re.compile(
    rf"(?P<foreign>(?:\$|€|£|us\$|US\$) ?{_FIGURE}|{_FIGURE} ?(?:美元|美金|欧元|港币|港元|日元|英镑))"
    rf"|(?P<range>(?:{_FIGURE}|{_N}{{1,8}})(?:-|~|到|至|—)(?:{_FIGURE}|{_N}{{1,8}}) ?(?:多|来|几)?{_UNIT})"
    rf"|(?P<signed>-{_FIGURE} ?{_UNIT})"
    rf"|(?P<sign>[¥￥] ?(?P<signfig>{_FIGURE})(?P<signwan>[万千kKwW])?)"
    rf"|(?P<vague>(?:(?:十|百|千|万|{_SMALL}{{1,2}}[十百千万])?(?:几|多)[十百千万]{{0,2}}|好几[十百千万]|数[十百千万]|上[百千万]|近[百千万]|[十百千万]把"
    rf"|{_FIGURE}(?:多|来|几|余)[万千百]?|{_N}{{1,6}}(?:来|多|余)|块把) ?{_UNIT}?(?P<vagueunit>(?<=元)|(?<=块)|(?<=钱)|(?<=圆)|钱))"
    rf"|(?P<fig>{_SPACED}|{_FIGURE})(?P<scale>[万千百kKwW])?(?:(?P<after>{_SMALL})(?P<afterunit>[千百])?)? ?(?P<unit>{_UNIT})"
    rf"(?:(?P<jiao>{_SMALL})(?:(?P<jiaounit>[毛角])(?:(?P<fen>{_SMALL})分?)?)?(?![0-9年月日号天个人次件片]|包(?!邮)))?(?:整|正)?"
    rf"|(?P<cn>{_N}{{1,16}})(?P<cnunit>{_UNIT})"
    rf"(?:(?P<cnjiao>{_SMALL})(?:(?P<cnjiaounit>[毛角])(?:(?P<cnfen>{_SMALL})分?)?)?(?![年月日号天个人次件片百千万十]|包(?!邮)))?(?:整|正)?"
    rf"|(?P<smallfig>{_SMALL}{{1,2}})(?P<smallunit>毛钱?|角钱?|分钱)(?:(?P<smallfen>{_SMALL})分)?"
    rf"|(?P<kuaiba>块(?P<kuaijiao>[一二两三四五六七八九]))(?=钱|的|$|[，。,.!！])"
    rf"|(?P<bare>{_N}{{2,16}}|{_FIGURE}[万千百](?:{_SMALL})?)"
)
_THINGS_OF_A_PIECE = "屏手砖表电肉板布石地区皮蛋糕玻豆香漆钢木冰姜"
_MEASURES = (
    "人次天件包片个公里米斤克只条张本年月日号岁时分秒级层楼盒瓶箱袋台部双套份种家位名%克升毫毛角级线度页步棵颗根"
)
_CUES = (
    "花了",
    "付了",
    "买的",
    "花",
    "退",
    "赔",
    "要",
    "价格",
    "价",
    "卖",
    "才",
    "扣了",
    "扣",
    "收了",
    "充了",
    "给了",
    "便宜",
    "涨了",
    "降了",
    "差价",
    "退我",
    "赔我",
    "实付",
    "付款",
    "付",
    "赔偿",
    "充值",
    "补",
)


_Out = Callable[..., Reading]


def read_amounts(text: str) -> Iterator[Reading]:
    """Every amount that the text mentions, in fen; ambiguous ones without a value."""
    for match in _AMOUNT.finditer(text):
        reading = _reading(text, match)
        if reading is not None:
            yield reading


def _reading(text: str, match: re.Match[str]) -> Reading | None:
    start, end = match.span()
    words = match.group(0)

    def out(value: Fraction | None, why: str | None = None) -> Reading:
        if value is not None:
            fen = value * 100
            if fen.denominator != 1:
                return Reading("amount", None, start, end, words, "malformed")
            if _vague_around(text, start, end):
                return Reading("amount", None, start, end, words, "vague")
            return Reading("amount", int(fen), start, end, words, None)
        return Reading("amount", None, start, end, words, why or "malformed")

    if match.group("foreign"):
        return out(None, "currency")
    if match.group("range") or match.group("vague"):
        return out(None, "vague")
    if match.group("signed"):
        return out(None, "malformed")
    if match.group("sign"):
        value = _numerals.arabic(match.group("signfig"))
        return out(None if value is None else value * _scale(match.group("signwan")))
    if match.group("fig"):
        return _figure(text, match, out)
    if match.group("cn"):
        return _chinese(text, match, out)
    if match.group("smallfig"):
        return _small(text, match, out)
    if match.group("kuaiba"):
        return out(1 + Fraction(_one(match.group("kuaijiao")), 10))
    return _bare(text, match, out)


def _scale(word: str | None) -> int:
    return {"万": 10_000, "w": 10_000, "W": 10_000, "千": 1000, "k": 1000, "K": 1000, "百": 100}.get(word or "", 1)


def _one(word: str) -> int:
    return int(word) if word.isdigit() else _numerals.DIGITS[word]


def _figure(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    before = text[match.start() - 1 : match.start()]
    if before and (before in "*.,，" or (before.isascii() and before.isalnum())):
        return None  # the tail of something longer: masked digits, a model number
    if match.group("unit").startswith("块") and match.group("unit") != "块钱" and _is_piece(text, match.end(), match):
        return None
    value = _numerals.arabic(match.group("fig"))
    if value is None:
        return out(None, "malformed")
    scale = _scale(match.group("scale"))
    value *= scale
    if match.group("after"):
        if scale == 1:
            return out(None, "malformed")
        value += _one(match.group("after")) * Fraction(
            _scale(match.group("afterunit")) if match.group("afterunit") else scale // 10
        )
    return out(value + _change(match.group("jiao"), match.group("fen")))


def _change(jiao: str | None, fen: str | None) -> Fraction:
    value = Fraction(0)
    if jiao:
        value += Fraction(_one(jiao), 10)
    if fen:
        value += Fraction(_one(fen), 100)
    return value


def _chinese(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    unit = match.group("cnunit")
    if unit == "块" and not match.group("cnjiao") and _is_piece(text, match.end(), match):
        return None
    if text[match.start() - 1 : match.start()] == "第":
        return None
    value = _numerals.parse(match.group("cn"))
    if value is None:
        return out(None, "vague")
    return out(value + _change(match.group("cnjiao"), match.group("cnfen")))


def _is_piece(text: str, end: int, match: re.Match[str]) -> bool:
    """三块屏幕, 一块手表: a measure word, not money."""
    following = text[end : end + 1]
    return bool(following) and following in _THINGS_OF_A_PIECE and not match.group("jiao")


def _small(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    unit = match.group("smallunit")
    word = match.group("smallfig")
    if text[match.start() - 1 : match.start()].isdigit():
        return None
    if len(word) > 1 and not word.isdigit():
        return out(None, "vague")
    count = int(word) if word.isdigit() else _one(word)
    value = Fraction(count, 100 if unit.startswith("分") else 10)
    if match.group("smallfen"):
        value += Fraction(_one(match.group("smallfen")), 100)
    return out(value)


def _bare(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    """三百五 without a unit: only right behind a word of paying, with a big unit, and before no measure word."""
    word = match.group("bare")
    if not any(char in word for char in "百佰千仟万"):
        return None
    before = text[max(0, match.start() - 4) : match.start()]
    if not before.endswith(_CUES):
        return None
    following = text[match.end() : match.end() + 1]
    if following and (
        following in _MEASURES or (following.isascii() and following.isalnum()) or following in "多几来余"
    ):
        return None
    if word[0].isdigit():
        figure = re.match(rf"({_FIGURE})([万千百])({_SMALL})?", word)
        assert figure is not None  # noqa: S101 (the pattern matched these parts)
        value = _numerals.arabic(figure.group(1))
        if value is None:
            return None
        scale = _scale(figure.group(2))
        extra = _one(figure.group(3)) * Fraction(scale, 10) if figure.group(3) else Fraction(0)
        return out(value * scale + extra)
    number = _numerals.parse(word)
    return out(None, "vague") if number is None else out(Fraction(number))


def _vague_around(text: str, start: int, end: int) -> bool:
    """约200元, 200元左右, 快500块: near a figure is not the figure."""
    before = text[max(0, start - 2) : start]
    after = text[end : end + 2]
    if before.endswith(
        ("约", "大约", "大概", "大致", "将近", "接近", "差不多", "近", "上", "超过", "不到", "至少", "最少", "最多", "快")
    ):
        return True
    return after.startswith(("左右", "上下", "以上", "以内", "以下", "多"))
