"""The reader of amounts, dates and durations: a table of forms with right answers, and what holds for every text."""

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel.facts.normalise import normalise
from funnel.facts.reader import read

DAY = dt.date(2026, 11, 20)  # a Friday


def yuan(words, value):
    """An amount, given in yuan."""
    whole, _, part = value.partition(".")
    return ("amount", words, int(whole) * 100 + int(part.ljust(2, "0") or 0), None)


def money(words, why):
    """An amount that is mentioned but not known."""
    return ("amount", words, None, why)


def date(words, value):
    """A date, given as in ISO 8601."""
    return ("date", words, dt.date.fromisoformat(value), None)


def when(words, why):
    """A date that is mentioned but not known."""
    return ("date", words, None, why)


def days(words, value):
    """A duration in calendar days."""
    return ("days", words, value, None)


def long(words, why):
    """A duration that is mentioned but not known."""
    return ("days", words, None, why)


AMOUNTS = [
    # figures with a unit
    ("实付1,299.00元", yuan("1,299.00元", "1299")),
    ("这件要1299块", yuan("1299块", "1299")),
    ("付款99元整", yuan("99元整", "99")),
    ("运费0.02元", yuan("0.02元", "0.02")),
    ("一共1 299元", yuan("1 299元", "1299")),
    ("一共1，299元", yuan("1,299元", "1299")),
    ("只要¥99", yuan("¥99", "99")),
    ("只要¥ 99.5", yuan("¥ 99.5", "99.50")),
    ("退款￥1,299.90到账", yuan("¥1,299.90", "1299.90")),
    ("付了99rmb", yuan("99rmb", "99")),
    ("付了200人民币", yuan("200人民币", "200")),
    ("付了９９元", yuan("99元", "99")),
    ("付了30块钱", yuan("30块钱", "30")),
    ("订单金额100圆", yuan("100圆", "100")),
    ("客单12345678元", yuan("12345678元", "12345678")),
    # figures with 万, 千, 百
    ("损失1.2万元", yuan("1.2万元", "12000")),
    ("损失5k元", yuan("5k元", "5000")),
    ("损失2w元", yuan("2w元", "20000")),
    ("损失1.5亿元", yuan("1.5亿元", "150000000")),
    ("赔我2百元", yuan("2百元", "200")),
    ("花了3万5买的", yuan("3万5", "35000")),
    ("买的时候花了3百5", yuan("3百5", "350")),
    ("一共3万5千元", yuan("3万5千元", "35000")),
    ("一共3万5元", yuan("3万5元", "35000")),
    # jiao and fen
    ("运费29块9", yuan("29块9", "29.90")),
    ("标价九块九包邮", yuan("九块九", "9.90")),
    ("一斤三块二毛五", yuan("三块二毛五", "3.25")),
    ("要一块五", yuan("一块五", "1.50")),
    ("要三块一碗", yuan("三块", "3")),
    ("差价7块", yuan("7块", "7")),
    ("11月3元一件", yuan("3元", "3")),
    ("我付了,50元", yuan("50元", "50")),
    ("要三十五块八", yuan("三十五块八", "35.80")),
    ("只退我5毛", yuan("5毛", "0.50")),
    ("只退我三毛钱", yuan("三毛钱", "0.30")),
    ("只退一角", yuan("一角", "0.10")),
    ("书都打湿了一角（书就算了）",),
    ("玻璃碎了两角就行",),
    ("坏了一角钱的零件", yuan("一角钱", "0.10")),
    ("一分钱没退", yuan("一分钱", "0.01")),
    ("红包3角钱", yuan("3角钱", "0.30")),
    ("便宜了5元5角", yuan("5元5角", "5.50")),
    ("一共要块八", yuan("块八", "1.80")),
    ("一共要块八毛", yuan("块八毛", "1.80")),
    ("便宜了五毛五", yuan("五毛五", "0.55")),
    ("要一百块零五毛", yuan("一百块零五毛", "100.50")),
    ("要一块零五分", yuan("一块零五分", "1.05")),
    ("一共29块8毛8", yuan("29块8毛8", "29.88")),
    ("要29块9下单", yuan("29块9", "29.90")),
    ("要29块9还要运费", yuan("29块9", "29.90")),
    ("要九块九的那种", yuan("九块九", "9.90")),
    ("合计一万元六角七分", yuan("一万元六角七分", "10000.67")),
    ("合计壹佰元陆角柒分", yuan("壹佰元陆角柒分", "100.67")),
    # a figure behind the unit that counts something else
    ("这是50元三十包的", yuan("50元", "50")),
    ("这是10元2.5斤的", yuan("10元", "10")),
    ("这是39元3双的", yuan("39元", "39")),
    ("这是50块3套的", yuan("50块", "50")),
    ("这是800元2电2充的", yuan("800元", "800")),
    ("付30元1-2天到", yuan("30元", "30"), long("2天", "vague")),
    ("收100元一小时", yuan("100元", "100"), long("一小时", "vague")),
    ("收100块两小时", yuan("100块", "100"), long("两小时", "vague")),
    ("牛排58元一块", yuan("58元", "58")),
    # figures beside model numbers, sentence marks and prefixes
    ("小米8 1599元", yuan("1599元", "1599")),
    ("付了rmb99元", yuan("rmb99", "99")),
    ("不发货....50元不退", yuan("50元", "50")),
    ("不发货.150元不退", yuan("150元", "150")),
    ("双十一50元买的", date("双十一", "2026-11-11"), yuan("50元", "50")),
    ("我点20元套餐", yuan("20元", "20")),
    # Chinese numerals with a unit
    ("付了三万五千元", yuan("三万五千元", "35000")),
    ("付了三万五千块", yuan("三万五千块", "35000")),
    ("付了一千零五十元", yuan("一千零五十元", "1050")),
    ("付了一千零五元", yuan("一千零五元", "1005")),
    ("付了两百块", yuan("两百块", "200")),
    ("付了两百块钱", yuan("两百块钱", "200")),
    ("付了三百五十元", yuan("三百五十元", "350")),
    ("付了一百二十块", yuan("一百二十块", "120")),
    ("付了一万零二百元", yuan("一万零二百元", "10200")),
    ("付了壹仟贰佰元整", yuan("壹仟贰佰元整", "1200")),
    ("付了廿元", yuan("廿元", "20")),
    ("付了卅块", yuan("卅块", "30")),
    ("付了十元", yuan("十元", "10")),
    ("付了十五块", yuan("十五块", "15")),
    ("付了一百零八元", yuan("一百零八元", "108")),
    ("付了两千三百四十五元", yuan("两千三百四十五元", "2345")),
    ("付了贰拾元", yuan("贰拾元", "20")),
    # bare Chinese numerals behind a word of paying
    ("花了三百五", yuan("三百五", "350")),
    ("花了一百二,用了一次", yuan("一百二", "120")),
    ("花了一千二买的", yuan("一千二", "1200")),
    ("付了三万五千", yuan("三万五千", "35000")),
    ("价格一千零五十", yuan("一千零五十", "1050")),
    ("赔偿两千", yuan("两千", "2000")),
    ("扣了一万零二百", yuan("一万零二百", "10200")),
    ("退款三百五到账", yuan("三百五", "350")),
    # figures without a unit right behind a word of paying, with nothing behind that they could count
    ("要求退1000", yuan("1000", "1000")),
    ("要求退1,000", yuan("1,000", "1000")),
    ("要求退1，000", yuan("1,000", "1000")),
    ("付了12,345.60", yuan("12,345.60", "12345.60")),
    ("要求退1,00",),
    ("要求退1,000件",),
    ("退钱1000", yuan("1000", "1000")),
    ("还我1000", yuan("1000", "1000")),
    ("给我1000", yuan("1000", "1000")),
    ("还钱1000,谢谢", yuan("1000", "1000")),
    ("发给我1000",),
    ("归还钱1000",),
    ("给我12345打过了",),
    ("返还1000", yuan("1000", "1000")),
    ("要求退1000+运费", yuan("1000", "1000")),
    ("要求退1000或者换货", yuan("1000", "1000")),
    ("把1000退给我", yuan("1000", "1000")),
    ("坏了,130的差价退给我", yuan("130", "130")),
    ("一千都退给我", yuan("一千", "1000")),
    ("退还一千", yuan("一千", "1000")),
    ("买了20还给我发错",),
    ("要求退2000到3000",),
    ("要求退款1299.5", yuan("1299.5", "1299.5")),
    ("退还本金1280,谢谢", yuan("1280", "1280")),
    ("花了129,买了一个教训", yuan("129", "129")),
    ("共计退1500就行", yuan("1500", "1500")),
    ("退我2件",),
    ("退款20231105",),
    ("退货300多件",),
    ("再不退12315见",),
    ("不退,12315",),
    ("退不了就打退款12345",),
    ("退一赔10",),
    ("要求退200-300",),
    ("付了100%",),
    ("退货8888号",),
    ("花了1.5w", yuan("1.5w", "15000")),
    ("花了三百了", yuan("三百", "300")),
    # not known exactly
    ("花了十几块", money("十几块", "vague")),
    ("花了三四百", money("三四百", "vague")),
    ("花了三四百块", money("三四百块", "vague")),
    ("花了几百块", money("几百块", "vague")),
    ("花了好几百块", money("好几百块", "vague")),
    ("花了几十块钱", money("几十块钱", "vague")),
    ("花了100多元", money("100多元", "vague")),
    ("花了一百多元", money("一百多元", "vague")),
    ("花了一千多块钱", money("一千多块钱", "vague")),
    ("花了上千元", money("上千元", "vague")),
    ("花了近百元", money("近百元", "vague")),
    ("花了数百元", money("数百元", "vague")),
    ("花了约200元", money("200元", "vague")),
    ("花了200元左右", money("200元", "vague")),
    ("花了大概200元", money("200元", "vague")),
    ("花了不到200元", money("200元", "vague")),
    ("花了超过200元", money("200元", "vague")),
    ("花了两千来块", money("两千来块", "vague")),
    ("花了一两百", money("一两百", "vague")),
    ("花了一两百块", money("一两百块", "vague")),
    ("要100-200元", money("100-200元", "vague")),
    ("要100到200元", money("100到200元", "vague")),
    ("要一百到两百元", money("一百到两百元", "vague")),
    ("花了200余元", money("200余元", "vague")),
    ("花了两三千元", money("两三千元", "vague")),
    ("花了三五块", money("三五块", "vague")),
    ("花了三百元不到", money("三百元", "vague")),
    ("三百元不到账", yuan("三百元", "300")),
    ("花了100元出头", money("100元", "vague")),
    ("要100元-200元", money("100元-200元", "vague")),
    ("要一百元到二百元", money("一百元到二百元", "vague")),
    ("要¥100-200", money("¥100-200", "vague")),
    ("十块八块的事", money("十块八块", "vague")),
    ("花了一千多", money("一千多", "vague")),
    ("只差几毛钱", money("几毛钱", "vague")),
    ("里面有8块是肥肉", money("8块", "vague")),
    ("花了小一千块", money("一千块", "vague")),
    ("花了十元几", money("十元", "vague")),
    ("花了299元起", money("299元", "vague")),
    ("花了一百块半", money("一百块", "vague")),
    ("赔了50元和30元", money("50元", "vague"), money("30元", "vague")),
    ("退50元、30元都行", money("50元", "vague"), money("30元", "vague")),
    # malformed, or another currency
    ("付了.5元", money("5元", "malformed")),
    ("付了.021元", money("021元", "malformed")),
    ("不发货.50元不退", money("50元", "malformed")),
    ("付了1..5元", money("5元", "malformed")),
    ("付了1.000元", money("1.000元", "malformed")),
    ("付了29.9块9", money("29.9块9", "malformed")),
    ("付了88块88", money("88块", "malformed")),
    ("付了三点五元", money("五元", "malformed")),
    ("付了1万零5百元", money("5百元", "malformed")),
    ("付了1百2十元", money("十元", "malformed")),
    ("付了5 0 0元", money("0元", "malformed")),
    ("付了千二8元", money("8元", "malformed")),
    ("付了¥28百", money("¥28", "malformed")),
    ("小米8 128元", money("8 128元", "malformed")),
    ("iphone 12 128元", money("12 128元", "malformed")),
    ("付了¥1 299", money("¥1", "malformed")),
    ("付了¥1**", money("¥1", "malformed")),
    ("付了¥12,3456", money("¥12,345", "malformed")),
    ("付了¥9.9.9", money("¥9.9", "malformed")),
    ("付了¥1万2", money("¥1万", "malformed")),
    ("付了¥1234567890123", money("¥123456789012", "malformed")),
    ("付了12,34元", money("12,34元", "malformed")),
    ("付了1.234元", money("1.234元", "malformed")),
    ("余额-5元", money("-5元", "malformed")),
    ("付了$20", money("$20", "currency")),
    ("付了20美元", money("20美元", "currency")),
    ("付了100日元", money("100日元", "currency")),
    ("付了100港币", money("100港币", "currency")),
    ("付了二十美元", money("二十美元", "currency")),
    ("余额¥-5", money("¥-5", "malformed")),
    # no amounts
    ("买了iphone 12",),
    ("里面有62片",),
    ("订单20261103123456789没到",),
    ("电话13800138000打不通",),
    ("降价了*元",),
    ("降了1**元",),
    ("说好半价",),
    ("吃了三百五十片",),
    ("十一放假",),
    ("花了三百五十天", days("三百五十天", 350)),
    ("要一百人成团",),
    ("退了三千米",),
    ("换了三块屏幕",),
    ("买了一块手表",),
    ("掉了一块漆",),
    ("切了两块肉",),
    ("两块电池都坏",),
    ("三百五",),
    ("一千零一夜",),
    ("百分之五十",),
    ("第二块",),
    ("型号mi8元",),
    ("万一坏了",),
    ("千万别买",),
    ("一会儿再说",),
    ("我花了三百五十六次",),
    ("考了5分",),
    ("打了一百分",),
    ("一分钱一分货",),
    ("有一块排骨吗",),
    ("和同事一块吃的",),
    ("给我指了一块小地方",),
    ("送了几块豆腐",),
    ("不值这么多钱",),
    ("才三百粉丝",),
    ("才五百万像素",),
    ("要两百瓦",),
    ("0.1分钱",),
    ("一毛不拔",),
    ("喝三元牛奶",),
    ("就是五毛党",),
    ("要千万小心",),
    ("花了一千多人的力气",),
    # several in one sentence
    ("原价三百五十元,实付299元", yuan("三百五十元", "350"), yuan("299元", "299")),
    ("退了50元,少退20块", yuan("50元", "50"), yuan("20块", "20")),
    ("说五元,收了十元", yuan("五元", "5"), yuan("十元", "10")),
]

