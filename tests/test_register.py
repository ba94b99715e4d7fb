"""The statute register: what was in force when, and the shipped one held against its own rules."""

import datetime as dt
import pickle

import pytest
import shipped
import yaml
from hypothesis import given
from hypothesis import strategies as st
from register_helper import PACK, read_register

from funnel.law.register import (
    Article,
    BadCitation,
    Citation,
    LawError,
    NotInForce,
    Parameter,
    ParameterValue,
    PendingReach,
    Register,
    Statute,
    StatuteVersion,
    UnknownArticle,
    UnknownParameter,
    UnknownStatute,
    Verified,
    parse_citation,
    text,
    texts,
)

D = dt.date
TODAY = D(2026, 11, 24)
SHIPPED = read_register()
READ = Verified("text", TODAY)


def article(number, *versions, title="x"):
    return Article(number, texts(title), texts("要点", "gist"), (), versions)


def statute(name="law", versions=None, articles=(), superseded_by=None):
    versions = versions or (
        StatuteVersion("2000", D(2000, 1, 1), D(2010, 1, 1)),
        StatuteVersion("2010", D(2010, 1, 1), None, READ),
    )
    return Statute(name, texts("法"), texts("机关"), "law", tuple(versions), tuple(articles), superseded_by)


RENUMBERED = Register(
    {
        "law": statute(
            articles=[
                article("8", "2000", title="旧"),
                article("8", "2010", title="新"),
                article("9", "2010"),
                article("1"),
            ]
        ),
        "gone": statute("gone", [StatuteVersion("1", D(2000, 1, 1), D(2005, 1, 1))], [article("1")], "law"),
    },
    {
        "days": Parameter(
            "days",
            "integer",
            (
                ParameterValue(D(2000, 1, 1), None, 5, "law/8"),
                ParameterValue(D(2010, 1, 1), D(2020, 1, 1), 7, "law/9"),
            ),
            texts("天数"),
        )
    },
)


# --- citations --------------------------------------------------------------------------------------------------------


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(str.isascii),
    st.integers(1, 1300),
    st.none() | st.from_regex(r"[0-9]{4}", fullmatch=True).filter(str.isascii),
)
def test_a_citation_reads_back_as_it_is_written(name, number, version):
    citation = Citation(name, str(number), version)
    assert parse_citation(str(citation)) == citation


@pytest.mark.parametrize("source", ["", "cpl", "cpl/", "/25", "cpl/025", "cpl/0", "cpl@/25", "cpl/25 ", "cpl/二十五", "Cpl/25", "cpl/２５", "cpl/25\n", "cpl@2013"])  # fmt: skip
def test_what_is_no_citation_is_refused(source):
    with pytest.raises(BadCitation):
        SHIPPED.parse_citation(source)


def test_a_citation_names_a_statute_and_article_that_exist():
    assert SHIPPED.parse_citation("cpl/25") == Citation("cpl", "25")
    assert SHIPPED.parse_citation("cpl@2013/25") == Citation("cpl", "25", "2013")
    assert SHIPPED.parse_citation("aucl/8") == Citation("aucl", "8")  # in the old version only
    with pytest.raises(UnknownStatute) as statute_error:
        SHIPPED.parse_citation("cpl_regs/19")
    assert statute_error.value.close[0] == "cpl_reg"
    assert "did you mean cpl_reg" in str(statute_error.value)
    with pytest.raises(UnknownArticle) as article_error:
        SHIPPED.parse_citation("cpl/50")
    assert set(article_error.value.close) == {"cpl/49", "cpl/52", "cpl/48"}
    with pytest.raises(UnknownStatute):
        SHIPPED.parse_citation("cpl@2014/25")
    with pytest.raises(UnknownArticle) as version_error:
        SHIPPED.parse_citation("aucl@2025/8")
    assert version_error.value.close == ("aucl@2019/8",)


# --- what is in force -------------------------------------------------------------------------------------------------


