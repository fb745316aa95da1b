"""The demonstration is loaded through the real path, once, safely, and to the published figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

import demo
from data.api import intake
from data.records.identity import FICTITIOUS
from demo import marker, world
from demo.loading import Progress
from metrics import Reader, Scope, open_reader
from metrics.analysis.compare import compare
from metrics.build.refresh import refresh
from metrics.query.request import request
from settings import Settings
from store import Store, open_store
from store.schema import decision, message, record, reply, survey

UNTIL = date(2026, 11, 14)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def home(folder: Path) -> Settings:
    return Settings(home=folder, demo=True, quiet_hours="", pseudonym_key="a key of the tests")


def load_small(
    settings: Settings, store: Store, *, seed: int = 3, now: datetime = NOW, progress: Progress | None = None
) -> demo.Summary:
    return demo.load(
        settings, store, contacts=150, days=8, seed=seed, until=UNTIL, now=now, progress=progress
    )


def reader(settings: Settings, store: Store) -> Reader:
    refresh(settings, store, NOW)
    return open_reader(settings, Scope.everything())


@dataclass(frozen=True)
class Loaded:
    settings: Settings
    store: Store
    summary: demo.Summary
    reader: Reader


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    settings = home(tmp_path_factory.mktemp("demo"))
    store = open_store(settings.database_url)
    summary = demo.load(settings, store, contacts=2_200, days=10, seed=5, until=UNTIL, now=NOW)
    yield Loaded(settings, store, summary, reader(settings, store))
    store.close()


@pytest.fixture
def demo_settings(tmp_path: Path) -> Settings:
    return home(tmp_path / "home")


@pytest.fixture
def demo_store(demo_settings: Settings) -> Iterator[Store]:
    store = open_store(demo_settings.database_url)
    yield store
    store.close()


# What comes out


def test_the_metrics_show_the_published_indices_by_route(loaded: Loaded) -> None:
    found = compare(loaded.reader, request("csat_index"))
    assert found.groups["self_service_first"].value == pytest.approx(56, abs=2.5)
    assert found.groups["direct"].value == pytest.approx(66, abs=2.5)
    assert found.difference == pytest.approx(-10, abs=3)
    assert 0 < found.unknown < 0.15 * loaded.summary.contacts


def test_63_percent_self_service_first_and_a_third_answers(loaded: Loaded) -> None:
    shown = {value.metric: value for value in loaded.reader.show(["self_service_first", "response_rate"])}
    assert shown["self_service_first"].value == pytest.approx(0.63, abs=0.04)
    assert 0.28 <= (shown["response_rate"].value or 0) <= 0.42


def test_every_metric_has_a_value_for_every_partner(loaded: Loaded) -> None:
    names = ["csat", "satisfied", "dissatisfied", "response_rate", "survey_coverage", "handling_time",
             "hit_rate", "value_per_contact"]  # fmt: skip
    shown = loaded.reader.show(names, by=["partner"])
    assert len(shown) == len(names) * 5
    assert all(value.value is not None for value in shown)
    assert {value.dims["partner"] for value in shown} == {partner.name for partner in world.PARTNERS}


def test_those_who_were_not_shown_how_are_less_pleased(loaded: Loaded) -> None:
    query = """
        select guided.value, avg(score.value), count(*) from answer guided
        join answer score on score.contact_id = guided.contact_id and score.question = 'score'
        where guided.question = 'guided' group by guided.value order by guided.value
    """
    with loaded.store.read() as connection:
        (_, shown, n_shown), (_, not_shown, n_not) = connection.exec_driver_sql(query).all()
    assert min(n_shown, n_not) > 20
    assert (shown - not_shown) / 9 * 100 > 12


@pytest.mark.slow
def test_at_its_usual_size_the_figures_are_within_a_point(tmp_path: Path) -> None:
    settings = home(tmp_path)
    store = open_store(settings.database_url)
    demo.load(settings, store, until=UNTIL, now=NOW)
    found = reader(settings, store)
    by_route = compare(found, request("csat_index"))
    assert by_route.groups["self_service_first"].value == pytest.approx(56, abs=1)
    assert by_route.groups["direct"].value == pytest.approx(66, abs=1)
    by_partner = {value.dims["partner"]: value for value in found.show(["csat_index"], by=["partner"])}
    best, worst = by_partner.pop("Fjordsvar Demo"), by_partner.pop("Myrtun Demo")
    assert all((best.low or 0) > (other.value or 0) for other in by_partner.values())
    assert all((worst.high or 100) < (other.value or 0) for other in by_partner.values())
    store.close()


# The real path


def test_every_contact_has_one_decision_and_they_add_up(loaded: Loaded) -> None:
    with loaded.store.read() as connection:
        states = Counter(connection.scalars(select(decision.c.state)))
        reasons = Counter(connection.scalars(select(decision.c.reason)))
        surveys = connection.scalar(select(func.count()).select_from(survey))
    assert states["asked"] + states["skipped"] == sum(states.values()) == loaded.summary.contacts
    assert states["asked"] == surveys == loaded.summary.asked
    assert reasons.keys() >= {"asked", "recently_asked", "no_number", "not_answered", "invalid_number"}


def test_no_number_is_asked_twice_in_24_hours_and_none_belongs_to_anybody(loaded: Loaded) -> None:
    sent: dict[str, list[int]] = defaultdict(list)
    with loaded.store.read() as connection:
        opened = select(survey.c.phone, survey.c.opened_at).order_by(survey.c.opened_at)
        for phone, at in connection.execute(opened):
            sent[phone].append(at)
    assert all(FICTITIOUS.fullmatch(phone) for phone in sent)
    gaps = [later - sooner for times in sent.values() for sooner, later in pairwise(times)]
    assert gaps
    assert min(gaps) >= 86_400


def test_every_reply_is_read_and_most_scores_are_understood(loaded: Loaded) -> None:
    with loaded.store.read() as connection:
        kinds = Counter(connection.scalars(select(reply.c.kind)))
        unread = connection.scalar(select(func.count()).where(reply.c.read_at.is_(None)))
        most = max(Counter(connection.scalars(select(message.c.contact_id))).values())
    assert unread == 0
    assert sum(kinds.values()) == loaded.summary.replies
    assert kinds["score"] > 500
    assert kinds["opt_out"] > 0
    assert most == 3


# The same every time


@pytest.mark.slow
def test_the_same_seed_and_last_day_give_the_same_metrics(tmp_path: Path) -> None:
    names = ["csat", "response_rate", "survey_coverage", "handling_time", "hit_rate", "self_service_first"]
    shown = []
    for folder in ("one", "another"):
        settings = home(tmp_path / folder)
        store = open_store(settings.database_url)
        load_small(settings, store)
        shown.append(reader(settings, store).show(names, by=["partner"]))
        store.close()
    assert shown[0] == shown[1]


def test_loading_again_changes_nothing_and_other_arguments_are_refused(
    demo_settings: Settings, demo_store: Store
) -> None:
    assert not demo.is_loaded(demo_settings)
    first = load_small(demo_settings, demo_store)
    assert load_small(demo_settings, demo_store) == first
    assert demo.is_loaded(demo_settings)
    with pytest.raises(demo.DemoError, match="already"):
        load_small(demo_settings, demo_store, seed=4)
    with demo_store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(decision)) == 150


def test_it_loads_on_both_databases(demo_settings: Settings, store: Store) -> None:
    summary = load_small(demo_settings, store)
    assert demo.is_loaded(store)
    assert summary.contacts == 150
    assert summary.asked > 80
    assert "fictitious" in summary.note


def test_of_a_day_that_is_not_over_only_the_past_comes_in(demo_settings: Settings, demo_store: Store) -> None:
    noon = datetime(2026, 11, 14, 11, tzinfo=UTC)
    heard: list[tuple[int, int, str]] = []
    summary = load_small(demo_settings, demo_store, now=noon, progress=lambda *said: heard.append(said))
    with demo_store.read() as connection:
        for column in (
            decision.c.created_at,
            message.c.created_at,
            reply.c.received_at,
            record.c.received_at,
        ):
            assert (connection.scalar(select(func.max(column))) or 0) <= noon.timestamp()
    assert 0 < summary.contacts < 150
    done, total, text = heard[-1]
    assert done == total == summary.contacts
    assert text.startswith("Demonstration")


# Safety


def test_it_refuses_where_no_demonstration_is_meant(settings: Settings, sqlite_store: Store) -> None:
    with pytest.raises(demo.DemoError, match="SVAR_DEMO"):
        load_small(settings, sqlite_store)
    with sqlite_store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(record)) == 0


def _real_contact(settings: Settings, store: Store) -> None:
    intake.accept(store, settings, "contact", [{"contact_id": "c-1", "ended_at": NOW.isoformat()}], NOW)


def _live_contact(settings: Settings, store: Store) -> None:
    item = {"contact_id": "DEMO-L1", "ended_at": NOW.isoformat()}
    intake.accept(store, settings, "contact", [item], NOW)


def _imported_file(settings: Settings, store: Store) -> None:
    folder = settings.lake_path / "log" / "contact"
    folder.mkdir(parents=True)
    (folder / "0001.parquet").write_bytes(b"")


@pytest.mark.parametrize(
    ("put", "why"),
    [
        (_real_contact, "not the demonstration's"),
        (_live_contact, "before any history"),
        (_imported_file, "not the demonstration's"),
    ],
)
def test_it_refuses_a_home_that_holds_anything_else(
    put: Callable[[Settings, Store], None], why: str, demo_settings: Settings, demo_store: Store
) -> None:
    put(demo_settings, demo_store)
    with pytest.raises(demo.DemoError, match=why):
        load_small(demo_settings, demo_store)
    assert not demo.is_loaded(demo_store)


@pytest.mark.slow
def test_an_interrupted_load_is_started_anew(
    demo_settings: Settings, demo_store: Store, tmp_path: Path
) -> None:
    def interrupt(done: int, _total: int, _text: str) -> None:
        if done > 70:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_small(demo_settings, demo_store, progress=interrupt)
    assert not demo.is_loaded(demo_store)
    refresh(demo_settings, demo_store, NOW)  # an app that was started in between

    again = load_small(demo_settings, demo_store)
    untouched = home(tmp_path / "untouched")
    store = open_store(untouched.database_url)
    assert again == load_small(untouched, store)
    names = ["csat", "response_rate", "hit_rate", "handling_time"]
    assert reader(demo_settings, demo_store).show(names) == reader(untouched, store).show(names)
    store.close()


@pytest.mark.parametrize(("contacts", "days"), [(19, 8), (20, 7), (900_000, 90)])
def test_a_size_that_cannot_be_drawn_is_refused_and_leaves_nothing(
    contacts: int, days: int, demo_settings: Settings, demo_store: Store
) -> None:
    with pytest.raises(demo.DemoError, match=r"at least 20|used up"):
        demo.load(demo_settings, demo_store, contacts=contacts, days=days, until=UNTIL, now=NOW)
    assert marker.state(demo_store) == {}


def test_two_loads_at_once_are_one_too_many(demo_settings: Settings, demo_store: Store) -> None:
    with marker.locked(demo_settings), pytest.raises(demo.DemoError, match="another process"):
        load_small(demo_settings, demo_store)
    assert load_small(demo_settings, demo_store).contacts == 150


def test_with_quiet_hours_nobody_is_disturbed_at_night(demo_settings: Settings, demo_store: Store) -> None:
    careful = demo_settings.model_copy(update={"quiet_hours": "20:00-10:00"})
    load_small(careful, demo_store)
    with demo_store.read() as connection:
        opened = connection.scalars(select(survey.c.opened_at)).all()
    hours = {datetime.fromtimestamp(at, careful.zone).hour for at in opened}
    assert hours <= set(range(10, 20))
    assert len(opened) > 80


def test_the_summary_tells_what_happened_in_the_period(loaded: Loaded) -> None:
    assert loaded.summary == replace(loaded.summary, first_day="2026-11-05", last_day="2026-11-14")
    launched = date.fromisoformat(loaded.summary.launched)
    assert UNTIL - timedelta(days=9) < launched < UNTIL
    told = str(loaded.summary)
    assert told.startswith("Demonstration")
    assert all(word in told for word in ("2,200 contacts", "2026-11-14", world.STORY.measure_topic))
