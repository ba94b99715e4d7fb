"""Another country, another language: the example pack of the European Union, in English, is YAML alone."""

import datetime as dt
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel import batch
from funnel.author.scenario_tests import load_suite, run, scenario_files
from funnel.cli._main import group
from funnel.engine.decide import compile_pack
from funnel.errors import AnswerError
from funnel.facts import unread
from funnel.facts._read_english import read
from funnel.facts.language import CHINESE, ENGLISH
from funnel.facts.phrases import PhraseError, parse
from funnel.facts.signals import Lexicon, Signal
from funnel.facts.vocabulary import Member, SellersWords
from funnel.pack.loader import check_pack, load_pack

EXAMPLES = Path(__file__).parent.parent / "examples"
FOLDER = EXAMPLES / "packs" / "eu-distance-selling"
TESTS = EXAMPLES / "scenarios" / "eu-distance-selling"
EU = load_pack(FOLDER)
SUITE = load_suite(EU, list(scenario_files(TESTS)), TESTS)
ENGINE = funnel.Engine(EU)
CJK = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
ORDER = {"price": "49.99", "category": "general", "delivered_at": "2026-11-10"}
SENT_BACK = "I want to send it back. I have not opened it, but the seller refuses to accept the return."


def complaint(text=SENT_BACK, **more):
    return {"id": "c", "received_at": "2026-11-20T10:00:00+01:00", "text": text, "order": ORDER, **more}


@pytest.fixture(scope="module")
def read_law(tmp_path_factory):
    """The pack as it is once somebody has held its articles against their texts and let it settle."""
    root = tmp_path_factory.mktemp("eu") / "packs" / FOLDER.name
    shutil.copytree(FOLDER, root)
    for path in root.rglob("*.yaml"):
        text = path.read_text("utf-8").replace("\n#: ", "\n")
        path.write_text(text.replace("verified: false", "verified: {how: text, when: 2026-11-28}"), "utf-8")
    return funnel.Engine(load_pack(root))


# --- the pack -----------------------------------------------------------------------------------------------------------


def test_the_pack_loads_without_a_finding():
    assert check_pack(FOLDER).diagnostics == ()


@pytest.mark.parametrize("test", SUITE.tests, ids=lambda test: test.name)
def test_its_scenario_tests_hold(test):
    assert run(compile_pack(EU), test).mismatches == ()


def test_nothing_is_settled_on_law_that_nobody_has_read():
    decision = ENGINE.decide(complaint(facts={"used_beyond_trying": False}))
    assert (decision.outcome, decision.tier) == ("refer", "agent")
    assert [reason.code for reason in decision.referral.reasons] == ["never-settles"]
    assert [(c.statute, c.article, c.verified) for c in decision.matters[0].basis] == [
        ("crd", number, False) for number in ("9", "13", "14", "16")
    ]


def test_a_settlement_on_such_law_does_not_load(tmp_path):
    root = tmp_path / FOLDER.name
    shutil.copytree(FOLDER, root)
    rule = root / "withdrawal" / "refused.yaml"
    rule.write_text(rule.read_text("utf-8").replace("\n#: ", "\n"), "utf-8")
    loaded = check_pack(root)
    assert loaded.pack is None
    assert {d.code for d in loaded.diagnostics} == {"F405"}


def test_once_the_law_is_read_a_complaint_is_asked_about_and_settled(read_law):
    asked = read_law.decide(complaint())
    assert (asked.outcome, asked.questions[0].fact) == ("ask", "used_beyond_trying")
    assert asked.questions[0].text == "Have you used it more than it takes to try it out?"
    settled = read_law.decide(complaint(facts={"used_beyond_trying": False}))
    assert settled.outcome == "settle"
    assert [(r.kind, r.amount, r.payer) for r in settled.matters[0].remedies] == [
        ("refund", "49.99", "merchant"),
        ("return_freight", None, "consumer"),
    ]
    assert any("refund 49.99 euros (merchant)" in step.text for step in settled.explanation)
    assert not CJK.search(settled.model_dump_json())


