"""The interview: one question after the other until the complaint can be decided."""

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import SETTLING, SUITE

import funnel
from funnel.cli._main import group
from funnel.complaint import Order
from funnel.facts.values import GRADES

ROOT = Path(__file__).parent.parent
STORY = "我买的衣服不喜欢，想退货，店家不给退"
DAY = dt.date(2026, 11, 22)


def walk(step, reply, limit=80):
    """Answer until nothing is left to ask; returns the steps."""
    steps = [step]
    while step.question is not None:
        step = reply(step)
        steps.append(step)
        assert len(steps) < limit, "an interview must end"
    return steps


@pytest.fixture(scope="module")
def settled(engine):
    """Complaints of scenario tests that are settled on records."""
    found = [test.complaint for test in SETTLING if engine.decide(test.complaint).outcome == "settle"]
    assert len(found) > 100
    return found


def asked_of(step):
    return [question.fact for question in step.engine.questions_left(step.complaint, step.asked, as_of=step.as_of)]


def led(engine, told, answers, **about):
    """The interview on a complaint, each question answered from what is given for it and skipped where nothing is."""

    def reply(step):
        fact = step.question.fact
        grade = max(GRADES["stated"], GRADES[step.question.grade]).word
        return step.answer(answers[fact], grade=grade) if fact in answers else step.skip()

    told = {"id": "x", "received_at": "2026-11-22T10:00:00+08:00", **told}
    return walk(engine.interview(told, who=None, **about), reply)[-1]


def test_it_begins_by_asking_what_happened(engine):
    step = engine.interview()
    assert step.question.fact == "text"
    assert step.decision is None
    told = step.answer(STORY)
    assert told.complaint.text == STORY
    assert told.decision.recognised
    assert step.complaint is None, "answering makes another value"


def test_whoever_knows_everything_is_led_to_the_same_end_as_the_whole_complaint(engine, settled):
    """Every question answered from the facts of the whole complaint, at their grade: same outcome, same money (a few stay open)."""
    same, other = [], []
    for whole in settled:
        facts = engine.reason(whole).intake.facts
        about = {
            name: raw for name, raw in whole.facts.items() if name == "grievances"
        }  # a matter is raised, not asked
        asked = whole.model_copy(update={"order": funnel.Order(), "facts": about}) if whole.text else None
        if asked is None:
            continue
        if engine.reason(whole).intake.facts.value("paid_above_price") is True:
            continue  # the price of a piece is not asked for: who knows the sum alone is not told what of it was freight

        def reply(step, facts=facts):
            known = facts.known.get(step.question.fact)
            if known is None or step.question.fact in facts.disputed:
                return step.skip()
            value = known.value
            if isinstance(value, int) and not isinstance(value, bool) and step.question.type == "money":
                value = f"{value // 100}.{value % 100:02}"
            grade = min(known.grade, GRADES[step.question.grade])
            return step.answer(value, grade=max(grade, GRADES["stated"]).word)

        end = walk(engine.interview(asked, who=None), reply)[-1].decision
        want = engine.decide(whole)
        assert end.outcome != "settle" or money(end) == money(want), whole.text
        (same if (end.outcome, money(end)) == (want.outcome, money(want)) else other).append(whole.text)
    # What stays open is never settled otherwise. Now 633 and 8: three matters that only records name (a deposit due back, freight
    # left, a trial), as many that a platform's own test or stock shows, and a day that explains another, which nobody is asked
    # for; and a figure that a platform had worked out already.
    assert len(same) >= 70 * len(other), other


def money(decision):
    return [[(r.kind, r.amount) for r in m.remedies] for m in decision.matters]


def test_what_takes_two_answers_is_asked_for_where_one_alone_changes_nothing(engine):
    """Nothing scanned in two days: neither that nothing was scanned nor that two days are over tells anything alone."""
    step = engine.interview("显示已发货，单号查不到物流信息，虚假发货，要求退款", who=None, as_of=DAY)
    assert {"tracking_started", "hours_since_shipped"} <= {q.fact for q in step.decision.questions}
    while step.question.fact not in {"tracking_started", "hours_since_shipped"}:
        step = step.skip()
    left = {"tracking_started", "hours_since_shipped"} - {step.question.fact}
    assert left <= set(asked_of(step))
    assert left.isdisjoint(asked_of(step.skip())), "of no use without the other"


