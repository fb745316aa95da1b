"""Setting a target on the page, and withdrawing one: checked as the API checks it, kept as the API keeps it,
and written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from typing import Any

import streamlit as st

from dashboard import context, queries
from dashboard.actor import doer
from dashboard.frame import Frame
from dashboard.parts.filters import DIMENSIONS
from data.api.intake import accept
from metrics.analysis.targets import LEVEL_WEEKS, Goal, forecastable, goals
from metrics.catalog import catalog
from metrics.catalog.catalog import Metric
from store.deeds import note_down
from store.initiatives import new_id
from texts.words import Words

SUBJECT = "target"  # of what is written down
USUAL = timedelta(weeks=13)  # until the date, where nobody says otherwise
# What a number is typed in, where that is not the metric's own unit: per cent.
PER_CENT = 100.0


def may_set(frame: Frame) -> bool:
    """Who sees but one partner's figures sets no targets."""
    return frame.viewer.partner is None


def withdrawing(goal: Goal, frame: Frame) -> None:
    """The button that takes a target off the page, for those who may set one."""
    say = frame.words
    if not may_set(frame) or not st.button(say("targets.withdraw"), key=f"svar-withdraw-{goal.target_id}"):
        return
    item = {name: value for name, value in asdict(goal).items() if value not in (None, "", ())}
    item |= {"filters": dict(goal.filters), "by": goal.by.isoformat(), "withdrawn": True}
    if goal.start is not None:
        item["start"] = goal.start.isoformat()
    if _keep(item, "withdrawn", frame):
        st.rerun()
    st.warning(say("targets.refused"))


def show(version: str, frame: Frame) -> None:
    """The form."""
    if not may_set(frame):
        return
    say = frame.words
    members = queries.choices(version, frame.viewer.scope).members
    entries = {name: e for name, e in catalog.metrics().items() if e.adds_up and forecastable(e)}
    with st.expander(say("targets.new"), icon=":material/add:"):
        name = st.selectbox(
            say("targets.what"),
            list(entries),
            format_func=lambda name: entries[name].name[frame.language],
            key="svar-target-metric",
        )
        metric = entries[name]
        with st.form("svar-new-target", border=False, clear_on_submit=True):
            cuts = [dim for dim in DIMENSIONS if dim in metric.dims and members.get(dim)]
            where: dict[str, str] = {}
            for dim, column in zip(cuts, st.columns(max(len(cuts), 1), gap="small"), strict=False):
                chosen = column.selectbox(
                    say(f"filter.{dim}"),
                    ["", *members[dim]],
                    format_func=partial(_named, dim, say),
                    key=f"svar-target-{dim}",
                )
                where |= {dim: chosen} if chosen else {}
            number, day, owner = _numbers(metric, frame)
            if not st.form_submit_button(say("targets.set")):
                return
        if number is None or not owner.strip():
            st.warning(say("targets.incomplete"))
            return
        if _state(metric, where, (number, day, owner.strip()), frame):
            st.rerun()
        st.warning(say("targets.refused"))


def _named(dim: str, say: Words, value: str) -> str:
    return say.named(dim, value) if value else say(f"filter.all_{dim}")


def _numbers(metric: Metric, frame: Frame) -> tuple[float | None, date, str]:
    """The value (in the metric's unit), the date and the owner, as typed."""
    say = frame.words
    left, middle, right = st.columns(3, gap="small", vertical_alignment="bottom")
    unit = say(f"targets.unit_{metric.unit}")
    label = say("targets.value", unit=unit)
    typed = left.number_input(label, value=None, min_value=0.0, key="svar-target-value")
    day = middle.date_input(
        say("targets.by"),
        context.today() + USUAL,
        min_value=context.today() + timedelta(days=1),
        format=frame.formats.date_input,
        key="svar-target-by",
    )
    owner = right.text_input(say("targets.owner"), max_chars=80, key="svar-target-owner")
    value = typed / PER_CENT if typed is not None and metric.unit == "share" else typed
    return value, day, owner


def _state(metric: Metric, where: Mapping[str, str], stated: tuple[float, date, str], frame: Frame) -> bool:
    """Keep the target, with the level of the last weeks as where it began; False where it is refused."""
    number, day, owner = stated
    reader, today = context.reader(frame.viewer.scope), context.today()
    filters = {dim: [value] for dim, value in where.items()}
    first = today - timedelta(weeks=LEVEL_WEEKS)
    values = reader.show([metric.id], (), filters, first, today - timedelta(days=1))
    known = [goal.target_id for goal in goals(context.settings(), frame.viewer.scope)]
    item = {
        "target_id": new_id(" ".join([metric.id, *where.values()]), known),
        "metric": metric.id,
        "target": round(number, 6),
        "by": day.isoformat(),
        "start": today.isoformat(),
        "owner": owner,
    }
    if where:
        item["filters"] = dict(where)
    if values and values[0].value is not None:
        item["baseline"] = round(values[0].value, 6)
    return _keep(item, "stated", frame)


def _keep(item: Mapping[str, Any], what: str, frame: Frame) -> bool:
    """A target as it is now told, with who did what to it; False where it is refused."""
    store, now = context.store(), context.now()
    (answer,) = accept(store, context.settings(), SUBJECT, [item], now, source="hand")
    if answer.status == "rejected":
        return False
    with store.write() as connection:
        note_down(connection, SUBJECT, answer.id, what, who=doer(frame), now=now)
    return True
