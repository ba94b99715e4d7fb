"""Amounts of money in Chinese text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from funnel.facts import _numerals
from funnel.facts._reading import Reading

_N = f"[{_numerals.CHARS}]"
_FIGURE = r"[0-9]{1,12}(?:[,，][0-9]{1,3}){0,4}(?:\.[0-9]{1,6})?"
_SPACED = r"[0-9]{1,3}(?: [0-9]{3}){1,3}(?:\.[0-9]{1,2})?"
_FOREIGN = "(?:美元|美金|欧元|港币|港元|日元|日币|英镑|韩元|台币|澳元|加元|新元|泰铢|卢布|usd|USD)"
_UNIT = r"(?:元|块钱|块|圆|人民币|rmb|RMB|cny|CNY)"
_SMALL = r"[0-9一二两三四五六七八九]"

_AMOUNT = re.compile(
    rf"(?P<foreign>(?:\$|€|£|us\$|US\$) ?{_FIGURE}|(?:{_FIGURE}|{_N}{{1,8}}) ?[万千]?{_FOREIGN})"
    rf"|(?P<range>(?:{_FIGURE}|{_N}{{1,8}})(?:-|~|到|至|—)(?:{_FIGURE}|{_N}{{1,8}}) ?(?:多|来|几)?{_UNIT}"
    rf"|(?:{_FIGURE}|{_N}{{1,8}}) ?{_UNIT}(?:-|~|到|至|—)(?:{_FIGURE}|{_N}{{1,8}}) ?{_UNIT}|{_N}{{1,3}}块{_N}{{1,3}}块"
    rf"|[¥￥] ?{_FIGURE}(?:-|~|到|至|—)[¥￥]? ?{_FIGURE}[元块]?)"
    rf"|(?P<signed>-{_FIGURE} ?{_UNIT}|[¥￥] ?-{_FIGURE}|-[¥￥] ?{_FIGURE})"
    rf"|(?P<sign>[¥￥] ?(?P<signfig>{_FIGURE})(?P<signwan>[万千kKwW])?)"
    rf"|(?P<vague>(?:(?:十|百|千|万|{_SMALL}{{1,2}}[十百千万])?几[十百千万亿]{{0,2}}|(?:十|百|千|万|{_SMALL}{{1,2}}[十百千万])多[十百千万]{{0,2}}|好几[十百千万]|数[十百千万]|上[百千万]|近[百千万]|[十百千万]把"
    rf"|{_FIGURE}(?:多|来|几|余)[万千百]?|{_N}{{1,6}}(?:来|多|余)[万千百]?|块把) ?{_UNIT}?(?P<vagueunit>(?<=元)|(?<=块)|(?<=钱)|(?<=圆)|钱)|几[毛角]钱?|几分钱)"
    rf"|(?P<fig>{_SPACED}|{_FIGURE})(?P<scale>[亿万千百kKwW])?(?:(?P<after>{_SMALL})(?P<afterunit>[千百])?)? ?(?P<unit>{_UNIT})"
    rf"(?:(?P<jiao>{_SMALL})(?:(?P<jiaounit>[毛角])(?:(?P<fen>{_SMALL})分?)?)?(?![0-9年月日号天个人次件片块元斤碗盒份瓶袋箱只条张杯]|包(?!邮)))?(?:整|正)?"
    rf"|(?P<cn>{_N}{{1,16}})(?P<cnunit>{_UNIT})"
    rf"(?:(?P<cnjiao>{_SMALL})(?:(?P<cnjiaounit>[毛角])(?:(?P<cnfen>{_SMALL})分?)?)?(?![年月日号天个人次件片块元斤碗盒份瓶袋箱只条张杯百千万十]|包(?!邮)))?(?:整|正)?"
    rf"|(?P<smallfig>{_SMALL}{{1,2}})(?P<smallunit>毛钱?|角钱?|分钱)(?:(?<=[毛角])(?P<smallfen>{_SMALL})分)?"
    rf"|(?P<kuaiba>块(?P<kuaijiao>[一二两三四五六七八九]))(?=钱|的|$|[，。,.!！])"
    rf"|(?P<bare>{_N}{{2,16}}|{_FIGURE}[万千百](?:{_SMALL})?)"
)
_THINGS_OF_A_PIECE = "小大排菠屏手砖表电肉板布石地区皮蛋糕玻豆香漆钢木冰姜"
_MEASURES = "遍趟回句声字分下轮把串朵头匹辆盆碗杯平人次天件包片个公里米斤克只条张本年月日号岁时分秒级层楼盒瓶箱袋台部双套份种家位名%克升毫毛角级线度页步棵颗根"
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


_FEW = 20
"""Up to so many 块 may be pieces of something; beyond, nobody counts pieces in a complaint."""
_MONEY_WORDS = frozenset("花付退赔价卖收扣充给宜涨降补费钱值省减返欠差元¥￥贵要款额")
_PRICE_TAILS = ("一个", "一斤", "一份", "一包", "一件", "一张", "一次", "每", "买", "包邮", "钱", "/")
_ESTIMATE = re.compile("[一二两三四五六七八九]{2}")
_CLAUSE_END = re.compile("[,，。;；!！?？\n]")
_JOINS = (".", ",", "，")
_MASKED = frozenset("0123456789*")
_NEAR_BEFORE = (
    *("约", "大概", "大致", "估计", "接近", "差不多", "近", "上", "超过", "超", "不到", "不足", "不止", "快"),
    *("至少", "最少", "起码", "至多", "最多", "顶多", "超过了"),
)
_NEAR_BEHIND = re.compile("左右|上下|以上|以内|以下|多|出头|有余|不到(?![账帐位货])")


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
    if match.group("range"):
        return out(None, "vague")
    if match.group("vague"):
        return None if words.endswith("块") and _is_piece(text, end) else out(None, "vague")
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
    return {"亿": 100_000_000, "万": 10_000, "w": 10_000, "W": 10_000, "千": 1000, "k": 1000, "K": 1000, "百": 100}.get(
        word or "", 1
    )


def _one(word: str) -> int:
    return int(word) if word.isdigit() else _numerals.DIGITS[word]


def _figure(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    before = text[match.start() - 1 : match.start()]
    if before in _JOINS and text[match.start() - 2 : match.start() - 1] in _MASKED:
        return None
    if before and (before == "*" or (before.isascii() and before.isalnum())):
        return None  # the tail of something longer: masked digits, a model number
    value = _numerals.arabic(match.group("fig"))
    if value is None:
        return out(None, "malformed")
    if match.group("unit") == "块" and not match.group("jiao"):
        if _is_piece(text, match.end()):
            return None
        if not match.group("scale") and value <= _FEW and not _priced(text, match.start(), match.end()):
            return out(None, "vague")
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
    if unit == "块" and not match.group("cnjiao") and _is_piece(text, match.end()):
        return None
    if text[match.start() - 1 : match.start()] == "第":
        return None
    value = _numerals.parse(match.group("cn"))
    if value is None:
        return out(None, "vague")
    if unit == "块" and not match.group("cnjiao") and value <= _FEW and not _priced(text, match.start(), match.end()):
        return None if value == 1 else out(None, "vague")  # 和同事一块, 连一块也没有
    return out(value + _change(match.group("cnjiao"), match.group("cnfen")))


def _is_piece(text: str, end: int) -> bool:
    """三块屏幕, 一块手表: a measure word, not money."""
    following = text[end : end + 1]
    return bool(following) and following in _THINGS_OF_A_PIECE


def _priced(text: str, start: int, end: int) -> bool:
    """Whether a few 块 are money: a word of money close before in the clause, or a price's form right behind."""
    clause = _CLAUSE_END.split(text[max(0, start - 6) : start])[-1]
    return any(char in _MONEY_WORDS for char in clause) or text.startswith(_PRICE_TAILS, end)


def _small(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    unit = match.group("smallunit")
    word = match.group("smallfig")
    if text[match.start() - 1 : match.start()].isdigit():
        return None
    if text.startswith("一分", match.end()) or (unit == "分钱" and text.startswith("分货", match.end() + 1)):
        return None  # 一分钱一分货
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
    end = match.end()
    more = text[end : end + 1] in {"多", "来", "余"}
    following = text[end + more : end + more + 1]
    if following and (following in _MEASURES or (following.isascii() and following.isalnum()) or following == "几"):
        return None
    if more:
        return Reading("amount", None, match.start(), end + 1, text[match.start() : end + 1], "vague")
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
    if number is None:
        return out(None, "vague") if _ESTIMATE.search(word) else None  # 三四百; but not 千万, 万一
    return out(Fraction(number))


def _vague_around(text: str, start: int, end: int) -> bool:
    """约200元, 200元左右, 快500块: near a figure is not the figure."""
    return text[max(0, start - 3) : start].endswith(_NEAR_BEFORE) or bool(_NEAR_BEHIND.match(text, end))