DATES = [
    ("11月11号下单", date("11月11号", "2026-11-11")),
    ("11月11日下单", date("11月11日", "2026-11-11")),
    ("11月20日下单", date("11月20日", "2026-11-20")),
    ("11月21日下单", date("11月21日", "2025-11-21")),
    ("12月5日下单", date("12月5日", "2025-12-05")),
    ("2月29日下单", date("2月29日", "2024-02-29")),
    ("双十一买的", date("双十一", "2026-11-11")),
    ("双11买的", date("双11", "2026-11-11")),
    ("双12买的", date("双12", "2025-12-12")),
    ("双十二买的", date("双十二", "2025-12-12")),
    ("618买的", date("618", "2026-06-18")),
    ("订单号6618618",),
    ("付了618元", yuan("618元", "618")),
    ("在2026年11月3日签收", date("2026年11月3日", "2026-11-03")),
    ("在2026年11月3号签收", date("2026年11月3号", "2026-11-03")),
    ("在2026-11-03签收", date("2026-11-03", "2026-11-03")),
    ("在2026/11/3签收", date("2026/11/3", "2026-11-03")),
    ("在2026.11.3签收", date("2026.11.3", "2026-11-03")),
    ("在20年10月12日签收", date("20年10月12日", "2020-10-12")),
    ("在二〇二六年十月三日签收", date("二〇二六年十月三日", "2026-10-03")),
    ("十月三号签收", date("十月三号", "2026-10-03")),
    ("十一月十一日签收", date("十一月十一日", "2026-11-11")),
    ("五月二十三日签收", date("五月二十三日", "2026-05-23")),
    ("5.13号签收", date("5.13号", "2026-05-13")),
    ("昨天签收", date("昨天", "2026-11-19")),
    ("昨晚签收", date("昨晚", "2026-11-19")),
    ("前天签收", date("前天", "2026-11-18")),
    ("大前天签收", date("大前天", "2026-11-17")),
    ("今天签收", date("今天", "2026-11-20")),
    ("今早签收", date("今早", "2026-11-20")),
    ("上周三签收", date("上周三", "2026-11-11")),
    ("上上周三签收", date("上上周三", "2026-11-04")),
    ("去年双十一买的", date("去年双十一", "2025-11-11")),
    ("2025年双十一买的", date("2025年双十一", "2025-11-11")),
    ("今年618买的", date("今年618", "2026-06-18")),
    ("去年的11月5日买的", date("去年的11月5日", "2025-11-05")),
    ("10月份的15号签收", date("10月份的15号", "2026-10-15")),
    ("11月5签收", date("11月5", "2026-11-05")),
    ("下个月15号到期", date("下个月15号", "2026-12-15")),
    ("上上个月15号签收", date("上上个月15号", "2026-09-15")),
    ("上周日签收", date("上周日", "2026-11-15")),
    ("上星期五签收", date("上星期五", "2026-11-13")),
    ("这周一签收", date("这周一", "2026-11-16")),
    ("本周三签收", date("本周三", "2026-11-18")),
    ("3号签收", date("3号", "2026-11-03")),
    ("25号签收", date("25号", "2026-10-25")),
    ("31号签收", date("31号", "2026-10-31")),
    ("上个月15号签收", date("上个月15号", "2026-10-15")),
    ("上月15日签收", date("上月15日", "2026-10-15")),
    ("本月8号签收", date("本月8号", "2026-11-08")),
    ("去年12月5日签收", date("去年12月5日", "2025-12-05")),
    ("今年3月1号签收", date("今年3月1号", "2026-03-01")),
    ("明年3月1号到期", date("明年3月1号", "2027-03-01")),
    ("三天前签收", date("三天前", "2026-11-17")),
    ("3天前签收", date("3天前", "2026-11-17")),
    ("两周前签收", date("两周前", "2026-11-06")),
    ("一个星期前签收", date("一个星期前", "2026-11-13")),
    ("一个月前签收", date("一个月前", "2026-10-20")),
    ("两个月之前签收", date("两个月之前", "2026-09-20")),
    ("半个月前签收", date("半个月前", "2026-11-05")),
    # not known exactly
    ("前几天签收", when("前几天", "vague")),
    ("上周签收", when("上周", "vague")),
    ("周三签收", when("周三", "vague")),
    ("星期五签收", when("星期五", "vague")),
    ("国庆买的", when("国庆", "vague")),
    ("春节买的", when("春节", "vague")),
    ("几天前签收", when("几天前", "vague")),
    ("两三天前签收", when("两三天前", "vague")),
    ("十几天前签收", when("十几天前", "vague")),
    ("几十天前签收", when("几十天前", "vague")),
    ("1个多月前签收", when("1个多月前", "vague")),
    ("3到5天前签收", when("5天前", "vague")),
    ("一年前签收", when("一年前", "calendar")),
    ("11月3日左右签收", when("11月3日", "vague")),
    ("11月3日之前买的", when("11月3日", "vague")),
    ("大概3号签收", when("3号", "vague")),
    ("预约3号安装", date("3号", "2026-11-03")),
    ("生产日期2022年3月的", when("2022年3月", "vague")),
    ("在1234-11-03签收", when("1234-11-03", "impossible")),
    ("225年3月3日签收", when("225年3月3日", "impossible")),
    ("2月30日签收", when("2月30日", "impossible")),
    ("13月1日签收", when("13月1日", "impossible")),
    ("在2026-02-30签收", when("2026-02-30", "impossible")),
    ("3号到5号签收", when("3号", "vague"), when("5号", "vague")),
    ("11月3号到11月5号签收", when("11月3号", "vague"), when("11月5号", "vague")),
    ("11月3-5号签收", when("11月3", "vague")),
    ("11月3、4号签收", when("11月3", "vague")),
    ("11月3,4号签收", when("11月3", "vague")),
    ("11月3日,4号签收", date("11月3日", "2026-11-03"), date("4号", "2026-11-04")),
    ("优惠了110,4号签收", date("4号", "2026-11-04")),
    ("11月3号后签收", when("11月3号", "vague")),
    ("双十一之后签收", when("双十一", "vague")),
    ("双十一期间买的", when("双十一", "vague")),
    ("618活动买的", when("618", "vague")),
    ("双十一11月11号买的", date("双十一", "2026-11-11"), date("11月11号", "2026-11-11")),
    ("上周五11月12号买的", when("上周五", "vague"), when("11月12号", "vague")),
    ("11月20日周五签收", date("11月20日", "2026-11-20"), when("周五", "vague")),
    ("15日前签收", when("15日前", "vague")),
    ("差不多是十天前买的", when("十天前", "vague")),
    ("上上个礼拜三签收", date("上上个礼拜三", "2026-11-04")),
    ("晚上周三送到", when("上周", "vague")),
    ("半月前签收", date("半月前", "2026-11-05")),
    # no dates
    ("3月前买的",),
    ("20,21号都在派件",),
    ("3、4号都在派件",),
    ("11月20多号签收",),
    ("11月10几号签收",),
    ("满618减50",),
    ("型号618",),
    ("618ml一瓶",),
    ("看今日头条",),
    ("大大前天签收",),
    ("我穿28号",),
    ("25号裤子",),
    ("7号客服",),
    ("电话3号线",),
    ("买了3号色",),
    ("6月一直没发货",),
    ("尺码大了一号",),
    ("第3号",),
    ("几十号人在等",),
    ("去年今天",),
    ("15个一箱",),
]

