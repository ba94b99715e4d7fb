"""The law of the day: a case cites what was in force when it happened, and settles on nothing else."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import COMPILED, PACK, SUITE

import funnel
from funnel.cli._main import group
from funnel.complaint import Complaint
from funnel.engine import describe
from funnel.engine.assess import SETTLE, assess
from funnel.engine.decide import compile_pack, decide
from funnel.facts.values import Facts, Grade, Known
from funnel.law.register import LawError, NotInForce
from funnel.pack.citations import parameters_of, touched_by, uses, uses_by_rule
from funnel.pack.model import SUPPORTS, Basis

D = dt.date
TODAY = D(2026, 11, 24)
REGISTER = PACK.register
SETTLED = [t for t in SUITE.tests if t.expect.get("outcome") == "settle"]
CARRY = {"elements", "remedies"}
MINI = funnel.load_pack(Path(__file__).parent / "packs" / "mini")


def assessed(rule, day, pack=PACK, compiled=COMPILED, as_of=TODAY):
    """The rule on a case of which nothing is known but its day."""
    facts = Facts(MappingProxyType({rule.governs: Known(day, Grade.RECORD, "test")}))
    return assess(pack, rule, facts, compiled.table, as_of=as_of)


def cited(rule, day, as_of=TODAY):
    found = describe.citations(PACK, assessed(rule, day, as_of=as_of), "zh")
    return {f"{c.statute}@{c.version}/{c.article}" for c in found}


def holds(citation, day, deciding=TODAY):
    """The article for a case of that day which is looked at today, or None."""
    try:
        return REGISTER.resolve(citation, day, deciding)
    except LawError:
        return None


# --- every rule, every day ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [D(2019, 11, 1), D(2022, 3, 15), D(2024, 6, 30), D(2025, 12, 1), D(2026, 11, 1)])
@pytest.mark.parametrize("rule", PACK.live_rules, ids=lambda r: r.id)
def test_a_rule_cites_the_articles_in_force_on_the_governing_day_or_that_reach_its_pending_case(rule, day):
    wanted = {f"{r.statute.id}@{r.version.id}/{r.article.number}" for b in rule.basis if (r := holds(b.citation, day))}
    assert cited(rule, day) == wanted
    for name in wanted:
        statute, _, version = name.partition("/")[0].partition("@")
        found = REGISTER.statute(statute).version(version)
        assert found.in_force(day) or found.reaches(day, TODAY)


@settings(max_examples=150)
@given(rule=st.sampled_from(PACK.live_rules), day=st.dates(D(2010, 1, 1), D(2027, 12, 31)))
def test_no_rule_settles_where_what_carries_it_was_not_in_force_or_not_read(rule, day):
    carrying = [b.citation for b in rule.basis if CARRY & set(b.supports)]
    sound = all((r := holds(c, day)) is not None and r.verified and r.reach is None for c in carrying)
    if not sound:
        assert SETTLE not in assessed(rule, day).live


@pytest.mark.parametrize("rule", [r for r in PACK.live_rules if r.settle], ids=lambda r: r.id)
def test_what_carries_a_settling_rule_is_verified_today(rule):
    for basis in rule.basis:
        if CARRY & set(basis.supports):
            assert REGISTER.resolve(basis.citation, TODAY).verified, basis.citation


# --- a purchase of 2019, of 2022 and of 2026 ------------------------------------------------------------------------------

RETURN = "returns.no-reason-refused"


def bought(day, received="2026-11-10", **more):
    """A seven-day return of goods signed for on a day, complained of three days later."""
    received = (D.fromisoformat(day) + dt.timedelta(days=3)).isoformat() if received is None else received
    order = {
        "kind": "physical",
        "category": "general",
        "price": "199.00",
        "quantity": 1,
        "paid_at": day,
        "signed_at": day,
    }
    facts = {"goods_intact": True, "no_return_confirmed": {"value": False, "grade": "record"}}
    return Complaint(
        id="w",
        received_at=f"{received}T10:00:00+08:00",
        text="不喜欢想退货，店家死活不给退",
        order=order,
        facts=facts | more,
    )


def basis_of(decision, rule=RETURN):
    (matter,) = [m for m in decision.matters if m.rule == rule]
    return {f"{c.statute}@{c.version}/{c.article}" for c in matter.basis}


@pytest.mark.parametrize(
    ("day", "there", "absent"),
    [
        ("2019-11-04", {"cpl@2013/25"}, {"cpl_reg", "spc_online", "return7_reg"}),
        ("2022-07-04", {"cpl@2013/25", "return7_reg@2020/10", "spc_online@2022/3"}, {"cpl_reg"}),
        ("2026-11-07", {"cpl@2013/25", "return7_reg@2020/10", "spc_online@2022/3", "cpl_reg@2024/19"}, set()),
    ],
)
def test_a_return_cites_the_law_of_the_year_of_its_purchase(day, there, absent):
    complaint = bought(day, None)
    decision = decide(COMPILED, complaint, as_of=complaint.received_at.date())
    found = basis_of(decision)
    assert there <= found
    assert not {name.partition("@")[0] for name in found} & absent
    # What carried the rule in 2026 was not all in force before: such a case goes to people, who are told why.
    assert decision.outcome == ("settle" if not absent else "refer")
    codes = {r.code for r in decision.referral.reasons} if decision.referral else set()
    assert ("law-uncertain" in codes) is bool(absent)


@pytest.mark.parametrize(
    ("day", "there", "absent"),
    [
        ("2019-11-04", {"ecl@2019/20"}, {"civil_code"}),
        ("2022-07-04", {"ecl@2019/20", "civil_code@2021/577"}, set()),
        ("2026-11-04", {"ecl@2019/20", "civil_code@2021/577"}, set()),
    ],
)
def test_a_late_delivery_before_2021_does_not_rest_on_the_civil_code(day, there, absent):
    """Trap 29: the contract's day picks the law, not the day of the complaint."""
    rule = PACK.rules["delivery.nondelivery"]
    found = cited(rule, D.fromisoformat(day))
    assert there <= found
    assert not {name.partition("@")[0] for name in found} & absent


