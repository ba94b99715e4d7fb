"""Sentences of decisions, in Chinese and English; ``{unit}`` is the pack's currency. They say "on the material at hand … tends to", never "judged"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

BETWEEN: Final = "”、“"
"""What stands between several quotes in one sentence."""
_QUOTED: Final = 60
"""Characters of a complaint that are quoted."""

_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "received": (
            "收到投诉，按 {as_of} 的材料和法律判断",
            "received; decided on the material and the law as of {as_of}",
        ),
        "fact": ("{label}：{value}（{grade}，来自 {source}）", "{label}: {value} ({grade}, from {source})"),
        "fact-reckoned": (
            "{label}：{value}（{grade}，由{inputs}推算）",
            "{label}: {value} ({grade}, reckoned from {inputs})",
        ),
        "fact-shown": (
            "{label}：{value}（{grade}，话里没有说是哪一类，由记录看出）",
            "{label}: {value} ({grade}, shown by records where the words name none)",
        ),
        "fact-words": (
            "{label}：{value}（{grade}，原文“{words}”）",
            "{label}: {value} ({grade}, from the words “{words}”)",
        ),
        "note": ("文字对“{label}”说法不一或含糊，按未知处理", "the text is unclear on “{label}”; it stays unknown"),
        "unknown-fact": ("词表里没有事实“{name}”，没有采用", "the vocabulary has no fact “{name}”; it was not used"),
        "unknown-fact-near": (
            "词表里没有事实“{name}”，没有采用；是不是“{near}”？",
            "the vocabulary has no fact “{name}”; it was not used; did you mean “{near}”?",
        ),
        "gate-open": ("关口“{title}”打开：{why}", "the gate “{title}” is open: {why}"),
        "gate-suspected": (
            "没有说到“{title}”的字眼，但通篇读来像，先由人看一眼",
            "no words of “{title}” stand here, but the text reads like it; a person looks first",
        ),
        "gate-overheard": (
            "有一句话读来像“{title}”：“{words}”，先由人看一眼",
            "one sentence reads like “{title}”: “{words}”; a person looks first",
        ),
        "gate-asked": (
            "有一句话读来像“{title}”：“{words}”，先问消费者是什么意思",
            "one sentence reads like “{title}”: “{words}”; the consumer is asked first what he means",
        ),
        "heard": ("{question}（您提到：“{words}”）", "{question} (You say: “{words}”)"),
        "heard-why": (
            "话里有一处读来像其中一种；有的话由人处理，都不是就照常",
            "one place of what was said reads like one of these; if one is so a person takes over, if none the case goes on",
        ),
        "gate-unknown": ("关口“{title}”还不能排除", "the gate “{title}” cannot be ruled out yet"),
        "open-elsewhere": (
            "还有关口或其他规则不能排除，机器不先结案",
            "a gate or another rule cannot be ruled out yet, so nothing is settled before",
        ),
        "no-rule": ("没有规则认得这件投诉", "no rule recognises this complaint"),
        "candidate": ("像是“{title}”", "this looks like “{title}”"),
        "possible": ("也可能是“{title}”，还要看{facts}", "it may also be “{title}”, depending on {facts}"),
        "elements-true": ("“{title}”的要件成立", "the elements of “{title}” hold"),
        "elements-false": ("“{title}”的要件不成立：{facts}", "the elements of “{title}” do not hold: {facts}"),
        "elements-unknown": ("“{title}”的要件还不清楚：{facts}", "the elements of “{title}” are open: {facts}"),
        "exception-true": ("例外“{exception}”成立", "the exception “{exception}” holds"),
        "exception-unknown": (
            "例外“{exception}”还不能排除：{facts}",
            "the exception “{exception}” cannot be ruled out: {facts}",
        ),
        "exceptions-false": ("“{title}”的例外都已排除", "every exception of “{title}” is ruled out"),
        "steps-aside": (
            "“{title}”让位：这件事不属受理范围，或者有更专门的规则",
            "“{title}” steps aside: the matter is out of scope, or a more special rule deals with it",
        ),
        "remark": (
            "“{title}”只是顺带一提：它随另一件事一起处理，不另立一件",
            "“{title}” is a remark: it is dealt with together with the other matter",
        ),
        "doubted": (
            "提到了“{title}”的字眼，但通篇读来不像在投诉这件事，不另立一件",
            "words of “{title}” stand here, but the text reads nothing like a complaint about it; no matter is made of it",
        ),
        "offered": (
            "没有规则认得这些说法；通篇读来最像：{titles}",
            "no rule recognises these words; they read most like: {titles}",
        ),
        "kind": (
            "从您的话里还看不出是哪一类问题，最接近哪一种？可以选几种；都不是就答“都不是”",
            "Your words do not show what kind of matter this is. Which is nearest? You may pick several; if none fits, say “none”",
        ),
        "kind-why": ("不知道是哪一类，就只能交给人看", "a matter of no known kind can only go to a person"),
        "overridden": ("“{special}”优先于“{general}”({basis})", "“{special}” goes before “{general}” ({basis})"),
        "settle": (
            "根据现有材料，倾向于按“{title}”提出和解方案：{remedies}",
            "on the material at hand, a settlement under “{title}” tends to be right: {remedies}",
        ),
        "settle-draft": (
            "这是有理由的方案草稿，双方接受后才有约束力",
            "this is a reasoned draft; it binds nobody until both sides take it",
        ),
        # --- reasons of referral ---
        "unmatched": ("没有规则认得这件投诉", "no rule recognises this complaint"),
        "gate": ("{why}", "{why}"),
        "disputed": ("“{label}”有互相矛盾的来源：{values}", "sources contradict on “{label}”: {values}"),
        "unread-fact": (
            "有人提出“{label}”，这类投诉的规则不看这一项；结果会不会不同，先由人看",
            "“{label}” is told, which no rule of such a complaint reads; a person first sees whether it changes the outcome",
        ),
        "unreadable-field": ("字段 {field} 读不出：{detail}", "the field {field} cannot be read: {detail}"),
        "exception": ("“{title}”的例外“{exception}”成立{why}", "the exception “{exception}” of “{title}” holds{why}"),
        "elements-not-met": (
            "现有材料下“{title}”的要件不成立：{facts}；机器不驳回消费者，交人工看",
            "on the material at hand the elements of “{title}” do not hold: {facts}; a machine rejects nobody, a person looks",
        ),
        "elements-unknown-refer": ("“{title}”还缺：{facts}", "“{title}” still lacks: {facts}"),
        "not-askable": ("缺少的事实没有人能通过提问补上：{facts}", "nobody can be asked for what is missing: {facts}"),
        "considers-unknown": (
            "是否谈得上还要看不清楚的：{facts}",
            "whether it comes into question hangs on what is not known: {facts}",
        ),
        "grade-too-low": (
            "“{label}”只到“{have}”，要到“{need}”才能结案",
            "“{label}” is only {have}; a settlement needs {need}",
        ),
        "conflict": ("几条规则给出不同的结果：{titles}", "several rules give different results: {titles}"),
        "conflict-sum": (
            "各项方案合计 {total} {unit}，超过实付 {paid} {unit}",
            "the settlements add up to {total} {unit}, more than the {paid} {unit} paid",
        ),
        "over-limit": (
            "金额 {amount} {unit}超过机器结案上限 {limit} {unit}",
            "{amount} {unit} is above the limit of {limit} {unit} for machines",
        ),
        "nothing-due": (
            "按规则算出来是 0 元，没有可以结的，由人看消费者要的是什么",
            "what comes out by the rule is nothing, so there is nothing to settle; a person sees what the consumer wants",
        ),
        "claim-below": (
            "按规则可得 {amount} {unit}，消费者只要 {limit} {unit}，由人核对他要的是什么",
            "the rule gives {amount} {unit} and the consumer asks for {limit}; a person sees what he wants",
        ),
        "claim-unanswered": (
            "消费者还要：{claims}。“{title}”结不了这一项，由人一起商量",
            "{claims} is claimed as well, which “{title}” cannot settle; a person talks to both about all of it",
        ),
        "claim-exceeds": (
            "索赔 {amount} {unit}，高于机器能提出的 {limit} {unit}",
            "{amount} {unit} are claimed, more than the {limit} {unit} a machine may propose",
        ),
        "rule-refers": ("{why}", "{why}"),
        "rule-refers-scope": ("不在“{title}”负责的范围内", "outside the scope of “{title}”"),
        "rule-refers-when": (
            "“{title}”不具备机器结案的条件",
            "the conditions for a machine settlement of “{title}” are not met",
        ),
        "out-of-scope": (
            "“{title}”不属于本漏斗受理的事，由人告知去处",
            "“{title}” is none of this funnel's business; a person says where it goes",
        ),
        "never-settles": ("“{title}”一律由人工处理", "“{title}” is always for people"),
        "policy-figure": ("{value}（规则包自定的数，不是法律）", "{value} (the pack's own figure, not law)"),
        "law-of-day": (
            "“{title}”按{label}（{day}）那天的法律看",
            "“{title}” is looked at under the law of {day} ({label})",
        ),
        "law-day-unknown": (
            "{label}不知道，“{title}”按 {day} 的法律给人看；问清那一天再核一次条文",
            "{label} is not known; “{title}” is shown to people under the law of {day}: ask for that day and check the articles again",
        ),
        "law-not-in-force": (
            "“{citation}”在 {on} 还没有施行或者已经失效，机器不能据它结案",
            "“{citation}” was not in force on {on}; no machine settles on it",
        ),
        "law-unread": (
            "“{citation}”的原文没有核对过，机器不能据它结案",
            "the text of “{citation}” is not verified; no machine settles on it",
        ),
        "law-pending": (
            "“{citation}”在 {on} 还没有施行；它{reach}。案件有没有审结机器看不到，由人确认后可以引用",
            "“{citation}” was not in force on {on}; {reach}. No machine sees whether the case was judged: a person makes sure and may cite it",
        ),
        "reaches-pending": (
            "自 {since} 起施行，对当时尚未终审的案件也适用（{title}第{article}条）",
            "in force from {since}, it also reaches cases not finally judged by then ({title}, article {article})",
        ),
        "amount-unknown": ("金额算不出：{facts}", "the amount cannot be computed: {facts}"),
        "engine-refused": (
            "金额超过引擎允许的范围({detail})",
            "the amount is beyond what the engine allows ({detail})",
        ),
        "possible-rule": (
            "也可能属于“{title}”，现有材料不能排除",
            "it may also be a case of “{title}”; that cannot be ruled out",
        ),
        # --- questions ---
        "why-recognise": ("决定是否属于“{title}”", "it decides whether this is “{title}”"),
        "why-elements": ("是“{title}”的要件", "it is an element of “{title}”"),
        "why-exception": (
            "用来排除“{title}”的例外“{exception}”",
            "it rules out the exception “{exception}” of “{title}”",
        ),
        "why-amount": ("用来计算“{title}”的金额", "it is needed to compute the amount of “{title}”"),
        "why-grade": ("“{title}”结案前要有更可靠的来源", "“{title}” needs a better source before it settles"),
        "why-governs": ("决定“{title}”适用哪一版法律", "it decides which version of the law governs “{title}”"),
        "why-settle": ("决定“{title}”能否由机器结案", "it decides whether a machine may settle “{title}”"),
        "why-gate": ("用来排除要先由人看的情形“{title}”", "it rules out what a person has to see first: “{title}”"),
        "ask-plain": ("请提供：{label}", "please supply: {label}"),
        # --- words ---
        "unknown": ("（待查）", "(to be established)"),
        "within-settlement": ("{days} 日内", "within {days} days"),
        "within-goods_returned": ("收到退回的商品后 {days} 日内", "within {days} days after the goods come back"),
        "grade-presumed": ("推定", "presumed"),
        "grade-stated": ("自述", "stated"),
        "grade-evidence": ("证据", "evidence"),
        "grade-record": ("记录", "on record"),
        "kind-refund": ("退款", "refund"),
        "kind-price_difference": ("退差价", "refund of the price difference"),
        "kind-promised_compensation": ("兑现承诺的赔付", "promised compensation"),
        "kind-loss": ("赔偿损失", "compensation of loss"),
        "kind-freight_refund": ("退运费", "refund of freight"),
        "kind-return_freight": ("退货运费", "return freight"),
        "kind-exchange": ("换货", "exchange"),
        "kind-repair": ("维修", "repair"),
        "kind-reship": ("补发", "send again"),
        "kind-redeliver": ("重新投递", "deliver again"),
        "kind-restore_order": ("恢复订单", "restore the order"),
        "kind-stop_charging": ("停止扣费", "stop charging"),
        "kind-terminate": ("解除合同", "end the contract"),
        "kind-take_down": ("下架", "take down"),
        "kind-disclose": ("披露信息", "disclose information"),
        "kind-apologise": ("道歉", "apologise"),
        "kind-invoice": ("开具发票", "issue an invoice"),
        "kind-restore_account": ("恢复账号", "restore the account"),
        "kind-restore_review": ("恢复评价", "restore the review"),
        "kind-delete_data": ("删除个人信息", "delete personal data"),
        "kind-reissue_coupon": ("补发优惠券", "issue the coupon again"),
        "kind-explain": ("说明理由", "give the reasons"),
        "kind-double_deposit": ("双倍返还定金", "twice the deposit"),
        "kind-treble": ("三倍赔偿", "threefold compensation"),
        "kind-tenfold": ("十倍赔偿", "tenfold compensation"),
        "kind-triple_loss": ("三倍损失", "three times the loss"),
        "kind-injury_damages": ("人身损害赔偿", "damages for injury"),
        "kind-consequential_loss": ("其他损失", "consequential loss"),
        "payer-merchant": ("商家", "merchant"),
        "payer-platform": ("平台", "platform"),
        "payer-carrier": ("承运人", "carrier"),
        "payer-consumer": ("消费者", "consumer"),
        "test-is": ("{fact} 为 {value}", "{fact} is {value}"),
        "test-is_not": ("{fact} 不为 {value}", "{fact} is not {value}"),
        "test-in": ("{fact} 属于 {value}", "{fact} is one of {value}"),
        "test-not_in": ("{fact} 不属于 {value}", "{fact} is none of {value}"),
        "test-at_most": ("{fact} 不超过 {value}", "{fact} is at most {value}"),
        "test-less_than": ("{fact} 小于 {value}", "{fact} is less than {value}"),
        "test-at_least": ("{fact} 不少于 {value}", "{fact} is at least {value}"),
        "test-more_than": ("{fact} 大于 {value}", "{fact} is more than {value}"),
        "test-between": ("{fact} 在 {value} 之间", "{fact} is between {value}"),
        "test-contains_any": ("{fact} 含有 {value}", "{fact} contains any of {value}"),
        "test-contains_all": ("{fact} 含有全部 {value}", "{fact} contains all of {value}"),
        "test-known": ("{fact} 已知", "{fact} is known"),
        "not": ("并非：{condition}", "not: {condition}"),
    }
)


def say(key: str, lang: str, **values: object) -> str:
    """A sentence in ``zh`` or ``en``, its blanks filled."""
    zh, en = _TEXTS[key]
    return (en if lang == "en" else zh).format_map({k: str(v) for k, v in values.items()})


def knows(key: str) -> bool:
    """Whether there is such a sentence."""
    return key in _TEXTS


def join(parts: list[str] | tuple[str, ...], lang: str) -> str:
    """Several things in one sentence."""
    return (", " if lang == "en" else "、").join(parts)


def shortened(words: str) -> str:
    """A complaint's own words, of which a sentence quotes no more than is needed to find them."""
    return words if len(words) <= _QUOTED else words[:_QUOTED] + "…"