def test_windows_are_half_open():
    assert RENUMBERED.resolve("law/8", D(2009, 12, 31)).version.id == "2000"
    assert RENUMBERED.resolve("law/8", D(2010, 1, 1)).version.id == "2010"


def test_one_number_means_different_articles_in_different_versions():
    assert text(RENUMBERED.resolve("law/8", D(2005, 1, 1)).article.title, "zh") == "旧"
    assert text(RENUMBERED.resolve("law/8", TODAY).article.title, "zh") == "新"


def test_an_article_that_a_version_lacks_is_unknown_there():
    with pytest.raises(UnknownArticle) as error:
        RENUMBERED.resolve("law/9", D(2005, 1, 1))
    assert error.value.close == ("law@2010/9",)


def test_a_pinned_version_must_be_in_force_itself():
    assert RENUMBERED.resolve("law@2000/8", D(2005, 1, 1)).article.versions == ("2000",)
    with pytest.raises(NotInForce):
        RENUMBERED.resolve("law@2000/8", TODAY)
    with pytest.raises(NotInForce):
        RENUMBERED.resolve("law@2010/8", D(2005, 1, 1))


def test_a_statute_before_its_first_and_after_its_last_version_is_not_in_force():
    with pytest.raises(NotInForce):
        RENUMBERED.resolve("law/1", D(1999, 12, 31))
    with pytest.raises(NotInForce) as error:
        RENUMBERED.resolve("gone/1", D(2005, 1, 1))
    assert error.value.close == ("law",)
    assert RENUMBERED.superseded("gone/1") == "law"
    assert RENUMBERED.superseded("law/1") is None


REACHING = statute(
    versions=[
        StatuteVersion("old", D(2010, 1, 1), D(2020, 1, 1)),
        StatuteVersion("new", D(2020, 1, 1), D(2025, 1, 1), READ, None, PendingReach("law/9", D(2015, 1, 1))),
    ],
    articles=[article("1"), article("9", "new")],
)


@pytest.mark.parametrize(
    ("on", "deciding", "version", "reached"),
    [
        (D(2016, 1, 1), None, "old", False),  # the law of that day, no more asked
        (D(2016, 1, 1), D(2019, 12, 31), "old", False),  # decided before it came
        (D(2016, 1, 1), D(2020, 1, 1), "new", True),
        (D(2015, 1, 1), D(2020, 1, 1), "new", True),
        (D(2014, 12, 31), D(2020, 1, 1), "old", False),  # facts older than it reaches
        (D(2016, 1, 1), D(2025, 1, 1), "old", False),  # no longer in force when decided
        (D(2020, 1, 1), D(2024, 1, 1), "new", False),  # its own time
    ],
)
def test_a_version_that_reaches_pending_cases_is_held_against_the_deciding_day(on, deciding, version, reached):
    found = Register({"law": REACHING}).resolve("law/1", on, deciding)
    assert found.version.id == version
    assert (found.reach is not None) is reached
    if reached:
        assert found.reach.basis == "law/9"


def test_a_pinned_version_may_reach_a_pending_case_too():
    register = Register({"law": REACHING})
    assert register.resolve("law@new/1", D(2016, 1, 1), D(2021, 1, 1)).reach is not None
    with pytest.raises(NotInForce):
        register.resolve("law@new/1", D(2016, 1, 1))


def test_a_version_cannot_reach_back_to_its_own_time():
    with pytest.raises(ValueError, match="reaches no facts before"):
        statute(versions=[StatuteVersion("1", D(2020, 1, 1), None, READ, None, PendingReach("law/1", D(2020, 1, 1)))])


def test_verified_follows_the_version():
    assert not RENUMBERED.resolve("law/1", D(2005, 1, 1)).verified
    assert RENUMBERED.resolve("law/1", TODAY).verified


@given(day=st.dates(D(1995, 1, 1), D(2030, 1, 1)))
def test_at_most_one_version_of_a_shipped_statute_is_in_force_on_a_day(day):
    for found in SHIPPED.statutes.values():
        live = [version for version in found.versions if version.in_force(day)]
        assert len(live) <= 1
        if live:
            assert found.version_on(day) is live[0]
        else:
            with pytest.raises(NotInForce):
                found.version_on(day)


