"""Dates and durations in Chinese text, relative to the day a complaint was received."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from funnel.facts import _numerals
from funnel.facts._reading import Reading

_CN = "[一二两三四五六七八九十廿卅]{1,3}"
_NUM = rf"(?:[0-9]{{1,2}}|{_CN})"
_YEAR = r"(?:[0-9]{2,4}|[二〇零一三四五六七八九]{4})"
_COUNT = r"(?:[0-9]{1,4}|[一二两三四五六七八九十百半]{1,4})"

_DATE = re.compile(
    rf"(?P<iso>(?<![0-9])[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}(?![0-9]))"
    rf"|(?P<full>(?<![0-9])(?P<fy>{_YEAR})年(?P<fm>{_NUM})月(?:份)?(?:(?P<fd>{_NUM})[日号]?)?)"
    rf"|(?P<rel>(?P<relyear>去年|今年|前年|明年)(?P<rm>{_NUM})月(?P<rd>{_NUM})[日号]?)"
    rf"|(?P<relmonth>(?P<rmon>上个月|上月|这个月|本月)(?:的)?(?P<rmd>{_NUM})[日号])"
    rf"|(?P<md>(?<![0-9.])(?P<mm>{_NUM})月(?P<mday>{_NUM})[日号]?)"
    rf"|(?P<dotted>(?<![0-9.¥￥])(?P<dm>1[0-2]|0?[1-9])\.(?P<dd>3[01]|[12][0-9]|0?[1-9])[日号])"
    rf"|(?P<week>(?P<wk>上周|上星期|上礼拜|这周|本周|这星期|这个星期)(?P<wd>[一二三四五六日天末])?)"
    rf"|(?P<bareweek>(?:周|星期|礼拜)[一二三四五六日天](?!后))"
    rf"|(?P<ago>(?P<agocount>{_COUNT})(?:个)?(?P<agounit>天|日|周|星期|礼拜|月)(?:之前|以前|前))"
    rf"|(?P<word>大前天|前天|昨天|昨日|昨晚|今天|今日|今早|今晚|今晨)"
    rf"|(?P<shop>双十一|双11|双十二|双12|(?<![0-9])618(?![0-9元块]))"
    rf"|(?P<vagueday>前几天|前两天|前些天|前阵子|前段时间|上周|国庆节|国庆|春节|过年|元旦|中秋|端午|几天前|好久以前)"
    rf"|(?P<day>(?<![0-9.月])(?P<dday>3[01]|[12][0-9]|[1-9]|{_CN})号(?!码|线|店|楼|机|链|仓|院|门|称|电|选|的|色|款|型|柜|房))"
)
_DAYS = re.compile(
    r"(?P<lead>才|刚|整整|已经|都|将近|快|差不多|近|大约|大概|约|超过|不到|多|过了|第|前|后|每|隔|每隔)?"
    r"(?P<count>(?<![0-9.])[0-9]{1,4}|半|[一二两三四五六七八九十百零]{1,6}|好几|几|十几|数|一两|两三|三四|四五|五六|十来|十多|二十多|[0-9]{1,3}多|[一二三四五六七八九]?十几)"
    r"(?:个)?(?P<more>多|来)?(?P<unit>小时|钟头|工作日|天|周|星期|礼拜|月|年)(?P<half>半)?"
    r"(?P<tail>多|左右|内|之内|以内|前|之前|以前|无理由|无条件|包退|保修|质保|价保|试用|免费|发货|退货|到账|后|之后|以后|一)?"
)
_RIGHTS = (
    "内",
    "之内",
    "以内",
    "无理由",
    "无条件",
    "包退",
    "保修",
    "质保",
    "价保",
    "试用",
    "免费",
    "发货",
    "退货",
    "到账",
)
_WEEKDAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6}


def read_dates(text: str, received_on: dt.date | None) -> Iterator[Reading]:
    """Every date the text mentions."""
    for match in _DATE.finditer(text):
        value, why = _date(match, received_on)
        if value is None and why is None:
            continue
        yield Reading("date", value, match.start(), match.end(), match.group(0), why)


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() else _numerals.parse(word)


def _make(year: int, month: int | None, day: int | None) -> tuple[dt.date | None, str | None]:
    if month is None or day is None:
        return None, "vague"
    try:
        return dt.date(year, month, day), None
    except ValueError:
        return None, "impossible"


def _latest(month: int | None, day: int | None, received: dt.date | None) -> tuple[dt.date | None, str | None]:
    """The latest such day that is not after the complaint."""
    if month is None or day is None:
        return None, "vague"
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None, "impossible"
    if received is None:
        return None, "no-year"
    for year in range(received.year, received.year - 9, -1):  # 29 February comes within eight years
        value, _ = _make(year, month, day)
        if value is not None and value <= received:
            return value, None
    return None, "impossible"


def _date(match: re.Match[str], received: dt.date | None) -> tuple[dt.date | None, str | None]:  # one branch a form
    group = match.group
    if group("iso"):
        parts = [int(p) for p in re.split(r"[-/.]", group("iso"))]
        return _make(parts[0], parts[1], parts[2])
    if group("full"):
        word = group("fy")
        year = int(word) if word.isdigit() and word.isascii() else _numerals.year(word)
        if year is None:
            return None, "impossible"
        if len(word) == 2:
            year += 2000
        if not 1990 <= year < 2100:
            return None, "impossible"
        if not group("fd"):
            return None, "vague"
        return _make(year, _number(group("fm")), _number(group("fd")))
    if group("rel"):
        if received is None:
            return None, "no-year"
        shift = {"去年": -1, "今年": 0, "前年": -2, "明年": 1}[group("relyear")]
        return _make(received.year + shift, _number(group("rm")), _number(group("rd")))
    if group("relmonth"):
        if received is None:
            return None, "no-year"
        first = received.replace(day=1)
        if group("rmon").startswith("上"):
            first = (first - dt.timedelta(days=1)).replace(day=1)
        return _make(first.year, first.month, _number(group("rmd")))
    if group("md"):
        return _latest(_number(group("mm")), _number(group("mday")), received)
    if group("dotted"):
        return _latest(int(group("dm")), int(group("dd")), received)
    if group("week"):
        if received is None or not group("wd") or group("wd") == "末":
            return None, "vague" if received else "no-year"
        monday = received - dt.timedelta(days=received.weekday())
        if group("wk").startswith("上"):
            monday -= dt.timedelta(days=7)
        return monday + dt.timedelta(days=_WEEKDAYS[group("wd")]), None
    if group("bareweek") or group("vagueday"):
        return None, "vague"
    if group("ago"):
        return _ago(group("agocount"), group("agounit"), received)
    if group("word"):
        if received is None:
            return None, "no-year"
        back = {"大前天": 3, "前天": 2, "昨天": 1, "昨日": 1, "昨晚": 1}.get(group("word"), 0)
        return received - dt.timedelta(days=back), None
    if group("shop"):
        month, day = {"双十一": (11, 11), "双11": (11, 11), "双十二": (12, 12), "双12": (12, 12)}.get(
            group("shop"), (6, 18)
        )
        return _latest(month, day, received)
    return _day_of_month(_number(group("dday")), received)


def _day_of_month(day: int | None, received: dt.date | None) -> tuple[dt.date | None, str | None]:
    if day is None or not 1 <= day <= 31:
        return None, None
    if received is None:
        return None, "no-year"
    first = received.replace(day=1)
    for _ in range(3):  # every day of month comes within three months
        value, _why = _make(first.year, first.month, day)
        if value is not None and value <= received:
            return value, None
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return None, "impossible"


def _ago(count: str, unit: str, received: dt.date | None) -> tuple[dt.date | None, str | None]:
    if received is None:
        return None, "no-year"
    if count == "半":
        return (received - dt.timedelta(days=15), None) if unit == "月" else (None, "vague")
    number = _number(count)
    if number is None:
        return None, "vague"
    if unit == "月":
        return _months_before(received, number), None
    days = number * (7 if unit in {"周", "星期", "礼拜"} else 1)
    return received - dt.timedelta(days=days), None


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day some months earlier; the last of a shorter month, as Civil Code 202 has it."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        value, _ = _make(year, month + 1, last)
        if value is not None and last <= day.day:
            return value
    return dt.date(year, month + 1, 28)  # pragma: no cover (28 always exists)


def read_days(text: str, received_on: dt.date | None) -> Iterator[Reading]:
    """Every duration the text states as a fact; names of rights (七天无理由) and limits (三天内) are none."""
    for match in _DAYS.finditer(text):
        reading = _days(text, match, received_on)
        if reading is not None:
            yield reading


def _days(text: str, match: re.Match[str], received: dt.date | None) -> Reading | None:
    lead, count, unit, tail = (match.group(name) or "" for name in ("lead", "count", "unit", "tail"))
    if tail in _RIGHTS or lead in {"第", "每", "隔", "每隔", "前", "后"} or tail in {"前", "之前", "以前"}:
        return None
    if text[match.end("unit") : match.end("unit") + 1] == "天" or (tail == "一" and unit == "天"):
        return None
    if unit == "月" and "个" not in match.group(0):
        return None  # 3月 is a month of the year
    if unit == "年" and match.group("count").isdigit() and len(count) > 1:
        return None
    following = text[match.end() : match.end() + 6]
    if following.startswith(_RIGHTS) or (following and "内" in following[:2]):
        return None
    start = match.start("count")
    end = match.end("half") if match.group("half") else match.end("unit")
    words = text[start:end]

    def out(value: int | None, why: str | None = None) -> Reading:
        return Reading("days", value, start, end, words, why)

    vague_count = any(c in count for c in "几数多来") or count in {"一两", "两三", "三四", "四五", "五六"}
    vague = (
        match.group("more")
        or tail in {"多", "左右"}
        or lead in {"将近", "快", "差不多", "近", "大约", "大概", "约", "超过", "不到", "多"}
    )
    if vague_count or vague or match.group("half"):
        return out(None, "vague")
    if unit in {"年", "工作日"}:
        return out(None, "calendar")
    if count == "半":
        return out(15) if unit == "月" else out(None, "vague")
    number = _number(count)
    if number is None:
        return out(None, "vague")
    if unit in {"小时", "钟头"}:
        return out(number // 24) if number and number % 24 == 0 else out(None, "vague")
    if unit == "月":
        if received is None or number > 120:
            return out(None, "calendar")
        return out((received - _months_before(received, number)).days)
    return out(number * (7 if unit in {"周", "星期", "礼拜"} else 1))