DURATIONS = [
    ("用了三天", days("三天", 3)),
    ("用了3天", days("3天", 3)),
    ("才三天", days("三天", 3)),
    ("才三天就坏", days("三天", 3)),
    ("整整20天没发货", days("20天", 20)),
    ("等了半个月", days("半个月", 15)),
    ("等了一周", days("一周", 7)),
    ("等了一星期", days("一星期", 7)),
    ("等了一个星期", days("一个星期", 7)),
    ("等了一礼拜", days("一礼拜", 7)),
    ("等了两周", days("两周", 14)),
    ("等了48小时", days("48小时", 2)),
    ("等了24小时", days("24小时", 1)),
    ("等了72个小时", days("72个小时", 3)),
    ("等了一个月", days("一个月", 31)),
    ("等了1个月", days("1个月", 31)),
    ("等了两个月", days("两个月", 61)),
    ("等了十天", days("十天", 10)),
    ("等了十五天", days("十五天", 15)),
    ("等了二十三天", days("二十三天", 23)),
    ("过了15天还没到", days("15天", 15)),
    ("收到3天后坏了", days("3天", 3)),
    # not known exactly
    ("等了36小时", long("36小时", "vague")),
    ("等了一个多月", long("一个多月", "vague")),
    ("等了十来天", long("十来天", "vague")),
    ("等了十几天", long("十几天", "vague")),
    ("等了三四天", long("三四天", "vague")),
    ("等了七八天", long("七八天", "vague")),
    ("等了3-5天", long("5天", "vague")),
    ("等了3到5天", long("5天", "vague")),
    ("等了三到五天", long("五天", "vague")),
    ("等了几十天", long("几十天", "vague")),
    ("等了一个半月", long("一个半月", "vague")),
    ("至少等了5天", days("5天", 5)),
    ("等了至少5天", long("5天", "vague")),
    ("超过了七天", long("七天", "vague")),
    ("买了没两天就降价", long("两天", "vague")),
    ("还没过15天", long("15天", "vague")),
    ("没用三天就坏", long("三天", "vague")),
    ("一个星期不到就坏", long("一个星期", "vague")),
    ("三天不到货", days("三天", 3)),
    ("四周没放缓冲", long("四周", "vague")),
    ("等了好几天", long("好几天", "vague")),
    ("等了几天", long("几天", "vague")),
    ("快半个月了", long("半个月", "vague")),
    ("快三天了", long("三天", "vague")),
    ("超过15天", long("15天", "vague")),
    ("等了15天左右", long("15天", "vague")),
    ("等了大概15天", long("15天", "vague")),
    ("等了15多天", long("15多天", "vague")),
    ("等了20多天", long("20多天", "vague")),
    ("用了半年", long("半年", "calendar")),
    ("用了一年", long("一年", "calendar")),
    ("用了一天半", long("一天半", "vague")),
    ("这两天才到", long("两天", "vague")),
    ("等了一个月零三天", long("一个月", "vague"), long("零三天", "vague")),
    ("等了1个月15天", long("1个月", "vague"), long("15天", "vague")),
    ("等了大半个月", long("半个月", "vague")),
    ("等了10几天", long("10几天", "vague")),
    ("买来没得一天就降价", long("一天", "vague")),
    ("等了三点五天", long("五天", "vague")),
    ("等了俩星期", days("俩星期", 14)),
    ("等了俩月", days("俩月", 61)),
    ("等了半月", days("半月", 15)),
    # rights, limits and ordinals
    ("有一天就坏了",),
    ("一天比一天差",),
    ("上半个月买的",),
    ("孩子一周岁",),
    ("店庆三周年",),
    ("7*24小时服务",),
    ("客服说48小时处理",),
    ("支持15天换货",),
    ("客服说48小时会处理",),
    ("说好保七天",),
    ("第二天就坏了",),
    ("隔天就坏了",),
    ("不给七天无理由",),
    ("不给7天无理由退货",),
    ("说好15天价保",),
    ("说三天内到",),
    ("说3天之内到",),
    ("承诺48小时发货",),
    ("承诺48小时内发货",),
    ("每三天一次",),
    ("一天天拖着",),
    ("价保30天",),
    ("价格保七天",),
    ("质保三个月",),
    ("保质期12个月",),
    ("七天保价",),
    ("24小时客服",),
    ("90天只换不修",),
    ("超出7天的退货期",),
    ("三天两头坏",),
    ("上一个月买的",),
    ("头三天还好",),
    ("一周一次",),
]

