"""Amounts of money in Chinese text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from funnel.facts import _numerals
from funnel.facts._reading import Reading

_N = f"[{_numerals.CHARS}]"
_FIGURE = r"[0-9]{1,12}(?:[,，][0-9]{1,3}){0,4}(?:\.[0-9]{1,6})?"
_SPACED = r"[0-9]{1,3}(?: [0-9]{3}){1,3}(?:\.[0-9]{1,2})?(?![0-9])"
_FOREIGN = "(?:美元|美金|欧元|港币|港元|日元|日币|英镑|韩元|台币|澳元|加元|新元|泰铢|卢布|usd|USD)"
_UNIT = r"(?:元(?![旦宵]|器件)|块钱|块|圆|人民币|rmb|RMB|cny|CNY)"
_SMALL = r"[0-9一二两三四五六七八九壹贰叁肆伍陆柒捌玖]"
_SIGN = r"(?:[¥￥]|(?<![a-zA-Z])(?:rmb|RMB))"
# What makes a lone digit behind 块 the count of something else (10块2支, 10块2-3个, 10块两小时), not jiao.
_COUNTED = (
    r"(?![0-9十百千万亿点半多来几到至~\-—:：/%年月日号天周个人次件片块元斤碗盒份瓶袋箱只条张杯支双套罐台部层根颗粒本克米公升毫折倍成]"
    r"|\.[0-9]|小时|包(?!邮))"
)
# 元 is written, and what is written gives jiao its name: a lone digit is jiao only at the end of what is said.
_ENDED = r"(?=$|[,，。;；!！?？、)）\s\n的]|\.(?![0-9])|包邮)"


def _change_pattern(prefix: str) -> str:
    """Jiao and fen behind a unit: 9, 五毛, 二毛五, 零五分."""
    return (
        rf"(?:零?(?P<{prefix}jiao>{_SMALL})[毛角](?:零?(?P<{prefix}fen>{_SMALL})(?:分|{_ENDED}))?"
        rf"|零(?P<{prefix}lonefen>{_SMALL})分"
        rf"|(?P<{prefix}loose>{_SMALL})(?:(?<=块.){_COUNTED}|{_ENDED}))?(?:整|正)?"
    )


# 湿了一角 is a corner of something.
_AMOUNT = re.compile(
    rf"(?P<foreign>(?:\$|€|£|us\$|US\$) ?{_FIGURE}|(?:{_FIGURE}|{_N}{{1,8}}) ?[万千]?{_FOREIGN})"
    rf"|(?P<range>(?:{_FIGURE}|{_N}{{1,8}})(?:-|~|到|至|—)(?:{_FIGURE}|{_N}{{1,8}}) ?(?:多|来|几)?{_UNIT}"
    rf"|(?:{_FIGURE}|{_N}{{1,8}}) ?{_UNIT}(?:-|~|到|至|—)(?:{_FIGURE}|{_N}{{1,8}}) ?{_UNIT}|{_N}{{1,3}}块{_N}{{1,3}}块"
    rf"|[¥￥] ?{_FIGURE}(?:-|~|到|至|—)[¥￥]? ?{_FIGURE}[元块]?)"
    rf"|(?P<signed>-{_FIGURE} ?{_UNIT}|{_SIGN} ?-{_FIGURE}|-{_SIGN} ?{_FIGURE})"
    rf"|(?P<sign>{_SIGN} ?(?P<signfig>{_FIGURE})(?P<signwan>[万千kKwW])?)"
    rf"|(?P<vague>(?:(?:十|百|千|万|{_SMALL}{{1,2}}[十百千万])?几[十百千万亿]{{0,2}}|(?:十|百|千|万|{_SMALL}{{1,2}}[十百千万])多[十百千万]{{0,2}}|好几[十百千万]|数[十百千万]|上[百千万]|近[百千万]|[十百千万]把"
    rf"|{_FIGURE}(?:多|来|几|余)[万千百]?|{_N}{{1,6}}(?:来|多|余)[万千百]?|块把) ?{_UNIT}?(?P<vagueunit>(?<=元)|(?<=块)|(?<=钱)|(?<=圆)|钱)|几[毛角]钱?|几分钱)"
    rf"|(?P<fig>{_SPACED}|{_FIGURE})(?P<scale>[亿万千百kKwW])?(?:(?P<after>{_SMALL})(?P<afterunit>[千百])?)? ?(?P<unit>{_UNIT})"
    rf"{_change_pattern('')}"
    rf"|(?P<cn>{_N}{{1,16}})(?P<cnunit>{_UNIT})"
    rf"{_change_pattern('cn')}"
    rf"|(?P<smallfig>(?!(?<=[湿碎裂破缺坏断翘卷脏皱烂磕撕咬]了)[一二两三四1-4]角(?!钱)){_SMALL}{{1,2}})(?P<smallunit>毛钱?|角钱?|分钱)(?:(?<=[毛角])(?P<smallfen>{_SMALL})(?:分|{_ENDED}))?"
    rf"|(?P<kuaiba>(?<![0-9{_numerals.CHARS}几这那每哪大小])块(?P<kuaijiao>[一二两三四五六七八九])(?:毛钱?|(?=钱|的|$|[，。,.!！])))"
    rf"|(?P<bare>{_N}{{2,16}}|{_FIGURE}[万千百kKwW](?:{_SMALL})?)"
    r"|(?P<plain>(?<![0-9a-zA-Z.:*-])(?<![0-9][,，])(?:[1-9][0-9]{0,2}(?:[,，][0-9]{3})+(?![0-9,，])|[1-9][0-9]{1,5})(?:\.[0-9]{1,2})?)"
)
_THINGS_OF_A_PIECE = "小大排菠屏手砖表电肉板布石地区皮蛋糕玻豆香漆钢木冰姜"
_BARE_BEHIND = re.compile(
    r"$|[\s,，。;；!！?？、)）~…\"'”]|\.(?![0-9])|到账|左右|上下|以上|以下|出头"
    r"|[的了买还就都却结但而不没给我他她你才吧啊呢吗也太又再和跟请让商店卖京淘平现今后以整]"
)
"""What may stand behind a bare numeral that is money; anything else may be what it counts (三百粉丝, 五百万像素)."""
_SUM_NAMED = re.compile("的?(?:差价|价差|差额|运费|邮费|快递费|货款|押金|定金|订金|本金)")
"""补三十差价, 补30运费: what sum a number is, named right behind it."""
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
    "退给我",
    "退还",
    "退还我",
    "退回",
    "退钱",
    "返还",
    "还我",
    "退款",
    "赔我",
    "赔付",
    "扣款",
    "实付",
    "付款",
    "付",
    "赔偿",
    "充值",
    "补",
)
_PLAIN_BEHIND = re.compile(
    r"$|[\s,，。;；!！?？、)）~…\"'”]|\.(?![0-9])|就[行可好成够]|才[行是能]|给我|[的了吧吗啊呢就才都也还但而]"
    r"|[+＋/和及跟加并或](?![0-9])"
    rf"|{_SUM_NAMED.pattern}"
)
"""What may stand behind bare figures: less than behind a numeral, for figures are numbers of orders, days and models too."""
_ASKED_BACK = re.compile(
    r"(?:(?<![一1不])[退赔补返](?:还|款|回|偿|付|给|钱)?(?:我|给我|我们)?(?:本金|货款|差价|押金|定金|订金|全款|现金|钱|款)?"
    r"|(?<!不)还给?我(?:本金|货款|差价|押金|定金|订金|钱)?|(?<![不归])还[钱款]|(?<![发寄卖报发算])给我(?:钱)?"
    r"|(?:花|付|扣|收|充|交)(?:了|掉|走)(?:我)?|实付(?:款)?|(?:共计|合计|一共|总共)[退赔补返付花扣收充交](?:了|还|款|我)?)[:： ]?$"
)
"""不退12315 is a number to ring, 退一赔10 a multiple."""
_GIVEN_BACK = re.compile(
    r"的?(?:差价|货款|押金|定金|订金|本金|余款|钱)?(?:(?:请|都|全|全部|全额|要|得|必须|赶紧|尽快)?[退返赔补](?:还|回)?|(?:请|都|全|全部|要|得)还)给?我"
)
"""把1000退给我, 130的差价退给我: figures that are to be given back."""
_HOTLINES = frozenset(
    {"110", "120", "315", "12315", "12345", "12306", "12300", "12301", "12358", "12365", "10086", "10010", "10000"}
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
_NEAR_BEHIND = re.compile(
    "左右|上下|以上|以内|以下|多|出头|有余|不到(?![账帐位货])|起(?![诉来])|半(?![个斤年天月小份价])|几(?![个天次件乎])"
)
_BEGUN = re.compile(
    rf"(?:(?<!双十)[一二]|[0-9几*]|[{_numerals.CHARS.replace('一', '').replace('二', '')}]|[0-9{_numerals.CHARS}]点)$"
)
"""1万零5百元, 三点五元: the figure is the tail of a numeral that began earlier. 双十一50元 is not."""
_SPACED_OUT = re.compile(r"[0-9] +$")
_TWO_FIGURES = re.compile(rf"[0-9]{{2}}{_ENDED}")
"""88块88."""
_SIGN_GOES_ON = re.compile(r"[0-9*百十亿]|[.,，][0-9*]|[xX]{2}| [0-9]{3}(?![0-9])")
"""¥1** is masked, ¥12,3456 and ¥1 299 are grouped strangely: the figure read is not the whole of it."""
_SUM_BEFORE = ("共", "计", "额", "是", "为", ":", "：")
_BRANDS_OF_SANYUAN = ("牛奶", "酸奶", "鲜", "纯", "奶", "食品", "桥")


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
        scale = _scale(match.group("signwan"))
        if value is None or _SIGN_GOES_ON.match(text, end) or _too_fine(match.group("signfig"), scale):
            return out(None)
        return out(value * scale)
    if match.group("fig"):
        return _figure(text, match, out)
    if match.group("cn"):
        return _chinese(text, match, out)
    if match.group("smallfig"):
        return _small(text, match, out)
    if match.group("kuaiba"):
        return out(1 + Fraction(_one(match.group("kuaijiao")), 10))
    return _plain(text, match, out) if match.group("plain") else _bare(text, match, out)


def _scale(word: str | None) -> int:
    return {"亿": 100_000_000, "万": 10_000, "w": 10_000, "W": 10_000, "千": 1000, "k": 1000, "K": 1000, "百": 100}.get(
        word or "", 1
    )


def _too_fine(figure: str, scale: int) -> bool:
    """1.000元 may be a thousand; more than two decimals are no yuan unless counted in thousands (1.2345万)."""
    return scale == 1 and len(figure.partition(".")[2]) > 2


def _one(word: str) -> int:
    return int(word) if word.isdigit() else _numerals.DIGITS[word]


def _figure(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    before = text[match.start() - 1 : match.start()]
    if before in _JOINS and text[match.start() - 2 : match.start() - 1] in _MASKED:
        return None
    if before and (before == "*" or (before.isascii() and before.isalnum())):
        return None  # the tail of something longer: masked digits, a model number
    figure = match.group("fig")
    value = _numerals.arabic(figure)
    if value is None or (before == "." and _is_tail_of_decimal(text, match.start(), figure)):
        return out(None, "malformed")
    if " " in figure and not _is_grouped(text, match.start()):
        return out(None, "malformed")
    head = text[max(0, match.start() - 4) : match.start()]
    if _BEGUN.search(head) or (len(figure.partition(".")[0]) <= 3 and _SPACED_OUT.search(head)):
        return out(None, "malformed")
    change = _change(match, "")
    if change is None and _TWO_FIGURES.match(text, match.end()):
        return out(None, "malformed")
    if match.group("unit") == "块" and change is None:
        if _is_piece(text, match.end()):
            return None
        if not match.group("scale") and value <= _FEW and not _priced(text, match.start(), match.end()):
            return out(None, "vague")
    scale = _scale(match.group("scale"))
    if _too_fine(figure, scale) or ("." in figure and change is not None):
        return out(None, "malformed")
    value *= scale
    if match.group("after"):
        if scale == 1:
            return out(None, "malformed")
        value += _one(match.group("after")) * Fraction(
            _scale(match.group("afterunit")) if match.group("afterunit") else scale // 10
        )
    return out(value + (change or 0))


def _is_tail_of_decimal(text: str, start: int, figure: str) -> bool:
    """.5元 and 1..5元: a stop before a short figure may be a decimal point or the end of a sentence."""
    head = text[max(0, start - 8) : start].rstrip(".")
    if head[-1:].isdigit():
        return True
    return text[start - 2 : start] != ".." and (len(figure) <= 2 or figure[0] == "0")


def _is_grouped(text: str, start: int) -> bool:
    """Whether 1 299元 is one figure: a word of money before it. 小米8 128元 is two."""
    clause = _CLAUSE_END.split(text[max(0, start - 6) : start])[-1]
    return not clause or clause.endswith(_SUM_BEFORE) or any(char in _MONEY_WORDS for char in clause)


def _change(match: re.Match[str], prefix: str) -> Fraction | None:
    """Jiao and fen behind the unit; None where there are none."""
    jiao, fen, lonefen, loose = (match.group(prefix + name) for name in ("jiao", "fen", "lonefen", "loose"))
    if not (jiao or lonefen or loose):
        return None
    tenths, hundredths = jiao or loose, fen or lonefen
    return Fraction(_one(tenths) if tenths else 0, 10) + Fraction(_one(hundredths) if hundredths else 0, 100)


def _chinese(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    unit = match.group("cnunit")
    change = _change(match, "cn")
    if unit == "块" and change is None and _is_piece(text, match.end()):
        return None
    if text[match.start() - 1 : match.start()] == "第":
        return None
    if match.group(0) == "三元" and text.startswith(_BRANDS_OF_SANYUAN, match.end()):
        return None
    if _BEGUN.search(text[max(0, match.start() - 4) : match.start()]):
        return out(None, "malformed")
    value = _numerals.parse(match.group("cn"))
    if value is None:
        return out(None, "vague")
    if unit == "块" and change is None and value <= _FEW and not _priced(text, match.start(), match.end()):
        return None if value == 1 else out(None, "vague")  # 和同事一块, 连一块也没有
    if text[match.start() - 1 : match.start()] == "小":
        return out(None, "vague")  # 小一千块: a bit less
    return out(value + (change or 0))


def _is_piece(text: str, end: int) -> bool:
    """三块屏幕, 一块手表: a measure word, not money."""
    following = text[end : end + 1]
    return bool(following) and following in _THINGS_OF_A_PIECE


def _priced(text: str, start: int, end: int) -> bool:
    """Whether a few 块 are money: a word of money close before in the clause, or a price's form right behind."""
    clause = _CLAUSE_END.split(text[max(0, start - 6) : start])[-1]
    if clause.endswith(("元", "块", "块钱")):
        return False  # 58元一块: so much a piece
    return any(char in _MONEY_WORDS for char in clause) or text.startswith(_PRICE_TAILS, end)


