"""The plan behind the demonstration: repeatable, plausible, calibrated on the published figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data.records.events import RECORDS
from data.records.identity import FICTITIOUS
from demo import world
from demo.history import DAY_S, outage_day
from demo.plan import Event, Plan, plan

OSLO = ZoneInfo("Europe/Oslo")
UNTIL = date(2026, 11, 21)


@pytest.fixture(scope="module")
def big() -> Plan:
    return plan(contacts=40_000, days=90, seed=1, until=UNTIL, zone=OSLO)


def index(plan: Plan, where: np.ndarray) -> float:
    """csat index of the planned replies within ``where``."""
    return float((plan.opinions.score[plan.opinions.replies & where].mean() - 1) / 9 * 100)


def items(plan: Plan, kind: str) -> Iterable[Event]:
    return (event for event in plan.events if event.kind == kind)


def test_the_same_arguments_give_the_same_plan() -> None:
    first, second = (plan(contacts=500, days=20, seed=4, until=UNTIL, zone=OSLO) for _ in range(2))
    assert first.events == second.events
    assert first.reactions == second.reactions


@pytest.mark.parametrize(
    "change", [{"seed": 5}, {"until": date(2026, 11, 20)}, {"days": 21}, {"contacts": 501}]
)
def test_another_argument_gives_another_plan(change: dict[str, int]) -> None:
    usual = {"contacts": 500, "days": 20, "seed": 4, "until": UNTIL, "zone": OSLO}
    assert plan(**usual).events != plan(**(usual | change)).events  # type: ignore[arg-type]


@pytest.mark.parametrize(("contacts", "days"), [(20, 8), (777, 30)])
def test_there_are_exactly_as_many_contacts_as_asked_for(contacts: int, days: int) -> None:
    made = plan(contacts=contacts, days=days, seed=2, until=UNTIL, zone=OSLO)
    assert sum(1 for _ in items(made, "contact")) == contacts


@pytest.mark.parametrize(("contacts", "days"), [(19, 8), (20, 7), (900_000, 90)])
def test_a_plan_that_cannot_be_drawn_is_refused(contacts: int, days: int) -> None:
    with pytest.raises(ValueError, match=r"at least 20|used up"):
        plan(contacts=contacts, days=days, seed=2, until=UNTIL, zone=OSLO)


def test_contacts_fall_within_the_days_and_the_channels_opening_hours(big: Plan) -> None:
    for started, channel in zip(big.contacts.started_at, big.contacts.channel, strict=True):
        local = datetime.fromtimestamp(int(started), OSLO)
        hours = world.opening(world.CHANNELS[channel], local.date())
        assert UNTIL - timedelta(days=90) < local.date() <= UNTIL
        assert hours is not None
        assert hours[0] <= local.hour < hours[1]


def test_every_record_is_valid_and_arrives_after_it_happened(big: Plan) -> None:
    for event in big.events:
        arrival = datetime.fromtimestamp(event.at, UTC)
        record = RECORDS[event.kind].model_validate(event.item, context={"now": arrival})
        moments = [value for name, value in record if isinstance(value, datetime) and name.endswith("_at")]
        assert all(moment <= arrival for moment in moments), event
    assert big.events == sorted(big.events, key=lambda event: (event.at, event.kind))


def test_ids_are_marked_and_unique_and_phone_numbers_belong_to_nobody(big: Plan) -> None:
    names = {"contact": "contact_id", "sale": "sale_id", "case": "case_id", "session": "session_id"}
    for kind, name in names.items():
        ids = Counter(event.item[name] for event in items(big, kind))
        assert all(each.startswith("DEMO-") for each in ids)
        assert max(ids.values()) == (2 if kind == "case" else 1)  # a case is told when opened and when closed
    phones = {event.item["phone"] for event in items(big, "contact") if "phone" in event.item}
    whole = {phone for phone in phones if FICTITIOUS.fullmatch(phone)}
    assert len(whole) > 10_000
    assert all(re.fullmatch(r"\+4742\d{2}", phone) for phone in phones - whole)  # misread: too short for any


def test_history_traffic_and_people_share_no_phone_number() -> None:
    ranges = (world.HISTORY_PHONES, world.TRAFFIC_PHONES, world.PERSON_PHONES)
    assert sum(len(each) for each in ranges) == len(set().union(*ranges)) == 1_000_000


def test_five_partners_with_teams_and_agents_of_their_own() -> None:
    everybody = [agent for partner in world.PARTNERS for agent in world.agents(partner)]
    assert len(world.PARTNERS) == 5
    assert all("Demo" in partner.name for partner in world.PARTNERS)
    assert len({agent for _, agent in everybody}) == len(everybody) > 80
    assert 12 <= len(world.TOPICS) <= 20
    sold = {product for topic in world.TOPICS for product in topic.products}
    assert sold <= {product.name for product in world.PRODUCTS}


def test_63_percent_tried_self_service_first(big: Plan) -> None:
    assert big.contacts.route.mean() == pytest.approx(0.63, abs=0.005)


def test_replies_have_the_published_indices_by_route(big: Plan) -> None:
    assert index(big, ~big.contacts.route) == pytest.approx(66, abs=0.25)
    assert index(big, big.contacts.route) == pytest.approx(56, abs=0.25)


def test_guidance_is_worth_25_points_around_the_mean_and_30_percent_had_none(big: Plan) -> None:
    guided, everybody = big.opinions.guided, np.ones(len(big.opinions.guided), dtype=bool)
    assert index(big, guided) - index(big, ~guided) == pytest.approx(25, abs=0.5)
    mean = index(big, everybody)
    assert index(big, guided) == pytest.approx(mean + 0.3 * 25, abs=1)
    assert guided.mean() == pytest.approx(0.70, abs=0.01)


def test_solved_at_first_contact_matters_most(big: Plan) -> None:
    solved = big.contacts.solved
    gap = index(big, solved) - index(big, ~solved)
    assert gap > 28
    score = big.opinions.score[big.opinions.replies].astype(float)
    strength = {
        name: abs(np.corrcoef(score, column[big.opinions.replies].astype(float))[0, 1])
        for name, column in (
            ("solved", solved),
            ("guided", big.opinions.guided),
            ("route", big.contacts.route),
            ("wait", big.contacts.wait_s),
        )
    }
    assert max(strength, key=lambda name: strength[name]) == "solved"


def test_one_partner_is_clearly_better_and_one_clearly_worse(big: Plan) -> None:
    means = [index(big, big.contacts.partner == p) for p in range(5)]
    names = [partner.name for partner in world.PARTNERS]
    ranked = sorted(zip(means, names, strict=True))
    assert ranked[-1][1] == "Fjordsvar Demo"
    assert ranked[0][1] == "Myrtun Demo"
    assert ranked[-1][0] - ranked[-2][0] > 2
    assert ranked[1][0] - ranked[0][0] > 2


def test_hard_topics_hide_that_tindelyd_is_as_good_as_the_middle(big: Plan) -> None:
    def gap(where: np.ndarray) -> float:
        c = big.contacts
        return index(big, where & (c.partner == 1)) - index(big, where & (c.partner == 2))

    everybody = np.ones(len(big.contacts.topic), dtype=bool)
    within = [gap(big.contacts.topic == t) for t in range(len(world.TOPICS))]
    weights = np.bincount(big.contacts.topic)
    assert gap(everybody) < -3
    assert abs(np.average(within, weights=weights)) < 2


def test_the_gap_between_the_routes_is_smaller_like_for_like(big: Plan) -> None:
    route, topic = big.contacts.route, big.contacts.topic
    within = [
        index(big, route & (topic == t)) - index(big, ~route & (topic == t)) for t in range(len(world.TOPICS))
    ]
    assert np.average(within, weights=np.bincount(topic)) > -10 + 0.5


def test_the_measure_lowers_its_topic_and_no_other(big: Plan) -> None:
    launch = datetime.combine(big.launched, time(12), OSLO).timestamp() - DAY_S / 2
    before, after = big.contacts.started_at < launch, big.contacts.started_at >= launch
    story = world.STORY

    def share(where: np.ndarray, name: str) -> float:
        topics = [topic.name for topic in world.TOPICS]
        return float((big.contacts.topic[where] == topics.index(name)).mean())

    def change(name: str) -> float:
        return share(after, name) / share(before, name)

    # Bills come on the same days for both, so the one topic is what the other would have been.
    assert change(story.measure_topic) < 0.8 * change("Feil på fakturaen")
    for other in ("SIM og eSIM", "Flytting", "Strømavtale og pris"):
        assert change(other) == pytest.approx(1, abs=0.2)


def test_on_the_day_of_the_outage_its_topic_has_twice_the_contacts_of_any_like_day(big: Plan) -> None:
    topic = [topic.name for topic in world.TOPICS].index(world.STORY.outage_topic)
    day = np.searchsorted(big.calendar.starts, big.contacts.started_at, side="right") - 1
    counts = np.bincount(day[big.contacts.topic == topic], minlength=90)
    outage = outage_day(big.calendar)
    alike = [counts[d] for d in range(outage % 7, 90, 7) if d != outage]
    assert big.calendar.days[outage].weekday() < 5
    assert counts[outage] > 2 * np.median(alike)
    assert counts[outage] > max(alike)


def test_all_spellings_occur(big: Plan) -> None:
    texts = {reaction.text for reaction in big.reactions.values()}
    wanted = {"8", " 8 ", "8/10", "8 av 10", "Åtte!", "eight", "9 og takk for hjelpen", "Jeg gir 9"}
    wanted |= {"Eg gir 7", "8\ufe0f\u20e3", "ringte 2 ganger, gir 9", "8 out of 10"}
    wanted |= {"👍", "8,5", "7-8", "STOPP"}
    assert wanted <= texts
    assert any(reaction.after_s > 72 * 3600 for reaction in big.reactions.values())
    assert any(reaction.second for reaction in big.reactions.values())


def test_calls_offered_agree_with_the_contacts_by_phone(big: Plan) -> None:
    offered = sum(event.item["offered"] for event in items(big, "calls_offered"))
    abandoned = sum(event.item["abandoned"] for event in items(big, "calls_offered"))
    by_phone = big.contacts.channel == world.CHANNELS.index("phone")
    assert offered == by_phone.sum()
    assert abandoned == (by_phone & ~big.contacts.answered).sum()


def test_a_visit_without_a_contact_is_not_followed_by_one(big: Plan) -> None:
    ids = {event.item["contact_id"]: event.item.get("customer_id") for event in items(big, "contact")}
    contacts: dict[str, list[datetime]] = {}
    direct = []
    for event in items(big, "contact"):
        position = int(event.item["contact_id"].removeprefix("DEMO-C"))
        customer = ids[event.item["contact_id"]]
        start = datetime.fromtimestamp(int(big.contacts.started_at[position]), UTC)
        if customer and not big.contacts.route[position]:
            direct.append((customer, start))
        contacts.setdefault(customer or "", []).append(start)
    sessions: dict[str, list[datetime]] = {}
    for event in items(big, "session"):
        at = datetime.fromisoformat(event.item["started_at"])
        sessions.setdefault(event.item["customer_id"], []).append(at)
    wrong = sum(
        any(timedelta(0) <= start - at <= timedelta(days=1) for at in sessions.get(customer, ()))
        for customer, start in direct
    )
    assert wrong == 0


def test_the_columns_of_the_truth_are_of_one_length(big: Plan) -> None:
    for part in (big.contacts, big.opinions):
        assert {len(getattr(part, column.name)) for column in fields(part)} == {40_000}