def test_the_newest_version_dates_a_review():
    assert RENUMBERED.newest_version_from("law/1") == D(2010, 1, 1)
    assert SHIPPED.newest_version_from("aucl@2019/8") == D(2025, 10, 15)


def test_changes_since_a_day_leave_that_day_out_and_come_in_order():
    changes = [(c.statute.id, c.version.id) for c in SHIPPED.changes_since(D(2025, 10, 15), TODAY)]
    assert changes == [
        ("food_safety_law", "2025"),
        ("cyber_law", "2026"),
        ("livestream_ecom_2026", "2026"),
        ("platform_rules_2026", "2026"),
        ("arbitration_law", "2026"),
        ("platform_price_rules_2026", "2026"),
        ("complaint_reg_2026", "2026"),
    ]
    assert ("aucl", "2025") in {(c.statute.id, c.version.id) for c in SHIPPED.changes_since(D(2025, 10, 14))}
    assert SHIPPED.changes_since(TODAY) == ()


# --- parameters -------------------------------------------------------------------------------------------------------


def test_a_value_without_an_end_holds_until_the_next_begins():
    assert RENUMBERED.parameter("days", D(2009, 12, 31)).value == 5
    assert RENUMBERED.parameter("days", D(2010, 1, 1)).value == 7
    with pytest.raises(NotInForce):
        RENUMBERED.parameter("days", D(2020, 1, 1))
    with pytest.raises(NotInForce):
        RENUMBERED.parameter("days", D(1999, 12, 31))
    with pytest.raises(UnknownParameter) as error:
        RENUMBERED.parameter("dayz", TODAY)
    assert error.value.close == ("days",)


def test_parameters_that_contradict_themselves_are_refused():
    label = texts("数")
    with pytest.raises(ValueError, match="overlaps"):
        Parameter("p", "integer", (ParameterValue(D(2000, 1, 1), D(2011, 1, 1), 1, "a/1"), ParameterValue(D(2010, 1, 1), None, 2, "a/1")), label)  # fmt: skip
    with pytest.raises(ValueError, match="never holds"):
        Parameter("p", "integer", (ParameterValue(D(2000, 1, 1), D(2000, 1, 1), 1, "a/1"),), label)
    with pytest.raises(ValueError, match="no value"):
        Parameter("p", "integer", (), label)
    with pytest.raises(ValueError, match="names its article"):
        Parameter("p", "integer", (ParameterValue(D(2000, 1, 1), None, 1),), label)
    with pytest.raises(ValueError, match="names its article"):
        Parameter("p", "integer", (ParameterValue(D(2000, 1, 1), None, 1, "a/1"),), label, policy=True)


def test_statutes_that_contradict_themselves_are_refused():
    day = D(2000, 1, 1)
    with pytest.raises(ValueError, match="no version"):
        Statute("law", texts("法"), texts("机关"), "law", ())
    with pytest.raises(ValueError, match="overlaps"):
        statute(versions=[StatuteVersion("1", day), StatuteVersion("2", D(2001, 1, 1))])
    with pytest.raises(ValueError, match="one id"):
        statute(versions=[StatuteVersion("1", day, D(2001, 1, 1)), StatuteVersion("1", D(2001, 1, 1))])
    with pytest.raises(ValueError, match="ends before it begins"):
        statute(versions=[StatuteVersion("1", day, day)])
    with pytest.raises(ValueError, match="not there"):
        statute(articles=[article("1", "1999")])
    with pytest.raises(ValueError, match="stands twice"):
        statute(articles=[article("1"), article("1", "2010")])


# --- texts, copies ----------------------------------------------------------------------------------------------------


def test_a_text_without_english_falls_back_to_chinese():
    assert text(texts("中", "en"), "en") == "en"
    assert text(texts("中"), "en") == "中"
    with pytest.raises(TypeError):
        texts("中")["zh"] = "改"