@pytest.mark.parametrize("rule", sorted(r.id for r in PACK.live_rules if r.governs != "complained_on"))
@pytest.mark.parametrize(
    ("received", "as_of", "governing"),
    [(D(2020, 12, 31), TODAY, D(2020, 12, 31)), (TODAY, D(2020, 12, 31), D(2020, 12, 31)), (None, TODAY, TODAY)],
)
def test_where_the_day_is_not_known_no_law_later_than_the_complaint_is_cited(rule, received, as_of, governing):
    known = {} if received is None else {"complained_on": Known(received, Grade.RECORD, "test")}
    found = assess(PACK, PACK.rules[rule], Facts(MappingProxyType(known)), COMPILED.table, as_of=as_of)
    assert found.governing == governing
    for citation in describe.citations(PACK, found, "zh"):
        version = REGISTER.statute(citation.statute).version(citation.version)
        if citation.reach is None:
            assert version.from_ <= governing
        else:  # later than the case, and only because it says so of itself
            assert governing < version.from_ <= as_of
            assert version.reaches_pending is not None


def test_the_day_of_the_purchase_governs_and_not_the_day_of_the_complaint():
    """Trap 29, through the whole engine: one complaint of today, two purchases."""
    old = basis_of(decide(COMPILED, bought("2022-07-04"), as_of=TODAY))
    new = basis_of(decide(COMPILED, bought("2026-11-07"), as_of=TODAY))
    assert "cpl_reg@2024/19" in new - old