CASES = AMOUNTS + DATES + DURATIONS


def read_off(text, received_on=DAY):
    return [(r.kind, r.text, r.value, r.why) for r in read(text, received_on=received_on)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_sentence_is_read_as_a_person_reads_it(case):
    text, *expected = case
    assert read_off(normalise(text).text) == expected


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("￥99", 9900),
        ("¥99", 9900),
        ("付了９９元", 9900),
        ("付了９９．５元", 9950),
        ("付了1，299元", 129900),
        ("付了99RMB", 9900),
    ],
)
def test_raw_text_is_read_like_normalised_text(text, fen):
    assert [(r.kind, r.value) for r in read(text, received_on=DAY)] == [("amount", fen)]


@pytest.mark.parametrize(
    "text", ["11月11号", "昨天", "双十一", "3号", "上个月15号", "三天前", "上周三", "今年3月1号", "618", "5.13号"]
)
def test_without_the_day_of_the_complaint_relative_dates_have_no_value(text):
    assert read_off(text, None) == [when(text, "no-year")]


def test_without_the_day_of_the_complaint_full_dates_and_plain_durations_are_read_and_months_are_not():
    assert read_off("2026年11月3日签收", None) == [date("2026年11月3日", "2026-11-03")]
    assert read_off("用了三天", None) == [days("三天", 3)]
    assert read_off("等了一个月", None) == [long("一个月", "calendar")]