def requoted(text: str, change: Callable[[str], str]) -> str | None:
    """A sentence with the complaint's own words in it changed; None where it quotes none.

    It knows every sentence that quotes, in both languages. One that is reworded stays known under its former wording too:
    the queue keeps sentences for years and has to find the words again when they are erased.
    """
    return _between(text, _AROUND_WORDS, change)


def resourced(text: str, change: Callable[[str], str]) -> str | None:
    """The sentence that states a fact with its source changed; None where it is another sentence."""
    return _between(text, _AROUND_SOURCE, change)


def _between(text: str, around: tuple[tuple[str, str], ...], change: Callable[[str], str]) -> str | None:
    """A sentence with what stands in a blank changed; None where no wording with that blank fits."""
    for before, after in around:
        at, end = text.find(before), len(text) - len(after)
        if at >= 0 and text.endswith(after) and at + len(before) <= end:
            return text[: at + len(before)] + change(text[at + len(before) : end]) + after
    return None


def _around(key: str, blank: str) -> tuple[tuple[str, str], ...]:
    """What stands right before a blank and right after it, in each language; nothing else may follow."""
    found = []
    for text in _TEXTS[key]:
        before, after = text.split("{" + blank + "}")
        found.append((before.rpartition("}")[2], after))
    return tuple(found)


_AROUND_WORDS: Final = (
    *_around("fact-words", "words"),
    *_around("gate-overheard", "words"),
    *_around("gate-asked", "words"),
    *_around("heard", "words"),
)
_AROUND_SOURCE: Final = _around("fact", "source")
