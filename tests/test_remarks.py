"""A remark beside the real matter is no matter of its own, whatever the matter is."""

import datetime as dt

import pytest

import funnel

PACK = funnel.load_pack("cn-ecommerce")
ENGINE = funnel.Engine(PACK)
DAY = dt.date(2026, 11, 26)
IGNORED = "complaint_ignored"
REMARKS = {IGNORED, "platform_duty", "unfair_terms", "advertised_falsely"}
"""They yield to each other in this order, so that one of them is left."""
OTHERS = sorted(set(PACK.vocabulary.facts["grievances"].members) - {IGNORED})


def scenarios(text, grievances=()):
    complaint = {
        "id": "1",
        "received_at": "2026-11-10T10:00:00+08:00",
        "text": text,
        "facts": {"grievances": list(grievances)},
    }
    return {m.scenario for m in ENGINE.decide(complaint, as_of=DAY).matters}


@pytest.mark.parametrize("other", OTHERS)
def test_not_dealt_with_stands_alone_or_not_at_all(other):
    """A grievance added to the vocabulary must be added to the rule's list, or the remark comes first again."""
    assert "complaint_handling_delay" in scenarios("", [IGNORED])
    assert "complaint_handling_delay" not in scenarios("", [IGNORED, other])


@pytest.mark.parametrize(
    ("remark", "scenario"),
    [("霸王条款", "unfair_terms"), ("虚假宣传", "false_ad"), ("平台偏袒商家", "platform_liability")],
)
def test_a_word_of_reproach_is_a_matter_only_where_there_is_no_other(remark, scenario):
    assert scenario in scenarios(f"这家店{remark}，太过分")
    left_out = REMARKS | {"empty_parcel", "no_tracking", "counterfeit", "shop_closed"}
    for other in sorted(set(OTHERS) - left_out):
        assert scenario not in scenarios(f"这家店{remark}，太过分", [other]), other