def test_what_else_would_carry_a_settlement_is_asked_for_where_a_value_is_too_weak(engine):
    """The day on the pack is the consumer's word: who has no photo may still have a trader who admits it."""
    told = {"text": "买到过期零食，包装上日期早就过了"}
    known = {
        "expiry_shown": True, "paid_on": "2026-11-05", "goods_kind": "food", "price_paid": "79.80", "signed_on": "2026-11-08",
        "all_affected": True, "batch_confirmed": True, "merchant_reply": "admits",
    }  # fmt: skip
    told["facts"] = {"best_before": {"value": "2026-10-31", "grade": "stated"}}
    assert led(engine, told, known).decision.outcome == "settle"


LATE = {"text": "图片和实物差太多，说是纯棉结果是化纤", "claims": ["return"]}
LATE_KNOWN = {
    "goods_kind": "clothing", "mismatch_shown": True, "paid_on": "2026-11-03", "price_paid": "159.00", "quantity": 1,
    "signed_on": "2026-11-07", "merchant_reply": "silent",
}  # fmt: skip


def test_a_file_counts_as_it_stands_and_an_interview_asks_before_it_hands_a_case_on(engine):
    """On the fifteenth day, with no word of when he complained to the shop: people have the file, the interview asks."""
    left_out = led(engine, LATE, LATE_KNOWN)
    assert "return_notice_on" in left_out.asked
    assert left_out.decision.outcome == "refer", "nobody knows: then it counts as the vocabulary says"
    in_time = led(engine, LATE, {**LATE_KNOWN, "return_notice_on": "2026-11-10"})
    assert in_time.decision.outcome == "settle"
    for step in (left_out, in_time):
        assert step.decision == engine.decide(step.complaint), "what an interview asks decides nothing"


def test_of_what_goes_to_people_all_the_same_nothing_is_asked(engine):
    step = engine.interview(
        {**LATE, "id": "x", "text": LATE["text"] + "，我手都起疹子了，去医院看了"}, who=None, as_of=DAY
    )
    assert step.decision.outcome == "refer"
    assert step.question is None


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ({"text": "公司报销要票，问了三回，每回都说明天开，明天复明天，显示器的电子票到底给不给开", "claims": ["invoice"]}, "parcel_signed"),
        ({"text": "发错货我自己掏12块寄回去，保险公司赔了5块，差的运费不给我"}, "refund_paid"),
    ],
    ids=["goods that came are not what is waited for", "the price is back"],
)  # fmt: skip
def test_a_gate_that_is_open_by_silence_alone_is_asked_about_first(engine, told, first):
    step = engine.interview({"id": "x", **told}, who=None, as_of=DAY)
    assert step.decision.referral is not None
    assert any(reason.code == "gate" for reason in step.decision.referral.reasons)
    asked = engine.questions_left(step.complaint, as_of=DAY)
    assert first in [question.fact for question in asked[:4]]
    assert "要先由人看的情形" in asked[0].why
    gone = step
    while gone.question is not None and "要先由人看的情形" in gone.question.why:
        gone = gone.skip()
    assert gone.done, "it stays open, so that nothing else is of use"


def test_a_special_rule_is_asked_about_before_the_general_one_sends_the_case_to_people(engine):
    told = {"text": "鲜花说生鲜不能退，页面写着七天无理由"}
    known = {"goods_kind": "fresh", "signed_on": "2026-11-18", "paid_on": "2026-11-15", "goods_intact": True}
    known |= {"price_paid": "99.00", "quantity": 1, "no_return_confirmed": False}
    assert led(engine, told, {**known, "exception_return_promised": True}).decision.outcome == "settle"
    assert led(engine, told, {**known, "exception_return_promised": False}).decision.outcome == "refer"