# --- interpretations that reach what is not finally judged -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("statute", "says", "facts_since"),
    [
        ("spc_bank_card", "spc_bank_card/16", None),
        ("spc_contract_general", "spc_contract_general/69", D(2021, 1, 1)),
        ("spc_food_punitive", "spc_food_punitive/19", None),
        ("spc_food_civil1", "spc_food_civil1/14", None),
        ("spc_general_part", "spc_general_part/39", D(2021, 1, 1)),
        ("spc_time_effect", "spc_time_effect/28", None),
        ("spc_tort1", "spc_tort1/26", D(2021, 1, 1)),
    ],
)
def test_an_interpretation_that_says_so_reaches_older_cases_as_far_back_as_it_says(statute, says, facts_since):
    found = REGISTER.statute(statute)
    version = found.newest
    eve = version.from_ - dt.timedelta(days=1)
    assert found.version_on(eve, TODAY) is version
    assert version.reaches_pending.basis == says
    with pytest.raises(NotInForce):  # judged the day before it came into force it is not there yet
        found.version_on(eve, eve)
    if facts_since is None:
        assert found.version_on(D(2012, 1, 1), TODAY) is version
    else:
        assert found.version_on(facts_since, TODAY) is version
        with pytest.raises(NotInForce):
            found.version_on(facts_since - dt.timedelta(days=1), TODAY)


@pytest.mark.parametrize("statute", ["spc_prepaid", "spc_online", "spc_injury", "spc_sale", "spc_tourism", "spc_food_drug", "spc_cpl_procedure"])  # fmt: skip
def test_an_interpretation_that_does_not_say_so_stays_with_its_own_time(statute):
    """Prepayments and online sales give a first day only, injuries ask for a later wrong, the others were amended."""
    assert all(version.reaches_pending is None for version in REGISTER.statute(statute).versions)


def deposit(paid, complained=TODAY):
    """Booking money of a day, complained of today or on another day."""
    record = {
        "deposit_paid": True,
        "deposit_word": "booking",
        "deposit_forfeit_agreed": False,
        "deposit_due_back": True,
        "deposit_amount": "300.00",
    }
    return Complaint(
        id="d",
        received_at=f"{complained}T10:00:00+08:00",
        text="交的订金不退，我要退款",
        claims=["refund"],
        order={"kind": "service", "price": "300.00", "quantity": 1, "paid_at": paid},
        facts={name: {"value": value, "grade": "record"} for name, value in record.items()},
    )


def of_deposit(paid, as_of=TODAY, lang="zh", complained=TODAY):
    decision = decide(COMPILED, deposit(paid, complained), as_of=as_of, lang=lang)
    (matter,) = [m for m in decision.matters if m.rule == "prices.deposit"]
    return decision, {f"{c.statute}/{c.article}": c for c in matter.basis}


def test_an_article_that_reaches_the_case_is_cited_with_the_article_that_says_so():
    decision, cited_ = of_deposit("2023-12-04")
    article = cited_["spc_contract_general/67"]
    assert article.version == "2023"
    assert "2023-12-05" in article.reach
    assert "第69条" in article.reach
    assert cited_["civil_code/586"].reach is None
    # No machine sees whether a court has judged: people settle it, and are told that the article is good law.
    assert decision.outcome == "refer"
    (why,) = [r.text for r in decision.referral.reasons if r.code == "law-uncertain"]
    assert "第69条" in why
    assert "由人确认" in why
    english = of_deposit("2023-12-04", lang="en")[1]["spc_contract_general/67"].reach
    assert "in force from 2023-12-05" in english
    assert "article 69" in english


def test_from_its_first_day_on_the_article_needs_no_reach_and_carries():
    decision, cited_ = of_deposit("2023-12-05")
    assert cited_["spc_contract_general/67"].reach is None
    assert decision.outcome == "settle"


def test_facts_older_than_it_reaches_do_not_have_it_and_the_reason_says_not_in_force():
    decision, cited_ = of_deposit("2020-12-31", complained=D(2023, 12, 20))  # later its age alone sends it to people
    assert "spc_contract_general/67" not in cited_
    (why,) = [r.text for r in decision.referral.reasons if r.code == "law-uncertain"]
    assert "2020-12-31 还没有施行或者已经失效" in why


def test_looked_at_before_it_came_into_force_the_same_case_does_not_have_it():
    assert "spc_contract_general/67" not in of_deposit("2023-06-01", D(2023, 12, 4))[1]
    assert "spc_contract_general/67" in of_deposit("2023-06-01", D(2023, 12, 5))[1]


