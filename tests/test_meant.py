"""What the consumer is asked of a sentence that only reads like something that bars a settlement, and what his answer does."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from likeness_kit import SETTLE, hearing, made, rule, small, told
from queue_kit import SetClock, desk
from shipped import PACK, SETTLING

import funnel
from funnel.author.learn import learn
from funnel.author.scenario_tests import as_of_day
from funnel.engine.decide import compile_pack, decide, reason
from funnel.facts.likeness import parts_of_trait
from funnel.facts.normalise import normalise
from funnel.facts.vocabulary import MEANT
from funnel.pack.examples import Example, Saying, read_examples
from funnel.pack.model import OTHER, meanings
from funnel.queue import MemoryStore

WITH = compile_pack(PACK)
WITHOUT = compile_pack(replace(PACK, likeness=None))
SAYINGS = read_examples(PACK).sayings
OPENING = sorted({(s.gate, s.text) for s in SAYINGS if s.gate in PACK.gates})
ASKED = {gate.id: values for gate in PACK.gates.values() if (values := meanings(gate, PACK.vocabulary.facts))}
SLOW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])


def question_of(decision):
    return next((q for q in decision.questions if q.fact == MEANT), None)


def beside(test, sentence, **facts):
    """The complaint of a scenario test with a sentence behind it."""
    text = f"{test.complaint.text.rstrip('。')}。{sentence}"
    return test.complaint.model_copy(update={"text": text, "facts": {**test.complaint.facts, **facts}})


WORDED = [test for test in SETTLING if test.complaint.text and MEANT not in test.complaint.facts]


@SLOW
@given(st.sampled_from(WORDED), st.sampled_from(OPENING), st.data())
def test_none_of_them_settles_what_would_settle_without_likeness_and_any_of_them_brings_a_person(test, said, data):
    as_of = as_of_day(WITH, test)
    asked = decide(WITH, beside(test, said[1]), as_of=as_of)
    question = question_of(asked)
    if question is None:
        return
    assert asked.outcome == "ask"
    assert all(m.remedies == () for m in asked.matters)
    overheard = reason(WITH, beside(test, said[1]), as_of=as_of).overheard
    assert [one.means[0] for one in overheard if len(overheard) == 1] in ([], [question.answers[0].value]), (
        "the likest first"
    )
    assert len({a.value for a in question.answers}) == len(question.answers) > 0
    none = decide(WITH, beside(test, said[1], meant=[]), as_of=as_of)
    plain = decide(WITHOUT, beside(test, said[1], meant=[]), as_of=as_of)
    if none.outcome == "settle":
        assert plain.outcome == "settle"
        assert [m.remedies for m in none.matters] == [m.remedies for m in plain.matters]
    assert question_of(none) is None, "nobody is asked twice"
    picked = data.draw(st.lists(st.sampled_from([a.value for a in question.answers]), min_size=1, unique=True))
    meant = decide(WITH, beside(test, said[1], meant=picked), as_of=as_of)
    assert meant.outcome == "refer"
    opened = {r.gate for r in meant.referral.reasons if r.code == "gate"}
    assert all(opened & {gate for gate, values in ASKED.items() if value in values} for value in picked)


@SLOW
@given(st.sampled_from(WORDED), st.sampled_from([s for s in OPENING if s[0] not in ASKED]))
def test_no_answer_rules_out_what_protects_somebody(test, said):
    """A sentence that has a person look for a protective gate has him look whatever the consumer answers."""
    as_of = as_of_day(WITH, test)
    before = reason(WITH, beside(test, said[1]), as_of=as_of)
    guarded = {one.gate for one in before.overheard if not one.means}
    after = reason(WITH, beside(test, said[1], meant=[]), as_of=as_of)
    assert guarded <= {one.gate for one in after.overheard}
    if guarded:
        assert decide(WITH, beside(test, said[1], meant=[]), as_of=as_of).outcome == "refer"


BLIND = [
    "用着用着手上就痒起来了一大片", "差点把屋里点着了", "插上就冒了烟，幸好我拔得快", "对方一直加我微信要验证码", "我在校门口被他堵了",
    "好几个同学都上了当", "这孩子才多大就会花钱了", "外婆一个人在家签的", "我想不开好几天了", "记者已经打电话来问了",
]  # fmt: skip


@SLOW
@given(st.sampled_from(WORDED), st.sampled_from([*(s[1] for s in OPENING), *BLIND]))
def test_a_sentence_that_reads_most_like_what_protects_somebody_is_never_put_to_the_consumer(test, said):
    """Whoever is asked is offered harmless meanings only: an honest none of them would settle an injury told in other words."""
    table = PACK.likeness.sentences
    for one in reason(WITH, beside(test, said), as_of=as_of_day(WITH, test)).overheard:
        if one.means:
            margins = table.compare_sentence(normalise(one.words).text).of
            likest = max(margins.keys() - {"gate:*"}, key=margins.get)
            assert parts_of_trait(likest)[0] in ASKED, (one.words, likest)


@pytest.mark.parametrize(
    "nothing", [None, {"value": None}, [{"value": None, "source": "form"}], {"value": None, "grade": "record"}]
)
def test_a_field_that_is_left_open_is_no_answer(asking, nothing):
    """A form that always sends the field has asked nobody; nor has one that sends what opens a gate as null looked at anything."""
    for text, fact in (
        (f"晚到了。{FILL}辛", MEANT),
        (f"晚到了。{FILL}辛", "gone_told"),
        (f"晚到了。{FILL}庚", "injury_reported"),
    ):
        plain, null = told(text, grievances=["late"]), told(text, grievances=["late"], **{fact: nothing})
        assert asking.decide(null).outcome == asking.decide(plain).outcome != "settle"


@pytest.mark.parametrize("none", [[], "none", "都不是", "没有"])
def test_none_of_them_may_be_said_in_words_wherever_a_fact_is_stated(asking, none):
    assert asking.decide(told(f"晚到了。{FILL}辛", grievances=["late"], meant=none)).outcome == "settle"


def test_what_a_note_says_is_not_put_to_the_consumer_as_his_own_words(asking):
    sent = told("晚到了", grievances=["late"]) | {"evidence": [{"kind": "chat", "note": f"{FILL}辛"}]}
    decision = asking.decide(sent)
    assert (decision.outcome, [(r.code, r.gate) for r in decision.referral.reasons]) == (
        "refer",
        [("gate-suspected", "gone")],
    )


def test_every_sentence_that_is_asked_about_is_quoted_and_offers_its_meanings(asking):
    text = f"晚到了。{FILL}辛辛。{FILL}壬"
    (question,) = asking.decide(told(text, grievances=["late"])).questions
    assert f"{FILL}辛辛" in question.text
    assert {a.value for a in question.answers} == {"gone", "done"}
    (question,) = asking.decide(told(f"晚到了。{FILL}癸。{FILL}辛", grievances=["late"])).questions
    assert f"“{FILL}癸”、“{FILL}辛”" in question.text


def test_who_was_asked_already_is_not_asked_again(asking):
    sent = told(f"晚到了。{FILL}辛", grievances=["late"])
    assert [q.fact for q in asking.questions_left(sent)] == [MEANT]
    assert asking.questions_left(sent, [MEANT]) == ()


@pytest.mark.parametrize("typed", ["", " ", "，", "。", "、", "不了", "it"])
def test_what_is_no_answer_is_asked_again_and_settles_nothing(asking, typed):
    step = asking.interview(told(f"晚到了。{FILL}辛", grievances=["late"]), as_of=dt.date(2026, 11, 20))
    with pytest.raises(funnel.AnswerError, match="none"):
        step.answer(typed)


def test_only_gates_that_bar_a_settlement_of_itself_are_asked_about_and_every_answer_opens_one():
    assert {PACK.gates[gate].covers for gate in ASKED} == {OTHER}
    assert {value for values in ASKED.values() for value in values} == set(PACK.vocabulary[MEANT].members)
    heard = {parts_of_trait(name)[0] for name in PACK.likeness.sentences.traits} - {"*"}
    left = {gate for gate in heard - ASKED.keys() if PACK.gates[gate].covers == OTHER}
    assert left == set(), "every gate of that kind that sentences are learnt of can be asked about"


def test_a_gate_that_is_asked_about_is_heard_at_a_lower_mark_than_one_that_a_person_looks_for():
    cuts = {
        (parts_of_trait(name)[0] in ASKED): trait.cut
        for name, trait in PACK.likeness.sentences.traits.items()
        if name != "gate:*"
    }
    assert cuts[True] < cuts[False]


def test_learning_gives_the_gates_that_are_asked_about_their_own_mark():
    pytest.importorskip("sklearn")
    examples = [Example(f"第{n}回买的东西{w}了{n}", (m,)) for n in range(10) for w, m in (("坏", "a"), ("晚到", "b"))]
    said = [
        Saying(f"{word}过{n}回的{word}东西", gate)
        for n in range(12)
        for word, gate in (("伤到", "hurt"), ("用旧", "used"))
    ]
    quiet = [f"{a}{b}还在盒子里放着没动" for a in "甲乙丙丁戊己庚辛壬癸" for b in "子丑寅卯辰巳午未申酉"]
    one = learn(examples, sayings=said, quiet=quiet).likeness.sentences.traits
    two = learn(examples, sayings=said, quiet=quiet, asked=["used"]).likeness.sentences.traits
    assert one["gate:hurt"].cut == one["gate:used"].cut == two["gate:hurt"].cut
    assert two["gate:used"].cut < two["gate:hurt"].cut


# --- a small pack: what is asked, and what is not -----------------------------------------------------------------------------

FACT = """  meant:
    type: set
    world: raised
    why: {zh: 没问就没有, en: none}
    label: {zh: 说的是, en: meant}
    ask: consumer
    question: {zh: 是哪一种？, en: Which?}
    values: {gone: {zh: 东西不在了, en: "it is gone, or given away"}, done: {zh: 已经解决了, en: it is solved}}
  gone_told: {type: bool, world: raised, why: {zh: 没提就没有, en: none}, label: {zh: 不在了, en: gone}}
  done_told: {type: bool, world: raised, why: {zh: 没提就没有, en: none}, label: {zh: 解决了, en: solved}}