def test_every_answer_changes_something(engine):
    """Of a yes-or-no or a choice some answers leave another case: other ends, other questions or another outcome."""
    same = asked = 0
    for test in SUITE.tests[::59]:
        if not test.complaint.text:
            continue
        facts = engine.reason(test.complaint).intake.facts
        step = engine.interview(test.complaint.model_copy(update={"order": Order(), "facts": {}}), who=None)
        while step.question is not None:
            fact, spec = step.question.fact, engine.pack.vocabulary[step.question.fact]
            if fact != "grievances" and spec.type in {"bool", "enum"}:
                answers = (True, False) if spec.type == "bool" else tuple(spec.members)
                asked += 1
                same += len({left(step.answer(answer, grade=step.question.grade)) for answer in answers}) == 1
            known = facts.known.get(fact)
            step = step.answer(known.value) if known is not None and spec.type == "bool" else step.skip()
    assert asked > 150
    assert same * 100 <= asked, "one in a hundred, at most, that counts only with another answer"


def left(step):
    reasoning = step.engine.reason(step.complaint, as_of=step.as_of)
    live = tuple((name, tuple(sorted(a.live))) for name, a in sorted(reasoning.assessments.items()))
    return step.decision.outcome, live, tuple(asked_of(step)) if step.decision.outcome != "settle" else ()


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    text=st.sampled_from([STORY, "付款半个月还不发货，我要退款", "收到的电饭煲是坏的", "乱七八糟", "怀疑是假货"]),
)
def test_nothing_is_asked_twice_and_it_always_ends(engine, data, text):
    def reply(step):
        question = step.question
        if data.draw(st.booleans(), label="skip"):
            return step.skip()
        if question.answers:
            return step.answer(data.draw(st.sampled_from(question.answers)).value)
        return step.answer({"bool": True, "money": "12.50", "integer": 3, "date": "2026-11-03"}[question.type])

    steps = walk(engine.interview(text, who=None, as_of=DAY), reply)
    asked = [step.question.fact for step in steps if step.question is not None]
    assert len(asked) == len(set(asked))
    assert list(steps[-1].asked) == asked
    assert steps[-1].decision is not None


def test_only_those_who_are_there_are_asked(engine):
    steps = walk(engine.interview(STORY, who=("consumer",)), lambda step: step.skip())
    assert {step.question.who for step in steps[:-1]} == {"consumer"}


def test_nothing_asks_who_somebody_is(engine):
    words = ("姓名", "手机号", "身份证", "住址", "您的地址", "电话号码", "name of", "phone number", "your address")
    for name, spec in engine.pack.vocabulary.facts.items():
        if spec.question is not None:
            text = " ".join(spec.question.values())
            assert not any(word in text for word in words), (name, text)


def test_talk_is_never_a_record(engine):
    step = engine.interview(STORY, who=("consumer",))
    with pytest.raises(funnel.AnswerError, match="cannot stand behind"):
        step.answer("是", grade="record" if step.question.grade != "record" else "presumed")
    step = step.answer("是")
    assert step.complaint.facts[step.asked[-1]] == {"value": True, "grade": "stated"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2026-11-03", "2026-11-03"), ("2026年11月3日", "2026-11-03"), ("11月3日", "2026-11-03"), ("11.3", "2026-11-03"),
        ("12月30日", "2025-12-30"), ("昨天", "2026-11-21"), ("前天下午", "2026-11-20"), ("today", "2026-11-22"),
    ],
)  # fmt: skip
def test_days_are_read_as_people_type_them(engine, typed, read):
    step = engine.interview(STORY, who=None, as_of=DAY)
    while step.question.type != "date":
        step = step.skip()
    fact = step.question.fact
    assert step.answer(typed).complaint.facts[fact]["value"] == read


@pytest.mark.parametrize(
    ("typed", "read"), [("199", "199.00"), ("¥ 1,299.5元", "1299.50"), ("１９９块钱", "199.00"), (199, "199.00")]
)
def test_money_is_read_as_people_type_it(engine, typed, read):
    step = engine.interview(STORY, who=None, as_of=DAY)
    while step.question.type != "money":
        step = step.skip()
    fact = step.question.fact
    assert step.answer(typed).complaint.facts[fact]["value"] == read