def test_the_commands_of_law_say_that_an_interpretation_reaches_back():
    shown = run("law", "show", "spc_contract_general/67", "--on", "2022-06-01", "--lang", "zh", code=0)
    assert "2021-01-01 以后的事，2023-12-05 时还没有终审的案件也适用（spc_contract_general/69）" in shown
    assert "订金押金与定金" in shown
    run("law", "show", "spc_contract_general/67", "--on", "2020-06-01", code=2)  # older than it reaches
    changed = run("law", "changes", "--since", "2024-08-01", "--lang", "en", code=0)
    assert "also reaches cases not finally judged on 2024-08-22 (spc_food_punitive/19)" in changed


@pytest.mark.parametrize(
    ("basis", "code"), [("law/99", "F402"), ("lex/1", "F401"), ("law@1/25", "F403"), ("law-25", "F406")]
)
def test_the_article_that_says_a_version_reaches_back_must_stand_in_it(tmp_path, basis, code):
    target = tmp_path / "mini"
    shutil.copytree(Path(__file__).parent / "packs" / "mini", target)
    path = target / "statutes.yaml"
    first = "from: 2025-01-01, verified: {how: text, when: 2026-01-01}"
    text = path.read_text("utf-8")
    assert first in text
    path.write_text(text.replace(first, f"{first}, reaches_pending: {{basis: {basis}}}"), "utf-8")
    (found,) = [d for d in funnel.check_pack(target).diagnostics if d.severity == "error"]
    assert found.code == code
    assert found.span.source.lstrip().startswith('- {id: "2"')


@settings(max_examples=100)
@given(on=st.dates(D(2010, 1, 1), D(2027, 12, 31)), deciding=st.dates(D(2010, 1, 1), D(2027, 12, 31)))
def test_between_two_turning_days_every_citation_means_the_same(on, deciding):
    """What plans and words are kept by: the windows of both days."""
    turns = REGISTER.turning_days()

    def first_of_window(day):
        return max((turn for turn in turns if turn <= day), default=D(2000, 1, 1))

    for _, rule in sorted(PACK.rules.items()):
        for basis in rule.basis:
            here = holds(basis.citation, on, deciding)
            there = holds(basis.citation, first_of_window(on), first_of_window(deciding))
            assert here == there


# --- which day's law, told to people -----------------------------------------------------------------------------------------


def law_steps(decision):
    return [step.text for step in decision.explanation if step.step == "law"]


def closed(**facts):
    return Complaint(
        id="s",
        received_at=f"{TODAY}T10:00:00+08:00",
        text="付款之后店铺突然关门了，货也不发",
        facts=facts,
    )


def test_an_older_case_says_which_days_law_it_was_looked_at_under():
    decision = decide(COMPILED, closed(shop_closed_on="2023-06-01"), as_of=TODAY)
    (told,) = law_steps(decision)
    assert "2023-06-01" in told
    assert PACK.vocabulary.label("shop_closed_on", "zh") not in decision.referral.missing
    (english,) = law_steps(decide(COMPILED, closed(shop_closed_on="2023-06-01"), as_of=TODAY, lang="en"))
    assert "under the law of 2023-06-01" in english


def test_a_case_of_today_says_nothing_of_the_law_of_another_day():
    assert law_steps(decide(COMPILED, closed(shop_closed_on=str(TODAY)), as_of=TODAY)) == []


def test_a_day_that_the_consumer_can_tell_is_asked_for_where_the_law_hangs_on_it():
    decision = decide(COMPILED, closed(), as_of=TODAY)
    (told,) = law_steps(decision)
    assert "问清那一天" in told
    assert PACK.vocabulary.label("shop_closed_on", "zh") in decision.referral.missing


