"""What the format's own words are called in Chinese, so that an author who writes 金额 is told ``money``.

The words stay English in the files, one word per concept; this only helps whoever does not know it yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

FORMAT_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # types of facts
        "bool": ("是否", "布尔", "是非"),
        "integer": ("整数", "数字", "数量", "天数", "次数"),
        "money": ("金额", "钱", "价格", "价款"),
        "date": ("日期", "日子", "时间"),
        "enum": ("单选", "选项", "枚举"),
        "set": ("多选", "集合"),
        # who
        "consumer": ("消费者", "买家", "用户", "顾客"),
        "merchant": ("商家", "卖家", "店家", "经营者"),
        "platform": ("平台", "电商平台"),
        "carrier": ("快递", "物流", "承运人", "快递公司"),
        "system": ("系统", "订单系统", "后台"),
        "nobody": ("没有人", "不问", "无人"),
        # tiers
        "agent": ("客服", "人工客服", "专员"),
        "mediator": ("调解员", "调解", "法务"),
        "lawyer": ("律师",),
        # grades
        "record": ("记录", "系统记录", "订单记录"),
        "evidence": ("证据", "凭证", "材料"),
        "stated": ("自述", "陈述", "自己说的"),
        "presumed": ("推定", "法律推定"),
        # statuses and worlds
        "draft": ("草稿", "草案"),
        "stable": ("生效", "正式", "稳定"),
        "retired": ("停用", "废止", "退役"),
        "open": ("开放",),
        "raised": ("提出", "提出来才算"),
        # parts of a rule
        "title": ("标题", "名称"),
        "scenario": ("场景",),
        "reviewed": ("复核", "审查日期", "复核日期"),
        "recognise": ("识别", "认得"),
        "elements": ("要件", "构成要件"),
        "unless": ("例外", "除外", "但书"),
        "exceptions": ("例外", "除外"),
        "basis": ("依据", "法律依据"),
        "supports": ("支撑", "支持"),
        "article": ("条文", "法条", "条款"),
        "gist": ("要旨", "大意"),
        "settle": ("结案", "可结案"),
        "needs": ("等级", "需要"),
        "limit": ("上限", "限额"),
        "remedies": ("救济", "补救"),
        "strategy": ("策略", "调解策略"),
        "opening": ("开场", "开场白"),
        "floor": ("底线",),
        "concessions": ("退让", "让步"),
        "steps": ("步骤",),
        "within": ("期限", "多久内"),
        "refer": ("转交", "转人工", "交人"),
        "tier": ("层级", "去向"),
        "when": ("条件", "何时"),
        "then": ("结果", "那么"),
        "why": ("理由", "原因"),
        "phrases": ("短语", "说法"),
        "words": ("词组", "词表"),
        "label": ("名字", "标签"),
        "question": ("问题", "提问"),
        "values": ("取值", "选项"),
        # what an exception does, and what comes of a case
        "set_aside": ("让位", "不适用", "让开"),
        "ask": ("提问", "先提问", "追问"),
        # remedies
        "refund": ("退款", "退钱", "退费", "返还货款"),
        "price_difference": ("退差价", "差价", "价差"),
        "promised_compensation": ("兑现赔付", "兑现承诺的赔付"),
        "loss": ("赔偿损失", "赔偿", "损失"),
        "freight_refund": ("退运费",),
        "return_freight": ("退货运费", "运费"),
        "exchange": ("换货", "更换"),
        "repair": ("维修", "修理"),
        "reship": ("补发", "重新发货"),
        "redeliver": ("重新投递", "重新派送"),
        "restore_order": ("恢复订单",),
        "stop_charging": ("停止扣费", "停止续费"),
        "terminate": ("解除合同", "解除"),
        "take_down": ("下架",),
        "disclose": ("披露信息", "披露"),
        "apologise": ("道歉", "赔礼道歉"),
        "invoice": ("开具发票", "开发票", "发票"),
        "restore_account": ("恢复账号",),
        "restore_review": ("恢复评价",),
        "delete_data": ("删除个人信息", "删除信息"),
        "reissue_coupon": ("补发优惠券",),
        "explain": ("说明理由", "解释"),
        # tests of a condition
        "is": ("是", "等于", "为"),
        "is_not": ("不是", "不等于"),
        "in": ("属于", "之一"),
        "not_in": ("不属于",),
        "at_most": ("至多", "不超过", "不多于", "小于等于", "以内"),
        "less_than": ("少于", "小于", "不到", "不足"),
        "at_least": ("至少", "不少于", "大于等于", "以上"),
        "more_than": ("多于", "大于", "超过"),
        "between": ("介于", "之间"),
        "contains_any": ("包含", "含有", "包含任一"),
        "contains_all": ("都包含", "全包含"),
        "known": ("已知", "知道"),
        "all": ("全部", "都", "并且", "且"),
        "any": ("任一", "任何", "或者", "或"),
        "not": ("并非", "非"),
        # yes and no
        "true": ("是", "有", "对", "真"),
        "false": ("否", "不是", "没有", "无", "不", "假"),
    }
)


def format_word(chinese: str, known: Iterable[str]) -> str:
    """The word of the format that a Chinese word stands for, if it is one of ``known``; else ``""``."""
    choices = frozenset(known)
    asked = chinese.strip()
    return next((word for word, names in FORMAT_WORDS.items() if word in choices and asked in names), "")
