"""Write `docs/contract-codes.md`: the allowed values of the contract, from the pack and the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from funnel.engine._texts import _TEXTS
from funnel.pack.loader import load_pack
from funnel.pack.model import NEVER_SETTLED, PAYERS, SETTLED_KINDS, Pack

ROOT = Path(__file__).resolve().parents[1]
NAME = "contract-codes.md"
FIELDS = (
    ("order.kind", "order_kind", "What kind of thing was bought."),
    ("order.category", "goods_kind", "What goods they are. A seller's own words go into `order.category_text`."),
    ("claims[]", "claims", "What the consumer wants."),
    ("channel", "channel_named", "Where it was bought. Any other text is kept and says nothing."),
    ("platform", "platform_named", "Of what kind the platform is. Any other text is kept and says nothing."),
    ("evidence[].kind", "evidence_kinds", "What documents there are."),
)
"""Fields of the complaint, and the fact of the pack that is read from each."""
WHO = {
    "merchant": ("商家", "the merchant"),
    "platform": ("平台", "the platform"),
    "carrier": ("承运人", "the carrier"),
    "consumer": ("消费者", "the consumer"),
    "agent": ("客服", "an experienced agent"),
    "mediator": ("调解员", "a mediator"),
    "lawyer": ("律师", "a lawyer"),
}
REASONS: Mapping[str, tuple[str, str]] = {
    "unmatched": ("没有规则认得", "no rule recognises the complaint"),
    "gate": ("必须先由人看的情形（gate 是哪一个）", "a gate is open: what always goes to a person; `gate` names it"),
    "gate-suspected": (
        "读来像这种情形，人先看一眼",
        "the text, or a sentence of it, reads like what a gate is for, and the consumer is not asked what he meant; a person looks first",
    ),
    "exception": ("规则的例外成立或不能排除", "an exception of the rule holds"),
    "elements-not-met": ("现有材料下要件不成立", "on the material at hand the elements do not hold"),
    "elements-unknown": (
        "要件不明，也没有可问的",
        "it is not known whether the elements hold, and nobody can be asked",
    ),
    "grade-too-low": (
        "事实的证明程度不够",
        "a fact is not established at the grade that a settlement needs; `fact` names it",
    ),
    "conflict": (
        "几条规则给出不同结果，或几笔合计超过所付",
        "several rules come to different outcomes, or sums together exceed what was paid",
    ),
    "over-limit": ("金额超过机器可结的上限", "the sum is over the limit of what a machine settles"),
    "claim-exceeds": ("消费者要的比规则给的多", "the consumer claims more than the rule gives"),
    "claim-below": ("消费者要的比规则给的少", "the consumer claims less than the rule gives"),
    "claim-unanswered": ("消费者要的，处理结果没有回应", "something is claimed that the settlement does not answer"),
    "nothing-due": ("算下来没有应付的", "what comes out is nothing"),
    "rule-refers": ("规则本身要求转人", "the rule itself sends the case to people"),
    "never-settles": ("这条规则从不由机器结", "the rule is never settled by machine"),
    "out-of-scope": ("不属受理范围", "another office is in charge"),
    "law-uncertain": (
        "依据的条文当时未施行或未核对",
        "an article it rests on was not in force or has not been checked",
    ),
    "unreadable-field": ("有字段读不出", "a field cannot be read"),
    "unread-fact": (
        "提出了办结规则不看的事，人先看一眼",
        "something is told that no rule of the settlement reads; `fact` names it, and a person looks first",
    ),
    "disputed": ("两个来源说法不一", "two sources of a fact contradict each other; `fact` names it"),
    "not-askable": ("缺的事实没有人可问", "a fact is missing that nobody can be asked for"),
    "amount-unknown": ("金额算不出", "the sum cannot be reckoned"),
    "engine-refused": ("金额不合理，引擎不结", "the engine does not settle what came out, such as a negative sum"),
    "engine-error": (
        "引擎在这一件上出错（只在 funnel run --queue 和 funnel queue answer）",
        "the engine itself failed over the complaint (of `funnel run --queue` and `funnel queue answer` alone)",
    ),
}
OUTCOMES = {
    "settle": ("结案草稿，双方接受才算数", "a draft that binds nobody until both sides take it"),
    "ask": ("先提问", "a question comes first"),
    "refer": ("转人工", "a person decides"),
}


def page(pack: Pack) -> str:
    """The page."""
    lines = [
        "# Values of the contract",
        "",
        (
            f"Made from the pack {pack.id} and the code by `make docs`. Another pack has other values where it says so. "
            "In a complaint the Chinese words stand for the codes too, and so do the pack's synonyms (`also`)."
        ),
        "",
    ]
    for path, fact, what in FIELDS:
        members = pack.vocabulary[fact].members.values()
        lines += [f"## `{path}`", "", f"{what} (Of the pack.)", ""]
        lines += _table((m.slug, m.label.get("zh", ""), m.label.get("en", "")) for m in members)
    lines += ["## `outcome`", "", *_table((code, *words) for code, words in OUTCOMES.items())]
    lines += ["## `tier`", "", "(Of the pack.)", ""]
    lines += _table((tier, *WHO.get(tier, ("", ""))) for tier in pack.manifest.tiers)
    for title, kinds in (
        ("settled or weighed", SETTLED_KINDS),
        ("only weighed by people, in `considers`", NEVER_SETTLED),
    ):
        lines += [f"## `remedies[].kind`: {title}", "", *_table((kind, *_TEXTS[f"kind-{kind}"]) for kind in kinds)]
    lines += ["## `remedies[].payer`", "", *_table((payer, *WHO[payer]) for payer in PAYERS)]
    lines += ["## `referral.reasons[].code`", "", *_table((code, *words) for code, words in REASONS.items())]
    lines += [
        "## Spans of time",
        "",
        "`steps[].within` is `24h` or `7d`: hours, or calendar days; `settle_within` is a sentence for people.",
        "",
    ]
    return "\n".join(lines)


def codes_of_contract() -> frozenset[str]:
    """The reason codes that `docs/contract.md` names."""
    text = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    found = re.search(r"Reason codes: ([^.]*)\.", text)
    return frozenset(re.findall(r"`([a-z-]+)`", found[1])) if found else frozenset()


def _table(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    shown = (f"| `{code}` | {zh} | {en} |".replace("  ", " ") for code, zh, en in rows)
    return ["| code | 中文 | English |", "|---|---|---|", *shown, ""]


def main() -> None:
    (ROOT / "docs" / NAME).write_text(page(load_pack("cn-ecommerce")), encoding="utf-8")


if __name__ == "__main__":
    main()