def test_a_negation_that_decides_is_heard(read_law):
    sealed = {**ORDER, "category": "hygiene"}
    facts = {"used_beyond_trying": False}
    assert read_law.decide(complaint(order=sealed, facts=facts)).outcome == "settle"
    opened = SENT_BACK.replace("have not opened", "opened")
    assert read_law.decide(complaint(opened, order=sealed, facts=facts)).outcome == "refer"


def test_an_interview_takes_english_answers(read_law):
    step = read_law.interview("The shop refused my return", who=None, as_of=dt.date(2026, 11, 20))
    answers = {
        "declared_on": "12 November",
        "delivered_on": "10 November 2026",
        "goods_kind": "ordinary goods",
        "opened": "no",
        "used_beyond_trying": "no",
        "price_paid": "€49,99",
    }
    asked = []
    while step.question is not None:
        asked.append(step.question.fact)
        step = step.answer(answers[step.question.fact], grade=step.question.grade)
    assert set(asked) <= answers.keys()
    assert step.decision.outcome == "settle"
    assert step.decision.matters[0].remedies[0].amount == "49.99"


def test_an_amount_in_another_currency_is_no_answer(read_law):
    facts = {"used_beyond_trying": False}
    order = {key: value for key, value in ORDER.items() if key != "price"}
    decision = read_law.decide(complaint(order=order, facts=facts))
    assert decision.questions[0].fact == "price_paid"
    step = read_law.interview("The shop refused my return", who=None)
    while step.question.fact != "price_paid":
        step = step.skip()
    with pytest.raises(AnswerError) as error:
        step.answer("$49.99")
    assert error.value.en == "not understood; expected an amount in euros"


# --- words --------------------------------------------------------------------------------------------------------------

LITERALS = sorted({f for s in EU.lexicon.signals.values() for p in s.phrases for seg in p.segments for f in seg})
WORDS = sorted({word for literal in LITERALS for word in literal.split()} | {"vegas", "gas", "don't", "item's"})
_GLUE = st.sampled_from([" ", "", "", "x", "un", "-", "'s", "9", ", ", "\n", ". "])


@given(st.lists(st.tuples(st.sampled_from(LITERALS), _GLUE), min_size=1, max_size=8))
def test_no_phrase_is_found_inside_a_word(parts):
    text = "".join(word + glue for word, glue in parts)
    scan = EU.lexicon.scan(text)
    said = scan.normal.text
    for hit in scan.hits:
        begun = hit.start > 0 and said[hit.start - 1].isalnum()
        went_on = hit.end < len(said) and (
            said[hit.end].isalnum() or re.match(r"['-][a-z0-9]", said[hit.end :]) is not None
        )
        assert not begun, (text, hit)
        assert not went_on, (text, hit)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gas", True),
        ("There is GAS, everywhere", True),
        ("“gas”", True),
        ("Vegas", False),
        ("gases", False),
        ("gas-powered", False),
        ("tear-gas", False),
        ("gas's", False),
        ("gas_station", False),
        ("gasé", False),
        ("gase\u0301", False),
    ],
)
def test_gas_does_not_stand_in_vegas(text, found):
    lexicon = Lexicon([Signal("s", {"en": "s"}, parse("gas", {}, ENGLISH))], language=ENGLISH)
    assert bool(lexicon.scan(text).hits) is found


def test_a_sellers_own_words_are_whole_words_too():
    words = SellersWords({"gas": Member("gas", {"en": "gas"}, ("lpg",), language=ENGLISH)})
    assert words.read("bottled gas") == "gas"
    assert words.read("a weekend in Vegas") is None
    assert words.read("LPG cylinder") == "gas"


@pytest.mark.parametrize("source", ["50%", "%off<3>(gas|it)", "gas<2>(-|it)"])
def test_a_phrase_that_could_never_be_found_is_an_error(source):
    with pytest.raises(PhraseError) as error:
        parse(source, {}, ENGLISH)
    assert error.value.code == "F528"