def test_a_month_counts_its_own_days():
    assert [r.value for r in read("等了一个月", received_on=dt.date(2026, 3, 31))] == [31]
    assert [r.value for r in read("等了一个月", received_on=dt.date(2026, 3, 15))] == [28]


@pytest.mark.parametrize("received", [dt.date.min, dt.date.max])
def test_days_beyond_the_calendar_are_impossible_and_never_raise(received):
    texts = (
        "大前天",
        "9999个月前",
        "9999周前",
        "等了一个月",
        "31号",
        "上个月5号",
        "上上周三",
        "下个月1号",
        "明年3月1号",
        "2月29日",
    )
    for text in texts:
        for reading in read(text, received_on=received):
            assert isinstance(reading.value, dt.date | int) or reading.why in {"impossible", "calendar"}
    assert read_off("大前天", dt.date.min) == [when("大前天", "impossible")]


FEN = st.integers(1, 99_999_999)


def chinese(number):
    """The plain numeral of 1 to 99999999, as a textbook writes it."""
    digits = "零一二三四五六七八九"

    def section(value):
        out, gap = "", False
        for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit, value = divmod(value, unit)
            if digit:
                out += ("零" if gap else "") + digits[digit] + name
            gap = bool(out) and not digit
        return out

    high, low = divmod(number, 10_000)
    if not high:
        return section(low)
    return section(high) + "万" + (("零" if low < 1000 else "") + section(low) if low else "")