def test_a_day_that_the_order_shows_is_not_asked_of_the_consumer():
    complaint = Complaint(id="p", received_at=f"{TODAY}T10:00:00+08:00", text="银行卡被盗刷了三千，钱不是我花的")
    decision = decide(COMPILED, complaint, as_of=TODAY)
    assert PACK.rules["payments.card-stolen"].governs == "paid_on"
    assert law_steps(decision) == []
    assert PACK.vocabulary.label("paid_on", "zh") not in decision.referral.missing


def test_what_a_near_miss_needs_says_where_a_figure_is_the_packs_own():
    late = bought("2026-07-01", "2026-11-10", return_notice_on={"value": "2026-07-03", "grade": "record"})
    (matter,) = [m for m in decide(COMPILED, late, as_of=TODAY).matters if m.rule == RETURN]
    needed = {c.fact: c.needed for miss in matter.near_misses for c in miss.changes}
    assert "90（规则包自定的数，不是法律）" in needed["days_since_receipt"]
    assert all("规则包自定" not in text for fact, text in needed.items() if fact != "days_since_receipt")
    (why,) = [r.text for r in decide(COMPILED, late, as_of=TODAY).referral.reasons if r.code == "exception"]
    assert "不是法律期限" in why


# --- each change of the law since 2020 -------------------------------------------------------------------------------------

CHANGES = [
    # statute, first day of the new version, whether it was read, version of the day before
    ("aucl", D(2025, 10, 15), True, "2019"),
    ("food_safety_law", D(2025, 12, 1), True, "2021"),
    ("food_safety_law", D(2021, 4, 29), True, "2015"),
    ("express_reg", D(2025, 6, 1), True, "2019"),
    ("cyber_law", D(2026, 1, 1), True, "2016"),
    ("arbitration_law", D(2026, 3, 1), True, "1994"),
    ("civil_procedure", D(2024, 1, 1), True, "1991"),
    ("minors_law", D(2024, 4, 26), True, "2020"),
    ("minors_law", D(2021, 6, 1), False, "1991"),
    ("spc_food_drug", D(2021, 12, 1), True, "2013"),
    ("spc_cpl_procedure", D(2022, 4, 10), True, "2015"),
    ("return7_reg", D(2020, 10, 23), True, "2017"),
    ("infringe_penalty", D(2020, 10, 23), True, "2015"),
    ("complaint_reg_old", D(2022, 5, 1), True, "2019"),
    ("food_safety_reg", D(2019, 12, 1), True, "2009"),
    ("livestream_ecom_2026", D(2026, 2, 1), True, None),
    ("complaint_reg_2026", D(2026, 4, 15), False, None),
    ("platform_rules_2026", D(2026, 2, 1), False, None),
    ("platform_price_rules_2026", D(2026, 4, 10), False, None),
    ("promo_reg", D(2020, 12, 1), False, None),
    ("civil_code", D(2021, 1, 1), True, None),
    ("pipl", D(2021, 11, 1), True, None),
    ("cpl_reg", D(2024, 7, 1), True, None),
    ("netrade_reg", D(2021, 5, 1), True, None),
    ("price_fraud_reg", D(2022, 7, 1), True, None),
    ("contract_admin", D(2023, 7, 1), True, None),
    ("ad_internet", D(2023, 5, 1), True, None),
    ("minors_net", D(2024, 1, 1), True, None),
    ("netdata_reg", D(2025, 1, 1), True, None),
    ("fraud_law", D(2022, 12, 1), True, None),
    ("spc_online", D(2022, 3, 15), True, None),
    ("spc_food_punitive", D(2024, 8, 22), True, None),
    ("spc_prepaid", D(2025, 5, 1), True, None),
    ("spc_contract_general", D(2023, 12, 5), True, None),
    ("spc_tort1", D(2024, 9, 27), True, None),
]  # fmt: skip


@pytest.mark.parametrize(("statute", "day", "read", "before"), CHANGES, ids=str)
def test_each_change_of_law_takes_effect_on_its_day_and_not_the_day_before(statute, day, read, before):
    found = REGISTER.statute(statute)
    version = found.version_on(day)
    assert version.from_ == day
    assert (version.verified is not None) is read
    eve = day - dt.timedelta(days=1)
    if before is None:
        with pytest.raises(NotInForce):
            found.version_on(eve)
    else:
        assert found.version_on(eve).id == before


