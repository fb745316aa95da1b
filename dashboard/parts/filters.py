"""The slim row of filters, and its copy in the page's address, so that a view can be shared.

Codes stand in the address, never words, so that a link works in both languages. What the address asks
for and the viewer's data does not hold is ignored: a partner cannot even name another partner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from texts.formats import Formats
from texts.words import Words

PERIODS = ("7", "28", "90", "month", "all", "custom")
DEFAULT_PERIOD = "28"
DAYS_SHOWN = 62
_CHOSEN = "svar-chosen"
WIDTH, WIDEST = 168, 300  # pixels: two of the narrow ones beside each other on a phone of 390
DIMENSIONS = ("partner", "channel", "topic")


@dataclass(frozen=True)
class Choices:
    """What there is to choose from: days with contacts, and the names of each dimension."""

    days: tuple[date, date] | None
    members: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Filters:
    """What part of the data a page shows. ``start`` and ``end`` are local days, both included."""

    start: date
    end: date
    partner: str = ""
    channel: str = ""
    topic: str = ""
    growing: bool = False  # from a fixed start, up to the last day there is: looked at again and again

    @property
    def long(self) -> bool:
        """Beyond two months single days are but noise."""
        return (self.end - self.start).days >= DAYS_SHOWN

    @property
    def where(self) -> dict[str, list[str]]:
        return {name: [value] for name in DIMENSIONS if (value := getattr(self, name))}


def width_of(labels: Iterable[str]) -> int:
    """Pixels of a select box in which the longest of its labels can be read to the end."""
    longest = max((len(label) for label in labels), default=0)
    return min(max(WIDTH, 60 + round(7.6 * longest)), WIDEST)


def period_days(code: str, first: date, last: date) -> tuple[date, date]:
    """The days a period code stands for. Periods end with the last day there is data for."""
    if code == "all":
        return first, last
    if code == "month":
        return max(first, last.replace(day=1)), last
    return max(first, last - timedelta(days=int(code) - 1)), last


def grows(code: str, end: date, last: date) -> bool:
    """Whether a period has a fixed start and is not over: then its intervals allow for repeated looks. The
    latest days of a rolling window are a snapshot."""
    return code in {"month", "all"} or (code == "custom" and end >= last)


def filter_row(
    choices: Choices, words: Words, formats: Formats, names: Sequence[str] = DIMENSIONS
) -> Filters | None:
    """Draw the row and return what is chosen; None where there is no data at all."""
    if choices.days is None:
        return None
    with st.container(key="svar-filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        start, end = _period(choices.days, words, formats)
        period = st.session_state["svar-period"]
        chosen = {name: _dimension(name, choices.members[name], words) for name in names}
    custom = st.session_state["svar-period"] == "custom"
    _remember(
        {
            "period": st.session_state["svar-period"],
            **chosen,
            "from": start.isoformat() if custom else "",
            "to": end.isoformat() if custom else "",
        }
    )
    return Filters(start, end, **chosen, growing=grows(period, end, choices.days[1]))


def _period(days: tuple[date, date], words: Words, formats: Formats) -> tuple[date, date]:
    first, last = days
    _begin_with_address("period", PERIODS, DEFAULT_PERIOD)
    code = st.selectbox(
        words("filter.period"),
        PERIODS,
        key="svar-period",
        format_func=lambda code: words.named("period", code),
        label_visibility="collapsed",
        width=WIDTH,
    )
    if code != "custom":
        return period_days(code, first, last)
    usual = _asked_days() or period_days(DEFAULT_PERIOD, first, last)
    st.session_state["svar-days"] = st.session_state.get("svar-days", usual)
    picked = st.date_input(
        words("filter.days"),
        key="svar-days",
        format=formats.date_input,
        label_visibility="collapsed",
        width=WIDTH + 60,
    )
    # While the second day is being picked there is only one.
    chosen = list(picked) if isinstance(picked, tuple | list) else [picked]
    return (chosen[0], chosen[-1]) if chosen else (first, last)


def _dimension(name: str, members: Sequence[str], words: Words) -> str:
    if name == "partner" and len(members) <= 1:
        return ""
    options = ["", *members]
    key = f"svar-{name}"
    _begin_with_address(name, options, "")
    labels = {code: words.named(name, code) if code else words(f"filter.all_{name}") for code in options}
    chosen: str = st.selectbox(
        words(f"filter.{name}"),
        options,
        key=key,
        format_func=labels.__getitem__,
        label_visibility="collapsed",
        width=width_of(labels.values()),
    )
    return chosen


def _begin_with_address(name: str, options: Sequence[str], default: str) -> None:
    key = f"svar-{name}"
    asked = st.session_state.get(key, _asked().get(name, default))
    # Always assigned: on another page it is another widget, which would begin with its first option.
    st.session_state[key] = asked if asked in options else default


def _asked() -> Mapping[str, str]:
    """On a session's first look the address; after that what was chosen last, on whichever page.

    The widgets themselves forget when the viewer goes to another page.
    """
    chosen: Mapping[str, str] = st.session_state.get(_CHOSEN, st.query_params)
    return chosen


def _asked_days() -> tuple[date, date] | None:
    try:
        start, end = (date.fromisoformat(_asked()[name]) for name in ("from", "to"))
    except (KeyError, ValueError):
        return None
    return (start, end) if start <= end else None


def _remember(chosen: dict[str, str]) -> None:
    """For the next page, and in the address, where what is usual is left out."""
    st.session_state[_CHOSEN] = st.session_state.get(_CHOSEN, {}) | chosen
    usual = {"period": DEFAULT_PERIOD}
    for name, value in chosen.items():
        if value == usual.get(name, ""):
            if name in st.query_params:
                del st.query_params[name]
        elif st.query_params.get(name) != value:
            st.query_params[name] = value