@given(FEN)
def test_every_amount_in_figures_reads_back(fen):
    plain = f"{fen // 100}.{fen % 100:02}"
    grouped = f"{fen // 100:,}.{fen % 100:02}"
    for words in (f"{plain}元", f"{plain}块", f"{plain}块钱", f"¥{plain}", f"{grouped}元", f"¥{grouped}"):
        assert [(r.kind, r.value, r.text) for r in read(f"付了{words},", received_on=DAY)] == [("amount", fen, words)]


@given(st.integers(1, 99_999_999))
def test_every_whole_amount_in_chinese_numerals_reads_back(number):
    for unit in ("元", "块钱"):
        words = chinese(number) + unit
        assert [(r.kind, r.value, r.text) for r in read(f"付了{words}", received_on=DAY)] == [
            ("amount", number * 100, words)
        ]


@given(st.integers(1, 99), st.integers(1, 9), st.integers(1, 9))
def test_every_price_spoken_in_kuai_mao_fen_reads_back(kuai, mao, fen):
    digits = "零一二三四五六七八九"
    for words, value in (
        (f"{chinese(kuai)}块{digits[mao]}", kuai * 100 + mao * 10),
        (f"{chinese(kuai)}块{digits[mao]}毛{digits[fen]}", kuai * 100 + mao * 10 + fen),
        (f"{kuai}块{mao}", kuai * 100 + mao * 10),
    ):
        assert [(r.kind, r.value, r.text) for r in read(f"付了{words},", received_on=DAY)] == [("amount", value, words)]