def test_every_statute_of_the_register_with_a_change_since_2020_has_a_test_above():
    listed = {(statute, day) for statute, day, _, _ in CHANGES}
    # These began on 1 January 2021 or amended single articles; no scenario turns on the day.
    apart = {"ad_law", "spc_sale", "spc_tourism", "spc_injury", "spc_time_effect", "spc_food_civil1", "spc_general_part", "spc_bank_card", "cosmetics_reg", "cosmetics_mgmt", "invoice_reg", "online_travel_reg", "complaint_reg_old"}  # fmt: skip
    changes = REGISTER.changes_since(D(2020, 11, 30), TODAY)
    assert {(c.statute.id, c.version.from_) for c in changes if c.statute.id not in apart} <= listed


def test_food_bought_on_either_side_of_the_change_of_2025_cites_the_version_of_its_day():
    rule = PACK.rules["goods.food-unsafe"]
    assert "food_safety_law@2021/148" in cited(rule, D(2025, 11, 30))
    assert "food_safety_law@2025/148" in cited(rule, D(2025, 12, 1))
    # Before April 2021 the text was not read: nothing is cited and nothing settled.
    assert not any(name.startswith("food_safety_law") for name in cited(rule, D(2021, 4, 28)))


@pytest.mark.parametrize(("matter", "old", "new"), [("投递", "25", "26"), ("赔偿", "27", "28"), ("投诉", "28", "29")])
def test_trap_18_express_articles_moved_by_one_in_june_2025(matter, old, new):
    for day, number in ((D(2025, 5, 31), old), (D(2025, 6, 1), new)):
        assert matter in REGISTER.resolve(f"express_reg/{number}", day).article.title["zh"]
    before = holds(f"express_reg/{new}", D(2025, 5, 31))
    assert before is None or matter not in before.article.title["zh"]


def test_trap_18_a_delivery_before_june_2025_cites_no_number_of_the_new_text():
    rule = PACK.rules["delivery.signed-dispute"]
    assert not any(
        "express_reg" in name for name in cited(rule, D(2025, 5, 31)) if "@2025" in name or name.endswith("/26")
    )
    assert "express_reg@2025/26" in cited(rule, D(2025, 6, 1))


def test_trap_18_the_cap_of_the_postal_law_measures_no_express_compensation():
    assert not [u for u in uses(PACK) if (u.statute, u.article) == ("postal_law", "47") and u.role in CARRY]
    assert not [p for p in REGISTER.parameters.values() if any(v.basis == "postal_law/47" for v in p.values)]


def test_trap_19_false_publicity_and_prize_sales_go_by_the_number_of_their_day():
    eve, day = D(2025, 10, 14), D(2025, 10, 15)
    for words, old, new in (("虚假宣传", "8", "9"), ("有奖销售", "10", "11")):
        assert words in REGISTER.resolve(f"aucl/{old}", eve).article.title["zh"]
        assert words in REGISTER.resolve(f"aucl/{new}", day).article.title["zh"]
        assert holds(f"aucl/{old}", day) is None
        assert holds(f"aucl/{new}", eve) is None
    for use in uses(PACK):
        if use.statute == "aucl" and use.article in {"8", "10"}:
            assert use.citation.startswith("aucl@2019/"), f"{use.id}: the old number needs its version"


def test_trap_20_nothing_cites_the_old_complaint_measures_as_law_of_today():
    assert holds("complaint_reg_old/12", D(2026, 4, 14))
    assert holds("complaint_reg_old/12", D(2026, 4, 15)) is None
    assert not [
        u for u in uses(PACK) if u.statute == "complaint_reg_old" and not u.citation.startswith("complaint_reg_old@")
    ]