@given(st.text(alphabet="aB’' \t\r\n\u00a0\u200b\u00ad.é\u0301ﬁ-‐退", max_size=40))
def test_the_way_back_of_an_english_text_is_whole(text):
    normal = ENGLISH.normalise(text)
    back = [normal.span(at, at + 1) for at in range(len(normal.text))]
    assert back == sorted(back)
    assert all(0 <= start < end <= len(text) for start, end in back)
    assert "  " not in normal.text


# --- negation -------------------------------------------------------------------------------------------------------------

FLIPPED = [
    (signal, phrase)
    for signal in EU.lexicon.signals.values()
    if signal.negated == "flip"
    for phrase in signal.phrases
    if not any(" not " in f" {form} " for segment in phrase.segments for form in segment)
]
NEGATORS = ["not", "never", "don't", "didn't", "haven’t", "hasn't", "wasn't", "cannot", "without", "NOT"]
FILLERS = ["really", "even", "yet", "actually", "ever", "once"]


@given(st.sampled_from(FLIPPED), st.sampled_from(NEGATORS), st.data())
def test_a_negated_mention_never_states_the_fact(pair, negator, data):
    signal, phrase = pair
    words = [data.draw(st.sampled_from(segment)) for segment in phrase.segments]
    place = data.draw(st.integers(0, len(words) - 1))
    room = ENGLISH.negation_reach if place == 0 else phrase.gaps[place - 1] - 1
    if room < 0:
        return  # no negator fits into this gap
    fillers = data.draw(st.lists(st.sampled_from(FILLERS), max_size=room))
    blank = data.draw(st.sampled_from([" ", "  ", "\n", " \t"]))
    said = f"I {blank.join([*words[:place], negator, *fillers, *words[place:]])} today"
    hits = [hit for hit in EU.lexicon.scan(said).hits if hit.signal == signal.id]
    assert all(hit.negated for hit in hits), said


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("I have not opened it", False),
        ("I haven't yet opened it", False),
        ("I have not, as yet, opened it", False),
        ("I have not (yet) opened it", False),
        ("I never complained. Opened it yesterday", True),
        ("It does not work because I opened it", True),
        ("I did not not open it, it was never not opened", None),
        ("I wonder whether I opened it", None),
        ("I have not\nopened it", False),
        ("I am not happy: opened it at once", True),
        ("I opened it. No, I have not opened it.", None),
    ],
)
def test_how_far_a_negation_reaches(text, opened):
    decision = ENGINE.reason(complaint(f"The seller refused my return. {text}"))
    assert decision.intake.facts.value("opened") is opened


# --- other languages --------------------------------------------------------------------------------------------------------

OWN = [test.complaint.text for test in SUITE.tests if "reason" not in test.expect or test.expect["reason"] != "unreadable-field"]  # fmt: skip
NAMES = ["Crème de la Mer", "Van der Valk", "Huawei Mate 60 Pro", "El Corte Inglés", "小米", "Citroën", "Dr. Oetker", "das keyboard"]  # fmt: skip


@given(st.lists(st.sampled_from([*WORDS, *sorted(unread._COMMON)]), max_size=30), st.sampled_from(["", *NAMES]))
def test_the_packs_own_words_are_never_another_language(words, name):
    """Nor beside the name of a maker; the same name over and over is no sentence that anybody writes."""
    assert ENGLISH.unread(" ".join([*words, name])) is None


@pytest.mark.parametrize("text", OWN)
def test_no_complaint_in_english_is_unreadable(text):
    assert ENGLISH.unread(text) is None


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=40))
def test_chinese_is_never_another_language_to_a_chinese_pack(text):
    assert CHINESE.unread(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Le vendeur ne veut pas reprendre la marchandise",
        "Ich habe das Paket nie bekommen und bekomme keine Antwort",
        "Ik heb het pakket niet ontvangen",
        "No he recibido el paquete",
        "Non ho ricevuto il pacco",
        "Não recebi a encomenda",
        "Nie otrzymałem przesyłki",
        "Jag har inte fått mitt paket",
        "Товар не пришёл",
        "东西坏了，商家不给退货也不给退款",
    ],
)
def test_a_sentence_in_another_language_goes_to_a_person(text):
    for said in (text, f"The kettle is lovely. {text}"):
        decision = ENGINE.decide(complaint(said))
        reason = decision.referral.reasons[0]
        assert (decision.outcome, reason.code) == ("refer", "unreadable-field")
        assert reason.text.endswith("is not English and was not read")