def test_the_register_is_frozen():
    with pytest.raises(TypeError):
        SHIPPED.statutes["x"] = SHIPPED.statutes["cpl"]
    with pytest.raises(AttributeError):
        SHIPPED.statutes = {}


def test_a_register_of_plain_texts_travels_to_another_process():
    plain = {"zh": "法"}
    one = Article("1", plain, plain)
    register = Register({"law": Statute("law", plain, plain, "law", (StatuteVersion("1", D(2000, 1, 1)),), (one,))})
    copy = pickle.loads(pickle.dumps(register))
    assert copy == register
    assert copy.resolve("law/1", TODAY).article == one


def test_every_error_is_a_lookup_error():
    for call in (lambda: SHIPPED.resolve("no/1", TODAY), lambda: SHIPPED.parameter("no", TODAY), lambda: SHIPPED.resolve("cpl/25", D(1990, 1, 1)), lambda: SHIPPED.resolve("?", TODAY)):  # fmt: skip
        with pytest.raises(LawError) as error:
            call()
        assert isinstance(error.value, LookupError)


# --- the shipped register ---------------------------------------------------------------------------------------------


def test_every_figure_of_law_stands_on_an_article_in_force_through_its_whole_window():
    for parameter in SHIPPED.parameters.values():
        for value in parameter.values:
            if value.basis is None:
                continue
            begins, ends = value.from_, min(value.until - dt.timedelta(days=1), TODAY) if value.until else TODAY
            cited = SHIPPED.parse_citation(value.basis)
            days = {begins, ends} | {
                v.from_ for v in SHIPPED.statute(cited.statute).versions if begins < v.from_ <= ends
            }
            for day in days:
                assert SHIPPED.resolve(cited, day), (parameter.name, day)


@pytest.mark.parametrize(
    ("name", "value", "basis"),
    [
        ("return7_days", 7, "cpl/25"),
        ("refund_after_return_days", 7, "cpl/25"),
        ("delay_offence_days", 15, "infringe_penalty/8"),
        ("quality_return_days", 7, "cpl/24"),
        ("reverse_burden_months", 6, "cpl/23"),
        ("treble_multiplier", 3, "cpl/55"),
        ("fraud_floor", 50000, "cpl/55"),
        ("food_multiplier", 10, "food_safety_law/148"),
        ("food_loss_multiplier", 3, "food_safety_law/148"),
        ("food_floor", 100000, "food_safety_law/148"),
        ("renewal_notice_days", 5, "netrade_reg/18"),
        ("price_lookback_days", 7, "price_fraud_reg/16"),
        ("inspection_max_years", 2, "civil_code/621"),
        ("avoid_mistake_days", 90, "civil_code/152"),
        ("avoid_fraud_years", 1, "civil_code/152"),
        ("deposit_cap_percent", 20, "civil_code/586"),
        ("express_complaint_days", 7, "express_reg/29"),
        ("mediation_days", 60, "cpl_reg/46"),
        ("confirm_days", 30, "civil_procedure/205"),
        ("auto_limit", 500000, None),
        ("lawyer_limit", 1000000, None),
    ],
)
def test_figures_today(name, value, basis):
    found = SHIPPED.parameter(name, TODAY)
    assert (found.value, found.basis) == (value, basis)


def test_exactly_the_figures_of_punitive_compensation_are_marked():
    marked = {parameter.name for parameter in SHIPPED.parameters.values() if parameter.punitive}
    assert marked == {
        "treble_multiplier",
        "fraud_floor",
        "food_multiplier",
        "food_loss_multiplier",
        "food_floor",
        "drug_multiplier",
        "drug_floor",
    }