"""
GATES = """  - {id: gone, covers: other, title: {zh: 不在了, en: gone}, tier: agent, why: {zh: 由人看, en: a person looks}, when: {any: [{gone_told: true}, {meant: {contains_any: [gone]}}]}}
  - {id: done, covers: other, title: {zh: 解决了, en: solved}, tier: agent, why: {zh: 由人看, en: a person looks}, when: {any: [{done_told: true}, {meant: {contains_any: [done]}}]}}
"""


CLEAR = 12.0


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asking")
    small(folder, rule("late", "晚到", settle=SETTLE))
    target = folder / "mini"
    for name, more in (("vocabulary/facts.yaml", FACT), ("gates.yaml", GATES)):
        path = target / name
        path.write_text(path.read_text("utf-8").rstrip("\n") + "\n" + more, "utf-8")
    table = hearing({"injury": "庚", "gone": {"辛": 60, "壬": 30}, "done": {"壬": 60, "癸": 60}})
    likeness = replace(made({"none": {"己": 120}}, sentences=table), clear=CLEAR)
    pack = replace(funnel.load_pack(target), likeness=likeness)
    return funnel.Engine(pack, lang="en")


FILL = "谨此说明以上情况"


@pytest.mark.parametrize(
    ("said", "options"),
    [("辛", ["gone", "done"]), ("癸", ["done", "gone"]), ("壬", ["done", "gone"])],
)
def test_the_likest_meaning_comes_first_and_the_words_are_quoted(asking, said, options):
    decision = asking.decide(told(f"晚到了。{FILL}{said}", grievances=["late"]))
    question = question_of(decision)
    assert (decision.outcome, decision.referral, question.who, question.type) == ("ask", None, "consumer", "set")
    assert [a.value for a in question.answers] == options
    assert f"{FILL}{said}" in question.text
    assert "Which?" in question.text


def test_of_two_sentences_what_each_reads_like_most_comes_first_in_one_question(asking):
    decision = asking.decide(told(f"晚到了。{FILL}癸。{FILL}辛", grievances=["late"]))
    assert [q.fact for q in decision.questions] == [MEANT]
    assert [a.value for a in decision.questions[0].answers] == ["done", "gone"]


def test_where_a_person_has_to_look_at_one_sentence_nobody_is_asked_about_another(asking):
    decision = asking.decide(told(f"晚到了。{FILL}庚。{FILL}辛", grievances=["late"]))
    assert decision.outcome == "refer"
    assert decision.questions == ()
    assert {r.gate for r in decision.referral.reasons} == {"injury", "gone"}
    left = asking.decide(told(f"晚到了。{FILL}庚。{FILL}辛", grievances=["late"], injury_reported=False))
    assert (left.outcome, [q.fact for q in left.questions]) == ("ask", [MEANT])


def test_what_reads_clearly_like_it_is_for_a_person_whatever_is_answered(asking):
    """Who writes that the goods are gone and is asked whether they are has a reason to say no."""
    weak, clear = f"晚到了。{FILL}辛", f"晚到了。{FILL}壬癸"
    assert question_of(asking.decide(told(weak, grievances=["late"]))) is not None
    for answered in ({}, {MEANT: []}):
        decision = asking.decide(told(clear, grievances=["late"], **answered))
        assert (decision.outcome, [r.code for r in decision.referral.reasons]) == ("refer", ["gate-suspected"])
    looked = asking.decide(told(clear, grievances=["late"], done_told=False))
    assert looked.outcome == "settle", "somebody of the house has looked and states that it is not so"


@pytest.mark.parametrize("order", [("癸", "壬癸"), ("壬癸", "癸")])
def test_of_two_sentences_of_one_gate_the_clearer_one_counts_wherever_it_stands(asking, order):
    text = "。".join(["晚到了", *(FILL + char for char in order)])
    decision = asking.decide(told(text, grievances=["late"]))
    (found,) = decision.referral.reasons
    assert (found.code, found.gate) == ("gate-suspected", "done")
    assert f"{FILL}壬癸" in found.text


def test_nobody_is_asked_what_he_meant_where_nothing_would_be_settled(asking):
    assert all(
        q.fact != MEANT for q in asking.decide(told(f"{FILL}辛", grievances=["late"], injury_reported=True)).questions
    )
    assert all(q.fact != MEANT for q in asking.decide(told(f"{FILL}辛")).questions)


def test_an_interview_offers_the_meanings_it_asks_about_and_takes_an_answer_of_none(asking):
    step = asking.interview(told(f"晚到了。{FILL}辛", grievances=["late"]), as_of=dt.date(2026, 11, 20))
    assert [a.label for a in step.question.answers] == ["it is gone, or given away", "it is solved"]
    assert step.answer("1").decision == step.answer("it is gone, or given away").decision
    assert step.answer("none").decision.outcome == "settle"
    gone = step.answer("it is gone, or given away").decision
    assert [(r.code, r.gate) for r in gone.referral.reasons] == [("gate", "gone")]
    assert step.skip().done, "unanswered, nothing is settled"
    assert step.skip().decision.outcome == "ask"


# --- the queue, where the consumer is a party and not the only one ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("meant", "state"), [([], "offered"), (["gone"], "queued"), (["gone", "done"], "queued")])
def test_the_consumer_s_own_answer_sends_the_offer_or_brings_a_person(asking, meant, state):
    d = desk(asking, MemoryStore(), SetClock())
    sent = told(f"晚到了。{FILL}辛", grievances=["late"]) | {"consumer": {"id": "c"}, "merchant": {"id": "m"}}
    case = d.ingest(sent).case
    assert case.state == "asked"
    assert d.answer(case.id, {MEANT: meant}).state == state


def case_of(asking):
    d = desk(asking, MemoryStore(), SetClock())
    sent = told(f"晚到了。{FILL}辛", grievances=["late"]) | {"consumer": {"id": "c"}, "merchant": {"id": "m"}}
    return d, d.ingest(sent).case.id


@pytest.mark.parametrize("meant", [[], ["gone"]])
def test_the_merchant_does_not_say_what_the_consumer_meant(asking, meant):
    d, case = case_of(asking)
    for actor in ("merchant", " Merchant"):
        with pytest.raises(funnel.ComplaintError, match="consumer"):
            d.answer(case, {MEANT: meant}, actor=actor)
    assert d.case(case).state == "asked"


def test_what_the_consumer_has_said_he_meant_he_does_not_take_back_by_himself(asking):
    d, case = case_of(asking)
    assert d.answer(case, {MEANT: ["gone"]}).state == "queued"
    assert d.answer(case, {MEANT: []}).state == "queued"
    assert d.answer(case, {MEANT: []}, actor="ann").state == "offered", "somebody of the desk has heard him"


def test_an_answer_of_nothing_leaves_the_question_open(asking):
    d, case = case_of(asking)
    try:
        assert d.answer(case, {MEANT: None}).state == "asked"
    except funnel.ComplaintError:
        assert d.case(case).state == "asked"