def test_trap_20_mediation_by_the_authority_takes_sixty_days_and_only_since_the_regulation():
    assert REGISTER.parameter("mediation_days", D(2024, 7, 1)).value == 60
    assert REGISTER.parameter("mediation_days", TODAY).basis == "cpl_reg/46"
    with pytest.raises(NotInForce):
        REGISTER.parameter("mediation_days", D(2024, 6, 30))


def test_trap_29_nothing_is_cited_before_it_came_into_force_and_later_only_what_reaches_back():
    for rule in PACK.live_rules:
        for day, later in ((D(2020, 12, 31), {"civil_code", "spc_food_civil1"}), (D(2024, 8, 21), {"spc_food_punitive"}), (D(2023, 12, 4), {"spc_contract_general"}), (D(2024, 9, 26), {"spc_tort1"}), (D(2025, 4, 30), {"spc_prepaid"})):  # fmt: skip
            assert not {name.partition("@")[0] for name in cited(rule, day, as_of=day)} & later, rule.id
            reached = (
                {"spc_prepaid"} if D(2021, 1, 1) <= day else {"civil_code", "spc_prepaid"}
            )  # say nothing of older cases
            assert not {name.partition("@")[0] for name in cited(rule, day)} & later & reached, rule.id


# --- the register itself --------------------------------------------------------------------------------------------------


def test_numbers_of_an_unread_version_are_not_inferred_from_the_current_one():
    """Only numbers that a source names stand in a version that was not read; an article without `versions` stands in all."""
    named = {"aucl": {"8", "10"}, "express_reg": {"25", "27", "28"}}
    for statute in REGISTER.statutes.values():
        if statute.newest.verified is None:
            continue
        for version in statute.versions:
            if version.verified is None:
                stands = {a.number for a in statute.articles if a.stands_in(version.id)}
                assert stands == named.get(statute.id, set()) & stands, f"{statute.id}@{version.id}"


def test_every_version_says_how_and_when_it_was_checked_or_why_not():
    for statute in REGISTER.statutes.values():
        for version in statute.versions:
            if version.verified is None:
                assert version.note, f"{statute.id}@{version.id}"
            else:
                assert version.verified.how in {"text", "comparison"}
                assert version.verified.when <= TODAY


def test_a_repealed_statute_names_what_took_its_place_and_can_not_be_cited_today():
    ended = [s for s in REGISTER.statutes.values() if s.newest.until is not None and s.newest.until <= TODAY]
    assert {"complaint_reg_old", "contract_law", "netrade_reg_old", "price_fraud_reg_old"} <= {s.id for s in ended}
    for statute in ended:
        assert statute.superseded_by in REGISTER.statutes
        with pytest.raises(NotInForce):
            statute.version_on(TODAY)


# --- second-hand law never carries a settlement -----------------------------------------------------------------------------


def doubted(citation):
    """The pack with every version of one statute marked as known second-hand."""
    name = citation.partition("/")[0].partition("@")[0]
    statute = REGISTER.statute(name)
    versions = tuple(replace(v, verified=None) for v in statute.versions)
    statutes = {**REGISTER.statutes, name: replace(statute, versions=versions)}
    return replace(COMPILED, pack=replace(PACK, register=replace(REGISTER, statutes=statutes)))


CARRYING = sorted({(t.rule, b.citation) for t in SETTLED for b in PACK.rules[t.rule].basis if CARRY & set(b.supports)})


@pytest.mark.parametrize(("rule", "citation"), CARRYING)
def test_no_settlement_of_the_pack_survives_a_doubt_about_what_carries_it(rule, citation):
    compiled = doubted(citation)
    for test in [t for t in SETTLED if t.rule == rule][:3]:
        day = test.as_of or test.complaint.received_at.date()
        decision = decide(compiled, test.complaint, as_of=day)
        (matter,) = [m for m in decision.matters if m.rule == rule or rule in m.competing]
        assert matter.outcome == "refer"
        assert not matter.remedies
        assert "law-uncertain" in {r.code for r in decision.referral.reasons}