@pytest.mark.parametrize(
    "typed", ["", "嗯嗯嗯", "\x00", "99999999999999999999", "13月45日", "🙂", ["x"], {"a": 1}, None, 1.005]
)
def test_an_answer_that_does_not_fit_is_said_kindly_and_changes_nothing(engine, typed):
    step = engine.interview(STORY, who=None, as_of=DAY)
    while step.question is not None:
        with pytest.raises(funnel.AnswerError) as error:
            step.answer(typed)
        assert error.value.zh
        assert error.value.en
        step = step.skip()


def test_when_nothing_is_left_answering_is_an_error(engine):
    step = walk(engine.interview(STORY), lambda s: s.skip())[-1]
    assert step.done
    with pytest.raises(funnel.AnswerError, match="nothing left"):
        step.answer("是")
    with pytest.raises(funnel.AnswerError, match="nothing to go on"):
        engine.interview().skip()


def test_words_that_say_nothing_lead_to_a_list_of_matters(engine):
    step = engine.interview("乱七八糟", as_of=DAY)
    assert step.question.fact == "grievances"
    label = next(a.label for a in step.question.answers if a.value == "not_shipped")
    after = step.answer(label)
    assert after.decision.recognised
    assert after.decision.matters[0].scenario == "nondelivery"


def ask(*args, typed=""):
    return CliRunner().invoke(group, ["ask", *args, "--as-of", "2026-11-22"], input=typed)


def test_at_the_terminal_reasons_are_given_and_bad_answers_asked_again():
    result = ask("--lang", "zh", typed=f"{STORY}\n?\n嗯嗯嗯\n是\n\n\n")
    assert result.exit_code == 0, result.output
    assert result.output.count("商品本身、配件和标识") >= 3, "asked, asked again after ? and after what did not fit"
    assert "要件" in result.output
    assert "没有看懂" in result.output
    assert "还有事实不清楚" in result.output


def test_the_end_of_input_and_quitting_end_it_cleanly(tmp_path):
    for typed in ("", "q\n", f"{STORY}\nq\n"):
        result = ask("--lang", "en", typed=typed)
        assert result.exit_code == 0
        assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_complaint_is_kept_only_where_asked_and_can_be_decided_again(engine, tmp_path):
    file = tmp_path / "c.json"
    result = ask("--lang", "en", "--who", "everyone", "-o", str(file), STORY, typed="一般商品\ny\nq\n")
    assert result.exit_code == 0, result.output
    complaint = funnel.Complaint.model_validate_json(file.read_text())
    assert complaint.facts["goods_kind"] == {"value": "general", "grade": "record"}
    assert engine.decide(complaint).recognised


def test_nothing_is_asked_for_a_general_rule_while_one_that_goes_before_it_asks(engine):
    """Whoever waits for the price of a flight is not asked which goods he sent back."""
    flight = {"id": "x", "text": "航班取消了，机票退款一个月了还没到账", "received_at": "2026-11-10T10:00:00+08:00"}
    goods = {**flight, "text": "衣服退回去了，退款一个月了还没到账"}
    told, other = engine.decide(flight), engine.decide(goods)
    assert [m.rule for m in told.matters] == ["returns.refund-delay", "services.travel-cancelled"]
    assert {"goods_kind", "return_received_on", "all_returned"} <= {q.fact for q in other.questions}
    assert {"goods_kind", "return_received_on", "all_returned"}.isdisjoint(q.fact for q in told.questions)
    assert told.questions[0].fact == "travel_cancelled_now"


def test_whatever_is_to_be_asked_has_a_question(engine):
    asked = 0
    for test in SUITE.tests[::7]:
        bare = test.complaint.model_copy(update={"order": Order(), "facts": {}})
        for complaint in (test.complaint, bare):
            if not complaint.text and not complaint.facts:
                continue
            decision = engine.decide(complaint)
            assert (decision.outcome == "ask") == bool(decision.questions)
            asked += decision.outcome == "ask"
    assert asked > 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_fact_that_somebody_is_asked_for_has_a_question_of_its_own(pack, lang):
    """Without one the label stands for it: "please supply: pieces"."""
    asked = {name: spec for name, spec in pack.vocabulary.facts.items() if spec.ask != "nobody"}
    assert len(asked) > 150
    assert [name for name, spec in asked.items() if not (spec.question or {}).get(lang)] == []