@given(st.dates(dt.date(2023, 1, 1), dt.date(2027, 12, 31)), st.integers(0, 300))
def test_every_date_of_the_last_300_days_reads_back(received, back):
    day = received - dt.timedelta(days=back)
    for words in (
        f"{day.month}月{day.day}号",
        f"{day.month}月{day.day}日",
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
    ):
        assert [(r.kind, r.value, r.text) for r in read(f"在{words}签收", received_on=received)] == [
            ("date", day, words)
        ]
    cn = f"{chinese(day.month).removeprefix('一') if day.month >= 10 else chinese(day.month)}月{chinese(day.day)}日"
    assert [(r.kind, r.value) for r in read(f"在{cn}签收", received_on=received)] == [("date", day)]


@given(st.integers(1, 400))
def test_every_count_of_days_reads_back(count):
    for words in (f"{count}天", f"{chinese(count)}天"):
        assert [(r.kind, r.value, r.text) for r in read(f"等了{words}", received_on=DAY)] == [("days", count, words)]


PIECES = st.sampled_from(
    [
        *"零一二两三四五六七八九十百千万亿廿卅半几多来约近快第0123456789.,，-~* $¥￥元块钱毛角分年月日号天周个前后内",
        "星期",
        "小时",
        "昨天",
        "双十一",
        "618",
        "花了",
        "付了",
        "以前",
        "左右",
        "上个月",
        "2026-11-03",
        "０",
        "kw",
        "人",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60), st.none() | st.dates())