BASES = st.lists(
    st.builds(
        lambda citation, supports: Basis(citation, tuple(sorted(supports)), None, MINI.rules["goods.return"].span),
        st.sampled_from(["law/24", "law/25", "hearsay/1", "law@1/25"]),
        st.sets(st.sampled_from(SUPPORTS), min_size=1),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300)
@given(basis=BASES, day=st.dates(D(2012, 1, 1), D(2027, 1, 1)))
def test_generated_rules_settle_only_on_law_that_was_read_and_in_force(basis, day):
    rule = replace(MINI.rules["goods.return"], basis=tuple(basis))
    pack = replace(MINI, rules=MappingProxyType({rule.id: rule}))
    decision = decide(
        compile_pack(pack),
        Complaint(
            id="c",
            received_at=f"{day + dt.timedelta(days=2)}T10:00:00+08:00",
            text="卖家就是不给退",
            facts={"goods_intact": True},
            order={"price": "100", "quantity": 1, "category": "general", "signed_at": day.isoformat()},
        ),
        as_of=day + dt.timedelta(days=2),
    )
    sound = True
    for b in basis:
        if CARRY & set(b.supports):
            try:
                sound = sound and MINI.register.resolve(b.citation, day).verified
            except LawError:
                sound = False
    # Only a day on which the pack's own figures hold can settle at all.
    possible = sound and day >= D(2014, 1, 1)
    assert (decision.outcome == "settle") is possible


# --- what a change touches --------------------------------------------------------------------------------------------------


def test_a_change_touches_the_rules_that_rest_on_the_statute_and_no_other():
    for change in REGISTER.changes_since(D(2013, 1, 1)):
        names = {change.statute.id} | {s.id for s in REGISTER.statutes.values() if s.superseded_by == change.statute.id}
        touched = {t.rule.id for t in touched_by(PACK, change)}
        assert touched == {r.id for r in PACK.live_rules if any(u.statute in names for u in uses_by_rule(PACK, r))} | {
            r.id
            for r in PACK.rules.values()
            if r.status == "draft" and any(u.statute in names for u in uses_by_rule(PACK, r))
        }


def test_a_rule_is_touched_through_the_figures_that_its_facts_are_computed_with():
    rule = PACK.rules[RETURN]
    assert "return7_days" in parameters_of(PACK, rule)
    assert "parameter:return7_days" in {u.role for u in uses_by_rule(PACK, rule) if u.citation == "cpl/25"}


def run(*args, code=None):
    result = CliRunner().invoke(group, [str(a) for a in args])
    if code is not None:
        assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def neglected(tmp_path):
    """The small pack with one rule last reviewed before its law changed."""
    target = tmp_path / "mini"
    shutil.copytree(Path(__file__).parent / "packs" / "mini", target)
    path = target / "goods" / "return.yaml"
    path.write_text(path.read_text("utf-8").replace("reviewed: 2026-01-01", "reviewed: 2024-06-01"), "utf-8")
    return target


def test_changes_lists_touched_rules_and_marks_those_not_reviewed_since(neglected):
    output = run("law", "changes", "--since", "2024-12-31", "--pack", neglected, "--lang", "en", code=0)
    assert "2025-01-01  law@2" in output
    assert "! goods.return" in output
    assert "  goods.defect" in output
    assert "! goods.defect" not in output


def test_changes_with_stale_fails_while_a_rule_is_left_to_review(neglected):
    output = run("law", "changes", "--since", "2024-12-31", "--stale", "--pack", neglected, code=1)
    assert "goods.return" in output
    assert "goods.defect" not in output
    assert run("law", "changes", "--since", "2025-01-01", "--stale", "--pack", neglected, code=0) == ""


def test_changes_of_the_shipped_pack_name_the_rules_and_the_statutes_that_ended():
    output = run("law", "changes", "--since", "2025-05-01", "--lang", "en", code=0)
    assert "2025-06-01  express_reg@2025" in output
    assert "delivery.signed-dispute" in output
    assert "2026-04-15  complaint_reg_old@2022 –" in output
    assert "→ complaint_reg_2026" in output
    run("law", "changes", "--since", "2019-01-01", "--stale", code=0)