# --- amounts and days ---------------------------------------------------------------------------------------------------------

DAY = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("€49.99", 4999),
        ("49.99 €", 4999),
        ("49,99 euros", 4999),
        ("eur 1,299", 129900),
        ("€1.299,00", 129900),
        ("€1.299", None),
        ("€ 5", 500),
        ("a kettle of €20.", 2000),
        ("$49.99", None),
        ("£5", None),
        ("about €50", None),
        ("more than 50 euros", None),
        ("€20-30", None),
        ("between €20 and €30", None),
        ("-€20", None),
        ("€50k", None),
        ("1 299 euros", None),
        ("€ 1 299", None),
        ("€50 or so", None),
        ("3 november", dt.date(2026, 11, 3)),
        ("3rd of november", dt.date(2026, 11, 3)),
        ("november 3rd", dt.date(2026, 11, 3)),
        ("nov. 3, 2025", dt.date(2025, 11, 3)),
        ("25 december", dt.date(2025, 12, 25)),
        ("2026-11-03", dt.date(2026, 11, 3)),
        ("3.11.2026", dt.date(2026, 11, 3)),
        ("3/11/2026", None),
        ("13/11/2026", dt.date(2026, 11, 13)),
        ("31 february", None),
        ("yesterday", dt.date(2026, 11, 19)),
        ("the day before yesterday", dt.date(2026, 11, 18)),
        ("two weeks ago", dt.date(2026, 11, 6)),
        ("about two weeks ago", None),
        ("last week", None),
        ("3-5 november", None),
        ("for 14 days", 14),
        ("for three weeks", 21),
        ("48 hours", 2),
        ("over 14 days", None),
        ("several weeks", None),
        ("5 working days", None),
        ("3 or 4 days", None),
    ],
)
def test_amounts_and_days_are_read_exactly_or_not_at_all(text, value):
    found = read(text, DAY, "EUR")
    assert [one.value for one in found if one.value is not None] == ([] if value is None else [value])
    assert found, "what is mentioned is a reading, though it has no value"


@pytest.mark.parametrize("text", ["within 14 days", "14-day return", "the 14 days", "30 days guarantee", "every 3 days", "you may 3 times", "order 20261103", "call 12345", "50", "gas 5", "day one"])  # fmt: skip
def test_rights_limits_and_bare_figures_are_no_facts(text):
    assert read(text, DAY, "EUR") == ()


@given(st.text(alphabet="0123456789.,-/ €$abdeksuyrovnmt", max_size=40))
def test_a_reading_is_a_piece_of_its_text(text):
    for one in read(text, DAY, "EUR"):
        assert text[one.start : one.end] == one.text
        assert (one.value is None) == (one.why is not None)


@pytest.mark.parametrize(("cell", "amount"), [("€49.99", "49.99"), ("49,99", "49.99"), ("1,299.00 EUR", "1299"), ("299", "299"), (12.5, "12.5")])  # fmt: skip
def test_a_column_of_sums_is_read_in_the_packs_currency(cell, amount):
    assert str(batch.assembler_for(EU)._cell("order.total_paid", cell)) == amount


@pytest.mark.parametrize("cell", ["¥49.99", "49元", "$5", "about €5", "-5"])
def test_a_sum_in_another_currency_or_of_two_meanings_is_told(cell):
    with pytest.raises(ValueError, match="amount"):
        batch.assembler_for(EU)._cell("order.total_paid", cell)