def test_readings_of_any_text_are_in_order_apart_and_quote_it(text, received):
    end = 0
    for reading in read(text, received_on=received):
        assert end <= reading.start < reading.end <= len(text)
        assert text[reading.start : reading.end] == reading.text
        assert (reading.value is None) == (reading.why is not None)
        if reading.kind != "date" and reading.value is not None:
            assert reading.value >= 0
        end = reading.end


COUNTED = st.sampled_from(
    ["个", "件", "斤", "包", "双", "套", "支", "瓶", "天", "小时", "个月", "折", "片装", "-5件", "到5斤"]
)


@given(st.integers(21, 9999), st.sampled_from(["元", "块"]), st.integers(1, 99), COUNTED)
def test_what_is_counted_behind_a_price_is_never_added_to_it(yuan_, unit, count, counted):
    for number in (str(count), chinese(count)):
        text = f"付了{yuan_}{unit}{number}{counted}"
        assert [r.value for r in read(text, received_on=DAY) if r.kind == "amount"] in ([yuan_ * 100], [None]), text


@given(st.integers(1, 1989), st.sampled_from(["**", "*9", "1*", ",3456", ".9.9", " 299", "万2"]))
def test_a_masked_or_oddly_grouped_figure_has_no_value(figure, tail):  # 1990.9.9 would be a date
    for sign in ("¥", "￥", "rmb"):
        assert [r.value for r in read(f"付了{sign}{figure}{tail}", received_on=DAY)] in ([None], [None, None])


NUMERAL = st.text("0123456789零两三五七九十百千万", min_size=1, max_size=3)


@given(NUMERAL, st.integers(21, 999), st.sampled_from(["元", "块", "块钱", "毛", "角"]))
def test_the_tail_of_a_longer_numeral_has_no_value_of_its_own(head, tail, unit):
    for number in (str(tail), chinese(tail)):
        for reading in read(f"付了{head}{number}{unit}", received_on=DAY):
            if reading.value is not None and reading.kind == "amount":
                assert reading.text.startswith(head), reading


@given(st.dates(dt.date(2023, 1, 1), dt.date(2027, 12, 31)), st.integers(1, 12), st.integers(1, 31))
def test_a_month_and_day_without_a_year_is_never_after_the_complaint(received, month, day):
    for reading in read(f"在{month}月{day}日签收", received_on=received):
        assert reading.value is None or reading.value <= received


@pytest.mark.parametrize(
    "unit",
    [
        *("三", "1,", "1 ", "1.", "11月", "¥1", "五块五", "5毛", "618", "3号到", "一个月零", "100元和"),
        *("00000000000 ", "９", "3天", "花了三百", "几", "上周", "2026-"),
    ],
)
def test_hostile_texts_are_read_in_linear_time(unit):
    def cost(size):
        began = time.process_time()
        read((unit * size)[:size], received_on=DAY)
        return time.process_time() - began

    small = min(cost(10_000) for _ in range(3))
    # Ten times the text; a quadratic reader would take a hundred times as long. A slow machine slows both.
    assert min(cost(100_000) for _ in range(3)) < 30 * small + 0.2
