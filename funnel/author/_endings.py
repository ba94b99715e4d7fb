"""The ends still possible for a rule, in words: what ``funnel explain`` and a failing scenario test say of them."""

from __future__ import annotations

from funnel.engine import describe
from funnel.engine.evaluate import Parameters
from funnel.facts.values import Facts
from funnel.facts.vocabulary import pick
from funnel.pack.model import Pack, Rule

_ALONE = {
    "settle": ("由机器结案", "settled"),
    "dead": ("要件不成立或者让位", "the elements fail, or it steps aside"),
    "unrecognised": ("不是这一类", "not one of these"),
    "refer": ("转人工", "referred"),
    "amount:when": ("救济附的条件还不清楚", "whether a remedy's own condition holds"),
}
_CANNOT = {
    "over-limit": ("金额超过机器结案上限", "the amount is over the limit"),
    "never-settles": ("规则没有写 settle，只交人", "the rule has no settle part"),
    "out-of-scope": ("不属受理范围", "out of scope"),
    "rule-refers": ("规则的 settle.when 或 scope 不满足", "settle.when or scope of the rule does not hold"),
    "law-uncertain": (
        "依据的条文当时没有施行、已经失效或者没有核实",
        "an article was not in force then or is not verified",
    ),
    "amount-unknown": ("金额算不出来", "the amount cannot be computed"),
    "engine-refused": ("金额超出引擎允许的范围", "the engine refuses the amount"),
    "claim-exceeds": ("消费者要的比能结的多", "more is claimed than can be settled"),
    "claim-unanswered": ("消费者要的有一项结不了", "one of the claims cannot be settled"),
    "nothing-due": ("算出来是 0 元", "the amount comes out as nothing"),
    "claim-below": ("消费者要的比算出来的少", "less is claimed than comes out"),
}
_OF_FACTS = {
    "grade": ("“{}”的等级不到 needs 写的那一级", "the grade of “{}” is below what needs asks for"),
    "governs": ("用哪一版法律要看“{}”", "which law governs depends on “{}”"),
    "amount": ("算金额要知道“{}”", "the amount needs “{}”"),
}


def ending(pack: Pack, rule: Rule, end: str, lang: str, parameters: Parameters | None = None) -> str:
    """An end of `Assessment.live` in words; as it is where there are none.

    Args:
        pack: The pack.
        rule: The rule whose end it is.
        end: Such as ``settle``, ``grade:invoice_sent`` or ``exception:custom-made``.
        lang: ``zh`` or ``en``.
        parameters: The figures of the day, for an end that names one.
    """
    which = 1 if lang == "en" else 0
    if end in _ALONE:
        return _ALONE[end][which]
    kind, _, name = end.partition(":")
    if kind == "cannot" and name in _CANNOT:
        return (("机器不能结案：", "cannot be settled: ")[which]) + _CANNOT[name][which]
    if kind in _OF_FACTS and name in pack.vocabulary:
        return _OF_FACTS[kind][which].format(pack.vocabulary.label(name, lang))
    if kind == "exception":
        title = next((pick(e.title, lang) for e in rule.exceptions if e.id == name), name)
        return f"例外“{title}”" if lang != "en" else f"exception “{title}”"
    if kind == "refer" and name.isdigit():
        why = describe.fill(pack, rule.refer.when[int(name)].why, Facts({}), parameters or {}, lang)
        return f"转人工：{why}" if lang != "en" else f"referred: {why}"
    return end