def _small(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    unit = match.group("smallunit")
    word = match.group("smallfig")
    before = text[match.start() - 1 : match.start()]
    if before == "." or _BEGUN.search(text[max(0, match.start() - 4) : match.start()]):
        return None
    if text.startswith("不拔", match.end()) or (match.group(0) == "五毛" and text.startswith("党", match.end())):
        return None  # 一毛不拔, 五毛党
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
    end = match.end()
    named = _SUM_NAMED.match(text, end)
    if not named and not any(char in word for char in "百佰千仟万kKwW"):
        return None
    before = text[max(0, match.start() - 4) : match.start()]
    if not before.endswith(_CUES) and not _GIVEN_BACK.match(text, end):
        return None
    more = text[end : end + 1] in {"多", "来", "余"}
    if not named and not _BARE_BEHIND.match(text, end + more) and not _GIVEN_BACK.match(text, end):
        return None
    if more:
        return Reading("amount", None, match.start(), end + 1, text[match.start() : end + 1], "vague")
    if word[0].isdigit():
        figure = re.match(rf"({_FIGURE})([万千百kKwW])({_SMALL})?", word)
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


def _plain(text: str, match: re.Match[str], out: _Out) -> Reading | None:
    """要求退1000, 把1000退给我: figures without a unit, right behind a word of paying back or of having paid, or to be given back."""
    start, end = match.span()
    word = match.group("plain")
    if word in _HOTLINES:
        return None
    asked = _PLAIN_BEHIND.match(text, end) and _ASKED_BACK.search(text[max(0, start - 12) : start])
    return out(_numerals.arabic(word)) if asked or _GIVEN_BACK.match(text, end) else None


def _vague_around(text: str, start: int, end: int) -> bool:
    """约200元, 200元左右, 快500块: near a figure is not the figure."""
    return text[max(0, start - 3) : start].endswith(_NEAR_BEFORE) or bool(_NEAR_BEHIND.match(text, end))