# --- texts ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("title: opened it", 'title: {zh: "拆封"}', "F202"),
        ("currency: EUR", "currency: euro", "F206"),
        ("negators: [not,", 'negators: [not, "-not",', "F528"),
        ("    phrases: [I do this for a living", "    all: [group, crime]\n    later: 2h\n    phrases: [I do this for a living", "F529"),
        ("phrases: [I do this for a living", 'phrases: ["wait: what"', "F519"),
    ],
)  # fmt: skip
def test_what_an_english_pack_cannot_say_is_an_error(tmp_path, old, new, code):
    root = tmp_path / FOLDER.name
    shutil.copytree(FOLDER, root)
    changed = 0
    for path in (root / "pack.yaml", root / "signals.yaml"):
        text = path.read_text("utf-8")
        changed += text.count(old)
        path.write_text(text.replace(old, new), "utf-8")
    assert changed == 1
    assert code in {d.code for d in check_pack(root).diagnostics}


def test_a_bare_text_is_in_the_packs_language():
    assert EU.manifest.title == {"en": "Distance selling, European Union"}
    assert EU.vocabulary["opened"].label == {"en": "package or seal opened"}
    assert EU.vocabulary.label("opened", "zh") == "package or seal opened"


# --- the command line -----------------------------------------------------------------------------------------------------------

PACK = ["--pack", str(FOLDER), "--lang", "en"]


def said(*args, typed=None):
    result = CliRunner().invoke(group, [*args], input=typed)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_batch_in_english_is_decided(tmp_path):
    out = tmp_path / "decisions.jsonl"
    shown = said("run", str(EXAMPLES / "complaints.eu.csv"), "-o", str(out), *PACK)
    assert "came in                         8" in shown
    assert "settlement drafts in all: 0.00 euros" in shown
    decisions = {d["complaint_id"]: d for d in map(json.loads, out.read_text("utf-8").splitlines())}
    assert [m["scenario"] for m in decisions["EU-1"]["matters"]] == ["withdrawal_refused"]
    assert decisions["EU-4"]["tier"] == "lawyer"
    assert decisions["EU-5"]["referral"]["reasons"][0]["code"] == "unreadable-field"
    assert not CJK.search(shown + out.read_text("utf-8"))


@pytest.mark.parametrize(
    ("args", "typed"),
    [
        (["check", str(FOLDER), "--deep", "--strict", "--lang", "en"], None),
        (["test", "--coverage", "--fail-under", "100", *PACK], None),
        (["explain", f"I paid €49.99. {SENT_BACK}", *PACK], None),
        (["ask", *PACK], "It never came\n"),
        (["ask", *PACK], "I have a problem\n1\n"),
        (["law", "show", "crd/9", *PACK], None),
        (["law", "show", "withdrawal", *PACK], None),
    ],
)
def test_every_command_speaks_english(args, typed):
    shown = said(*args, typed=typed)
    assert shown.strip()
    assert not CJK.search(shown)


def test_a_report_is_in_english(tmp_path):
    pytest.importorskip("matplotlib")
    page = tmp_path / "report.html"
    said("report", str(EXAMPLES / "complaints.eu.csv"), "-o", str(page), *PACK)
    assert not CJK.search(page.read_text("utf-8"))


def test_a_new_english_pack_passes_check_and_test(tmp_path):
    root = tmp_path / "rules" / "mine"
    said("init", "pack", str(root), "--language", "en", "--lang", "en")
    said("init", "scenario", "goods.smell", "--title", "smells of smoke", "--pack", str(root), "--lang", "en")
    said("check", str(root), "--strict", "--lang", "en")
    assert "4 passed, 0 failed" in said("test", "--pack", str(root), "--lang", "en")
    assert not any(CJK.search(path.read_text("utf-8")) for path in tmp_path.rglob("*.yaml"))


def test_a_copy_of_the_example_is_a_pack_of_its_own(tmp_path):
    root = tmp_path / "rules" / "mine"
    said("init", "pack", str(root), "--copy", str(FOLDER), "--lang", "en")
    assert f"{len(SUITE.tests)} passed, 0 failed" in said("test", "--pack", str(root), "--lang", "en")
