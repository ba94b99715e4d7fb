"""Dates and durations in Chinese text, relative to the day a complaint was received."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from types import MappingProxyType

from funnel.facts import _numerals
from funnel.facts._reading import Reading

_CN = "[一二两三四五六七八九十廿卅]{1,3}"
_NUM = rf"(?:[0-9]{{1,2}}|{_CN})"
_YEAR = r"(?:[0-9]{2,4}|[二〇零一三四五六七八九]{4})"
_COUNT = r"(?:[0-9]{1,4}|[一二两三四五六七八九十百半几数]{1,4})"
# A day without 日 or 号 only in figures, and not as the beginning of something else: 11月3元, 6月一直没发货.
_DAY = rf"(?:{_NUM}[日号]|[0-9]{{1,2}}(?![0-9元块圆毛角个件天年月%.多几来余]))"

_DATE = re.compile(
    rf"(?P<iso>(?<![0-9])[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}(?![0-9]))"
    rf"|(?P<full>(?<![0-9])(?P<fy>{_YEAR})年的?(?P<fm>{_NUM})月(?:份?的?(?P<fd>{_DAY}))?)"
    rf"|(?P<rel>(?P<relyear>去年|今年|前年|明年)的?(?P<rm>{_NUM})月(?:份)?(?:的)?(?P<rd>{_DAY}))"
    rf"|(?P<relmonth>(?P<rmon>上上个月|上上月|上个月|上月|这个月|本月|下个月|下月)(?:的)?(?P<rmd>{_NUM})[日号])"
    rf"|(?P<md>(?<![0-9.])(?P<mm>{_NUM})月(?:份)?(?:的)?(?P<mday>{_DAY}))"
    rf"|(?P<dotted>(?<![0-9.¥￥])(?P<dm>1[0-2]|0?[1-9])\.(?P<dd>3[01]|[12][0-9]|0?[1-9])[日号])"
    rf"|(?P<week>(?P<wk>(?<![上早晚以网路线])上{{1,2}}(?:周|个?星期|个?礼拜)|[这本](?:周|个?星期|个?礼拜))(?P<wd>[一二三四五六日天末])?)"
    rf"|(?P<bareweek>(?<![0-9一两三四每几])(?:周|星期|礼拜)[一二三四五六日天](?!后))"
    rf"|(?P<ago>(?<![0-9.])(?P<agocount>{_COUNT})(?:个)?(?P<agomore>多|来|半)?(?P<agounit>天|日|周|星期|礼拜|月|年)(?:多)?(?:之前|以前|前))"
    rf"|(?P<word>(?<!去年)(?<!前年)(?:(?<!大)大前天|(?<!大)前天|昨天|昨日|昨晚|今天|今日(?!头条)|今早|今晚|今晨))"
    rf"|(?P<shop>(?:(?P<shopyear>去年|前年|今年|明年|20[0-9]{{2}}年|(?<![0-9])[0-9]{{2}}年)的?)?(?P<shopday>双十一|双11|双十二|双12|(?<![0-9a-zA-Z*#.,-])(?<![满减返付花价售卖券要才])(?<![降涨]到|型号)618(?![0-9a-zA-Z*%元块.-]|[号个页房次克毫])))"
    rf"|(?P<vagueday>前几天|前两天|前些天|前阵子|前段时间|上周|国庆节|国庆|春节|过年|元旦|中秋|端午|几天前|好久以前)"
    rf"|(?P<day>(?<![0-9.月几百零千第十大小a-zA-Z])(?P<dday>3[01]|[12][0-9]|[1-9]|{_CN})号(?!码|线|店|楼|机|链|仓|院|门|称|电|选|的|色|款|型|柜|房|位|桌|球|字|干|人|箱|车|裤|鞋|衣|套|客服|系|标|脚|床|座|[a-z]))"
)
_DAYS = re.compile(
    r"(?P<lead>才|刚|整整|已经|都|将近|快|差不多|近|大约|大概|约|超过|不到|多|过了|第|前|后|每|隔|每隔)?"
    r"(?P<count>(?<![0-9.])[0-9]{1,4}|半|[零〇一二两俩三四五六七八九十百千几数]{1,6}|好几|几|十几|数|一两|两三|三四|四五|五六|十来|十多|二十多|(?<![0-9.])[0-9]{1,3}[多几来]|[一二三四五六七八九]?十几)"
    r"(?:个)?(?P<more>多|来|半)?(?P<unit>小时|钟头|工作日|天|周|星期|礼拜|月|年)(?P<half>半)?"
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
_YEARS = MappingProxyType({"去年": -1, "今年": 0, "前年": -2, "明年": 1})
_LIMIT_WORDS = re.compile(
    r"(?:价保|价格保|保价|质保|(?<!担)保|保修|三包|试用|退货|退换|保质|有效|租|提前|限时|支持|享受|享|承诺|规定|可在)"
    r"(?:期)?(?:限|是|为|只有|就|[:：])?$"
)
"""Words of rights and periods right before a duration: 价保30天, 质保期一年."""
_RIGHT_BEHIND = re.compile(
    r"的?(?:可退|可换|换货|包换|退换|保价|价保|只换|无忧|无理由|客服|在线|质保|试用|保修|免息|退货|有效|以内|之内|内)|期"
)
_PROMISED_HOURS = re.compile("(?:会|就)?(?:处理|回复|答复|响应|上门|送货|配送|退款)")
"""客服说48小时处理 names a limit."""
_IDIOM_BEHIND = re.compile("两头|比一|到晚|猫")
_NOT_A_WEEK = frozenset("岁年边围转末折遭")
"""一周岁, 三周年, 周边: 周 that is no week."""
_SOME_DAY = ("有", "那", "哪", "某", "同", "当", "这", "比")
"""有一天, 那一天, 一天比一天: no length of time."""
_RANGE_BEFORE = re.compile(r"[0-9一二两三四五六七八九十](?:个月|小时|[天日周])?(?:-|~|到|至|—)$")
_BEGUN = re.compile("[0-9一二两三四五六七八九十]点$")
"""三点五天: the count began before the stop."""
_SIZE = re.compile("[大小]了?$")
_NUMBERED = ("穿", "尺码", "鞋码", "号码", "工号", "型号", "编号")
"""What has a number, not a day: 穿28号, 工号7号."""
_ABOUT_BEHIND = re.compile(
    "左右|前后|上下|之前|以前|前|之后|以后|后(?![台来])|(?:-|~|到|至|—|、)[0-9一二三四五六七八九十廿卅]{1,3}[日号]"
)
_LISTED_BEFORE = re.compile(r"(?<![0-9.])(?:[0-9]{1,2}|[一二三四五六七八九十廿卅]{1,3})[-~—、,，到至]$")
_LISTED_BEHIND = re.compile(r"[,，][0-9]{1,2}[日号]")
"""20,21号 and 11月3,4号: one of several days."""
_SEASON_BEHIND = re.compile("的?(?:期间|促销|那几天|那段|预售|活动|大促|狂欢|满减|优惠)")
"""双十一期间: shopping days last for weeks; what is done in their season has no day."""
_ABOUT_BEFORE = ("约", "大概", "大概是", "好像", "差不多", "差不多是", "将近", "估计", "至少", "不到", "超过")
_NEAR_BEFORE = (
    *("大概", "大致", "估计", "差不多", "接近", "至少", "起码", "最少", "至多", "最多", "顶多", "快要", "不足", "不止"),
    *("超过", "超过了", "超", "超出", "超了", "不到", "大于"),
    *("没", "没得", "没过", "没到", "没有", "没用", "没穿", "未到", "未满", "不满"),
)
_NEAR_BEHIND = re.compile("不到(?![货账帐位仓站])|左右|上下|出头|有余|多|以上|以下")
_WEEKS = frozenset({"周", "星期", "礼拜"})
_WEEKDAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6}


def read_dates(text: str, received_on: dt.date | None) -> Iterator[Reading]:
    """Every date the text mentions."""
    for match in _DATE.finditer(text):
        try:
            value, why = _date(match, received_on)
        except (OverflowError, ValueError):  # before the year 1 or after 9999
            value, why = None, "impossible"
        if value is not None and _about(text, match):
            value, why = None, "vague"
        if match.group("day"):
            head = text[max(0, match.start() - 6) : match.start()]
            if head.endswith(_NUMBERED) or _LISTED_BEFORE.search(head):
                continue
            if match.group("dday") in {"一", "1"} and _SIZE.search(head):
                continue
        if value is None and why is None:
            continue
        yield Reading("date", value, match.start(), match.end(), match.group(0), why)


def _about(text: str, match: re.Match[str]) -> bool:
    """11月3日前, 双十一左右, 大概3号, and the second half of 3到5天前: near a day is not the day."""
    start, end = match.span()
    before = text[max(0, start - 4) : start]
    about = before.endswith(_ABOUT_BEFORE) and not before.endswith("预约")
    if match.group("ago"):
        return about or bool(_RANGE_BEFORE.search(text[max(0, start - 8) : start]) or text.startswith("左右", end))
    if match.group("shop") and _SEASON_BEHIND.match(text, end):
        return True
    if text[end - 1].isdigit() and _LISTED_BEHIND.match(text, end):
        return True
    return about or bool(_ABOUT_BEHIND.match(text, end))


def _number(word: str) -> int | None:
    word = word.rstrip("日号")
    return int(word) if word.isascii() and word.isdigit() else _numerals.parse(word)


def make_day(year: int, month: int | None, day: int | None) -> tuple[dt.date | None, str | None]:
    if month is None or day is None:
        return None, "vague"
    try:
        return dt.date(year, month, day), None
    except ValueError:
        return None, "impossible"


def latest_day(month: int | None, day: int | None, received: dt.date | None) -> tuple[dt.date | None, str | None]:
    """The latest such day that is not after the complaint."""
    if month is None or day is None:
        return None, "vague"
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None, "impossible"
    if received is None:
        return None, "no-year"
    for year in range(received.year, received.year - 9, -1):  # 29 February comes within eight years
        value, _ = make_day(year, month, day)
        if value is not None and value <= received:
            return value, None
    return None, "impossible"


def _date(match: re.Match[str], received: dt.date | None) -> tuple[dt.date | None, str | None]:  # one branch a form
    group = match.group
    if group("iso"):
        parts = [int(p) for p in re.split(r"[-/.]", group("iso"))]
        return make_day(*parts) if 1990 <= parts[0] < 2100 else (None, "impossible")
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
        return make_day(year, _number(group("fm")), _number(group("fd")))
    if group("rel"):
        if received is None:
            return None, "no-year"
        return make_day(received.year + _YEARS[group("relyear")], _number(group("rm")), _number(group("rd")))
    if group("relmonth"):
        if received is None:
            return None, "no-year"
        first = received.replace(day=1)
        for _ in range(group("rmon").count("上")):
            first = (first - dt.timedelta(days=1)).replace(day=1)
        if group("rmon").startswith("下"):
            first = (first + dt.timedelta(days=31)).replace(day=1)
        return make_day(first.year, first.month, _number(group("rmd")))
    if group("md"):
        return latest_day(_number(group("mm")), _number(group("mday")), received)
    if group("dotted"):
        return latest_day(int(group("dm")), int(group("dd")), received)
    if group("week"):
        if received is None or not group("wd") or group("wd") == "末":
            return None, "vague" if received else "no-year"
        monday = received - dt.timedelta(days=received.weekday())
        monday -= dt.timedelta(days=7 * group("wk").count("上"))
        return monday + dt.timedelta(days=_WEEKDAYS[group("wd")]), None
    if group("bareweek") or group("vagueday"):
        return None, "vague"
    if group("ago"):
        if group("agounit") == "月" and "个" not in match.group(0) and group("agocount") != "半":
            return None, None  # 3月前 is before March
        if group("agounit") == "日":
            return None, "vague"  # 15日前 is also before the fifteenth
        if group("agomore") or match.group(0).endswith(("多前", "多之前", "多以前")):
            return None, "vague"
        return _ago(group("agocount"), group("agounit"), received)
    if group("word"):
        if received is None:
            return None, "no-year"
        back = {"大前天": 3, "前天": 2, "昨天": 1, "昨日": 1, "昨晚": 1}.get(group("word"), 0)
        return received - dt.timedelta(days=back), None
    if group("shop"):
        month, day = {"双十一": (11, 11), "双11": (11, 11), "双十二": (12, 12), "双12": (12, 12)}.get(
            group("shopday"), (6, 18)
        )
        if not group("shopyear"):
            return latest_day(month, day, received)
        year = _year_named(group("shopyear"), received)
        return (None, "no-year") if year is None else make_day(year, month, day)
    return _day_of_month(_number(group("dday")), received)


def _year_named(word: str, received: dt.date | None) -> int | None:
    """The year of 去年, 25年 or 2025年; None where it hangs on an unknown day."""
    if word in _YEARS:
        return None if received is None else received.year + _YEARS[word]
    year = int(word.rstrip("年"))
    return year + 2000 if year < 100 else year


def _day_of_month(day: int | None, received: dt.date | None) -> tuple[dt.date | None, str | None]:
    if day is None or not 1 <= day <= 31:
        return None, None
    if received is None:
        return None, "no-year"
    first = received.replace(day=1)
    for _ in range(3):  # every day of month comes within three months
        value, _why = make_day(first.year, first.month, day)
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
    if unit == "年":
        return None, "calendar"
    if unit == "月":
        return months_before(received, number), None
    days = number * (7 if unit in _WEEKS else 1)
    return received - dt.timedelta(days=days), None


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day some months earlier; the last of a shorter month, as Civil Code 202 has it."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        value, _ = make_day(year, month + 1, last)
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
    if unit == "月" and "个" not in match.group(0) and count not in {"半", "俩"}:
        return None  # 3月 is a month of the year
    if unit == "年" and match.group("count").isdigit() and len(count) > 1:
        return None
    before = text[max(0, match.start("count") - 8) : match.start("count")]
    behind = match.end("half") if match.group("half") else match.end("unit")
    if _LIMIT_WORDS.search(before) or _RIGHT_BEHIND.match(text, behind) or _IDIOM_BEHIND.match(text, behind):
        return None
    if before.endswith(("*", "x", "×")) or (unit == "周" and text[behind : behind + 1] in _NOT_A_WEEK):
        return None  # 7*24小时, 一周岁
    if unit == "小时" and _PROMISED_HOURS.match(text, behind):
        return None
    if unit == "天" and count in {"一", "1"} and before.endswith(_SOME_DAY):
        return None
    if count == "半" and before.endswith(("上", "下", "前", "后")):
        return None  # 上半个月 is the first half of it
    if before.endswith(("头", "上", "下")) and (count == "一" or before.endswith("头")):
        return None  # 上一个月 is a month of the calendar, 头三天 an ordinal
    if unit in _WEEKS and text[behind : behind + 1] in _WEEKDAYS:
        return None  # 周一周二, 一周一次
    following = text[match.end() : match.end() + 6]
    if following.startswith(_RIGHTS) or (following and "内" in following[:2]):
        return None
    start = match.start("count")

    def out(value: int | None, why: str | None = None) -> Reading:
        return Reading("days", value, start, behind, text[start:behind], why)

    vague_count = any(c in count for c in "几数多来") or count in {"一两", "两三", "三四", "四五", "五六"}
    vague = (
        match.group("more")
        or tail in {"多", "左右"}
        or lead in {"将近", "快", "差不多", "近", "大约", "大概", "约", "超过", "不到", "多"}
    )
    vague = vague or before.endswith(_NEAR_BEFORE) or _NEAR_BEHIND.match(text, behind) or _RANGE_BEFORE.search(before)
    vague = vague or _BEGUN.search(before) or (count[0] not in "0123456789半" and before[-1:].isdigit())
    vague = vague or (count == "半" and before.endswith(("大", "小", "多")))  # 大半个月
    vague = vague or (unit == "天" and count in {"两", "2"} and before.endswith(("这", "那")))  # 这两天: these days
    if vague_count or vague or match.group("half") or (count == "四" and unit == "周"):  # 四周 is also "all around"
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
        try:
            return out((received - months_before(received, number)).days)
        except (OverflowError, ValueError):  # before the year 1
            return out(None, "calendar")
    return out(number * (7 if unit in _WEEKS else 1))