def test_renumbered_articles_resolve_by_the_day():
    delivery, compensation, complaint = "按址投递", "损失的赔偿", "投诉的处理"
    for day, numbers in ((D(2025, 5, 31), ("25", "27", "28")), (D(2025, 6, 1), ("26", "28", "29"))):
        for number, words in zip(numbers, (delivery, compensation, complaint), strict=True):
            assert words in text(SHIPPED.resolve(f"express_reg/{number}", day).article.title, "zh")
    assert "虚假宣传" in text(SHIPPED.resolve("aucl/8", D(2025, 10, 14)).article.title, "zh")
    assert "虚假宣传" in text(SHIPPED.resolve("aucl/9", D(2025, 10, 15)).article.title, "zh")
    with pytest.raises(UnknownArticle):
        SHIPPED.resolve("aucl/8", D(2025, 10, 15))
    for day in (D(2025, 11, 30), D(2025, 12, 1)):
        assert SHIPPED.resolve("food_safety_law/148", day).verified


def test_second_hand_statutes_are_not_verified():
    for name in ("complaint_reg_2026", "platform_rules_2026", "platform_price_rules_2026", "promo_reg", "sanbao_general", "sanbao_phone", "online_travel_reg", "invoice_reg"):  # fmt: skip
        version = SHIPPED.statute(name).newest
        assert version.verified is None, name
        assert version.note, name
    assert not SHIPPED.resolve("complaint_reg_2026/16", TODAY).verified
    with pytest.raises(NotInForce) as error:
        SHIPPED.resolve("complaint_reg_old/12", D(2026, 4, 15))
    assert error.value.close == ("complaint_reg_2026",)


def test_an_unverified_version_says_why():
    for found in SHIPPED.statutes.values():
        for version in found.versions:
            assert version.verified or version.note, f"{found.id}@{version.id}"


def test_superseding_statutes_exist_and_follow_on():
    for found in SHIPPED.statutes.values():
        if found.superseded_by:
            assert found.newest.until == SHIPPED.statute(found.superseded_by).versions[0].from_


def test_every_article_has_both_languages_and_short_keys():
    for found, cited in SHIPPED.articles():
        for words in (cited.title, cited.gist):
            assert all(words.get(lang, "").strip() for lang in ("zh", "en")), f"{found.id}/{cited.number}"
        assert all(0 < len(key) <= 12 for key in cited.keys), f"{found.id}/{cited.number}"
        assert len(set(cited.keys)) == len(cited.keys)


def test_every_dispute_between_two_sides_is_told_of_a_court_of_mediation_and_of_arbitration():
    """Consumer Law art. 39 gives five ways. Crime, an invoice and an answer that does not come are no claim for money."""
    rules = {rule.id: set(rule.forums) for rule in shipped.PACK.rules.values() if not rule.out_of_scope}
    no_court = {"orders.invoice-refused", "platform.complaint-handling-delay", "payments.phone-fraud", "payments.illicit-app"}  # fmt: skip
    assert {name for name, forums in rules.items() if not any(one.startswith("F-COURT") for one in forums)} == no_court
    assert {name for name, forums in rules.items() if "F-MEDIATE" not in forums} == {"payments.phone-fraud", "payments.illicit-app", "finance.loan-harass"}  # fmt: skip
    of_persons = {"platform.review-suppress", "privacy.data-leaked", "finance.loan-harass"}  # no contract with a clause
    assert {name for name, forums in rules.items() if "F-ARBITRATE" not in forums} == no_court | of_persons


def test_forums_rest_on_articles_in_force():
    forums = yaml.safe_load((PACK / "forums.yaml").read_text(encoding="utf-8"))["forums"]
    assert {"F-SAMR", "F-COURT-GOODS", "F-COURT-DIGITAL", "F-COURT-CONTRACT", "F-COURT-INFRINGE", "F-COURT-TORT", "F-MEDIATE", "F-ARBITRATE", "F-POST", "F-POLICE", "F-CAC", "F-TAX", "F-BANK", "F-FIN", "F-NMPA", "F-CTBU"} == set(forums)  # fmt: skip
    for name, forum in forums.items():
        assert all(SHIPPED.resolve(cited, TODAY).verified for cited in forum["basis"]), name
        told = {
            "F-SAMR": {"not": {"grievance": "private_seller"}}
        }  # a sale between private persons is none of its business
        assert forum.get("when") == told[name] if name in told else set(forum.get("when", {})) <= {"order_kind"}, name
