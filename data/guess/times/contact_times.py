"""When a contact of a stranger's file was offered, answered and ended, as a proposal tells it."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.files.mapping import BadUse
from data.files.profile import Column
from data.files.swapped_dates import swap_of
from data.guess.times.clocks import added, is_clock
from data.guess.times.formats import alternatives, clock_format, clock_of, days_of_midnights
from data.guess.times.times import Moment, exists, gaps, ordered, parts
from data.guess.times.zones import zone_of
from data.guess.values import A_FEW, SLIPS, quoted
from texts.messages import Said, quotes, say

NEARLY_ALL = 0.99  # of the rows
ONE_CONTACT = timedelta(hours=4)  # from beginning to end; what takes longer is a case
A_DAY = timedelta(days=1)
A_SHIFT = timedelta(hours=12)  # in which every contact of one clock ends by another
SOON = timedelta(minutes=10)  # in which most calls are answered
SELDOM = 0.2  # of the rows: those who gave up have no durations, and they may be many
_OFFSET = re.compile(r"(Z|UTC|[+-]\d\d:?\d\d)$")
DURATIONS = ("wait_s", "talk_s", "hold_s", "wrap_s", "handling_s")


class Timing:
    """Adds the times to what a proposal has found: ``lines``, ``found`` and ``told`` (doubts) by field."""

    def __init__(
        self,
        found: dict[str, Column],
        lines: dict[str, str],
        told: dict[str, list[Said]],
        doubts: list[Said],
        zone: ZoneInfo,
    ) -> None:
        self.found, self.lines, self.told, self.doubts, self.zone = found, lines, told, doubts, zone
        self.elsewhere = False  # times that this zone does not have

    def tell(self, times: list[Moment], columns: list[Column]) -> None:
        """Times of the file, and its columns that are nothing yet."""
        by_role: dict[str, list[Moment]] = defaultdict(list)
        for each in sorted(times, key=lambda each: (-round(each.filled, 2), not each.has_clock)):
            by_role[each.role].append(each)
        ended, answered = (next(iter(by_role[role]), None) for role in ("ended", "answered"))
        begun = next(iter(by_role["offered"] + by_role["plain"]), None)
        durations = [name for name in DURATIONS if name in self.found and self.found[name].filled > SELDOM]
        told = begun is not None and begun.to_the_minute and len(durations) > 1 and "wait_s" in durations
        own = next((each for each in times if each.columns[0].is_called("ended_at")), None)
        if own or (ended and not told and begun and self._clocks(begun, answered, ended)):
            if own:
                self._set("ended_at", [own])
                self._parts(begun if begun is not own else None, answered, own)
        elif ended and self._is_end(ended, begun) and not told:
            self._set("ended_at", [ended])
            self._parts(begun, answered, ended)
        elif begun and begun.has_clock and durations and (begun.role == "offered" or "wait_s" in durations):
            self._add_up(begun, durations)
        elif begun and answered and not ended and self._is_soon(begun, answered):
            for name, when in (("ended_at", answered), ("offered_at", begun), ("answered_at", answered)):
                self._set(name, [when])
            self._tell("ended_at", "only_answered", column=answered.called)
        elif begun and _is_full(begun):
            self._set("ended_at", [begun])
            self._tell("ended_at", "ended", column=begun.called)
        elif any((ended, answered, begun, by_role["beside"])):
            self._whatever([each for each in (ended, answered, begun) if each], by_role["beside"])
        else:
            self._no_time(columns)
        self._drop_waiting()
        scored = next((each for each in times if each.columns[0].is_called("score_at")), None)
        if scored and "score" in self.lines:
            self._set("score_at", [scored])

    def _clocks(self, begun: Moment, answered: Moment | None, ended: Moment) -> bool:
        """Take times of day beside one date: what is earlier than the beginning is of the next day."""
        if not _beside_one_date(begun, ended):
            return False
        lasting = self._from_clock(begun, ended)
        if lasting is None:
            return False
        self._set("ended_at", [begun], [lasting])
        first, last = begun.names[-1], ended.names[-1]
        if any(gap < timedelta(0) for gap in gaps(begun, ended)):
            self._tell("ended_at", "past_midnight", first=first, last=last)
        work = lasting
        waiting = self.lines.get("wait_s")
        if answered and _beside_one_date(begun, answered):
            waiting = self._from_clock(begun, answered)
            work = self._from_clock(answered, ended) or work
        if waiting:
            self._set("offered_at", [begun])
            self._set("answered_at", [begun], [waiting])
        if not {"talk_s", "handling_s"} & self.lines.keys():
            self.lines["handling_s"] = work
            start = answered.names[-1] if answered and work != lasting else first
            self._tell("handling_s", "from_to", first=start, last=last)
        return True

    def _from_clock(self, start: Moment, end: Moment) -> str | None:
        """The duration in TOML from one clock to another, past midnight or not; None where it is none."""
        found = sorted(gap % A_DAY for gap in gaps(start, end))
        if not found or found[len(found) // 2] > ONE_CONTACT:
            return None
        if sum(gap <= A_SHIFT for gap in found) < NEARLY_ALL * len(found):
            return None
        clocks = [clock_format(moment.columns[-1].texts) for moment in (start, end)]
        if None in clocks:
            return None
        names = f"{quoted(start.names[-1])}, {quoted(end.names[-1])}"
        return f"{{ between = [{names}], format = {_toml_list([*dict.fromkeys(map(str, clocks))])} }}"

    def _whatever(self, own: list[Moment], beside: list[Moment]) -> None:
        """The first that is given of the times that nearly all rows have between them."""
        given: list[Moment] = []
        rows = len((own + beside)[0].texts)
        left = set(range(rows))
        for each in own + beside:
            if len(left) > (1 - NEARLY_ALL) * rows or not given:
                given.append(each.day)
                if each in beside and own:
                    percent = max(1, round(100 * len(left) / rows))
                    self._tell("ended_at", "stand_in", percent=percent, column=each.called)
                left -= {row for row, text in enumerate(each.texts) if text}
        self._set("ended_at", given)
        if left:
            self._tell("ended_at", "untimed", percent=max(1, round(100 * len(left) / rows)))
        if len(given) > 1:
            self._tell("ended_at", "no_full_time")
        else:
            self._tell("ended_at", "ended", column=given[0].called)

    def _is_end(self, ended: Moment, begun: Moment | None) -> bool:
        if not _is_full(ended) or not ended.has_clock:
            return False
        if begun is None or not begun.has_clock:
            return True
        found = sorted(gaps(begun, ended))
        return not found or (ordered(begun, ended) and found[len(found) // 2] <= ONE_CONTACT)

    def _is_soon(self, begun: Moment, answered: Moment) -> bool:
        """Whether every contact was answered, as calls are: in minutes."""
        respond = re.search(r"(?i)respo|respue|repon|répon", answered.called)  # to a ticket
        if respond or min(begun.filled, answered.filled) < 1 or not (begun.has_clock and answered.has_clock):
            return False
        found = sorted(gaps(begun, answered))
        return bool(found) and found[0] >= timedelta(0) and found[len(found) // 2] <= SOON

    def _parts(self, begun: Moment | None, answered: Moment | None, ended: Moment) -> None:
        """When it was offered and answered: only together, as one alone would say that nobody answered."""
        if begun is None or not begun.has_clock:
            return
        if answered is not None and answered.has_clock:
            if ordered(begun, answered, ended):
                self._set("offered_at", [begun])
                self._set("answered_at", [answered])
                self._between(answered, ended)
            else:
                names = {"column": answered.called, "first": begun.called, "last": ended.called}
                self._tell("ended_at", "not_between", **names)
        elif "wait_s" in self.lines:
            self._set("offered_at", [begun])
            self._set("answered_at", [begun], [self.lines["wait_s"]])
        else:
            self._between(begun, ended)

    def _between(self, start: Moment, end: Moment) -> None:
        """Where no duration is told, work lasted from one time to the other."""
        if start.missing or end.missing:
            return  # an unset time would be read as one, and its row be rejected
        told = {"talk_s", "handling_s"} & self.lines.keys() or start.clock or end.clock
        if told or len(start.formats) != 1 or len(end.formats) != 1 or len(start.columns) != len(end.columns):
            return
        lasting = gaps(start, end)
        if sum(not timedelta(0) <= gap <= A_DAY for gap in lasting) > SLIPS * len(lasting):
            return  # what takes longer is no work, and its rows would be rejected
        formats = [*dict.fromkeys([*start.formats[0], *end.formats[0]])]
        if len(start.columns) > 1:  # the date is the same: what differs is the time of day
            formats = [*dict.fromkeys(map(clock_of, formats))]
        names = [start.names[-1], end.names[-1]]
        written = "" if formats == ["iso"] else f", format = {_toml_list(formats)}"
        self.lines["handling_s"] = f"{{ between = [{', '.join(map(quoted, names))}]{written} }}"
        self._tell("handling_s", "from_to", first=names[0], last=names[1])

    def _add_up(self, begun: Moment, durations: list[str]) -> None:
        work = ["handling_s"] if "handling_s" in durations else [d for d in durations if d != "wait_s"]
        self._set("ended_at", [begun], [self.lines[name] for name in ("wait_s", *work) if name in self.lines])
        self._tell("ended_at", "begun", column=begun.called)
        if "wait_s" in self.lines:
            self._set("offered_at", [begun])
            self._set("answered_at", [begun], [self.lines["wait_s"]])

    def _drop_waiting(self) -> None:
        # It is no field: it is told by when the contact was answered.
        line, doubts = self.lines.pop("wait_s", ""), self.told.pop("wait_s", [])
        if line and line in self.lines.get("answered_at", ""):
            self.told["answered_at"] += doubts
        elif line and "answered_at" not in self.lines.keys() | self.told.keys():
            self._tell("answered_at", "lone_wait", column=self.found["wait_s"].name)

    def _place(self, moment: Moment) -> None:
        """Times in the hour that the zone leaves out in spring were told by another clock."""
        local = moment.number_format in {"", "excel"}
        strange = [
            time
            for text, time in zip(moment.texts, moment.times, strict=True)
            if time and local and not _OFFSET.search(text) and not exists(time, self.zone)
        ]
        if strange and not self.elsewhere:
            self.elsewhere = True
            self.doubts.append(say("doubt.elsewhere", time=str(strange[0]), zone=str(self.zone)))

    def _set(self, name: str, given: list[Moment], plus: list[str] | None = None) -> None:
        first = given[0]
        for moment in given:
            self._place(moment)
        names = [*dict.fromkeys(each for moment in given for each in moment.names)]
        listed = quoted(names[0]) if len(names) == 1 else f"[{', '.join(map(quoted, names))}]"
        parts = {"column" if len(given) == 1 else "first_of": listed}
        formats = [*dict.fromkeys(each for moment in given for each in self._formats(name, moment))]
        if formats and formats != ["iso"]:
            parts["format"] = (
                quoted(formats[0]) if len(formats) == 1 else f"[{', '.join(map(quoted, formats))}]"
            )
        if zone := self._zone(name, given):
            parts["time_zone"] = quoted(zone)
        if missing := [*dict.fromkeys(moment.missing for moment in given if moment.missing)]:
            parts["missing"] = f"[{', '.join(map(quoted, missing))}]"
        if first.after and len(given) == 1:
            parts["after"] = quoted(first.after)
        if first.clock and len(given) == 1:
            plus = [added(first.clock), *(plus or [])]
        if plus:
            parts["plus"] = f"[{', '.join(plus)}]"
        alone = len(parts) == 1 and "column" in parts and len(names) == 1
        self.lines[name] = (
            listed if alone else "{ " + ", ".join(f"{key} = {value}" for key, value in parts.items()) + " }"
        )
        self.found[name] = first.columns[0]

    def _zone(self, name: str, given: list[Moment]) -> str:
        """The zone that the columns' names tell of times without an offset; "" where none or several do."""
        if any(_OFFSET.search(text) for moment in given for text in moment.texts if text):
            return ""
        told = {zone: each for moment in given for each in moment.names if (zone := zone_of(each))}
        if len(told) != 1:
            return ""
        ((zone, column),) = told.items()
        self._tell(name, "column_zone", column=column, zone=zone)
        return zone

    def _formats(self, name: str, moment: Moment) -> list[str]:
        sample = next((text for text in moment.texts if text), "")
        column = moment.columns[0]
        if len(moment.columns) == 1 and (swap := swap_of(column.texts)):
            about = {"column": column.name, "example": swap.example, "meant": swap.meant}
            if not swap.certain or len(moment.formats) != 1:
                raise BadUse(say("refusal.swapped", **about))
            self._tell_once(name, say("doubt.swapped", **about))
            return ["swapped", *(each for each in moment.formats[0] if each != "iso")]
        if moment.formats and moment.formats[0] == days_of_midnights(column.texts):
            self._tell(name, "midnights", field=name, example=sample)
            return moment.formats[0]
        if not moment.formats:
            self._tell(name, "unknown_format", example=sample)
            return []
        if len(moment.formats) == 1:
            if odd := moment.unread:
                self._tell_once(
                    name, say("doubt.unread", examples=quotes(odd[:3]), formats=moment.formats[0])
                )
            if moment.formats[0][0] in {"excel", "epoch", "epoch_ms", "%y%m%d", "%Y%m%d"}:
                self._tell(name, "number_format", example=sample, format=moment.formats[0][0])
            return moment.formats[0]
        ways = [f"format = {_toml_list(each)}" for each in moment.formats]
        self._tell(name, "two_ways", field=name, example=sample, ways=ways)
        return []

    def _no_time(self, columns: list[Column]) -> None:
        """What a person can write where the file has no times."""
        found = parts(columns)
        if not {"day", "month"} <= found.keys():
            clock = next((each for each in columns if each.texts and is_clock(each)), None)
            if clock:
                self._no_date(clock)
            else:
                self._tell("ended_at", "no_time")
            return
        names = [found["day"].name, found["month"].name]
        month = "%m" if found["month"].numbers else "%b"
        line = f'{{ column = [{", ".join(map(quoted, names))}], after = " 2026", format = "%d {month} %Y" }}'
        self._tell("ended_at", "no_year", columns=names, line=line)

    def _no_date(self, clock: Column) -> None:
        """What a person can write where times of the day are told and no date."""
        ways = alternatives([f"2026-01-31 {text}" for text in clock.texts])
        line = f"before = {quoted('2026-01-31 ')}, column = {quoted(clock.name)}"
        if ways and ways[0] != ["iso"]:
            line += f", format = {_toml_list(ways[0])}"
        whole = ("wait_s", "handling_s") if "handling_s" in self.lines else DURATIONS
        lasting = [self.lines[name] for name in whole if name in self.lines]
        waiting = {"offered_at": [], "answered_at": lasting[:1]} if "wait_s" in self.lines else {}
        for name, plus in ({"ended_at": lasting} | waiting).items():
            added_up = f", plus = [{', '.join(plus)}]" if plus else ""
            self._tell(name, "no_date", column=clock.name, line=f"{name} = {{ {line}{added_up} }}")

    def _tell(self, name: str, code: str, **values: Any) -> None:
        self.told[name].append(say(f"doubt.{code}", **values))

    def _tell_once(self, name: str, doubt: Said) -> None:
        if all(doubt not in each for each in self.told.values()):
            self.told[name].append(doubt)


def _is_full(moment: Moment) -> bool:
    """Whether nearly every row has the time; in a short file one may lack it, as a line of totals does."""
    blank = sum(not text for text in moment.texts)
    return blank <= max((1 - NEARLY_ALL) * len(moment.texts), 1 if len(moment.texts) >= A_FEW else 0)


def _beside_one_date(one: Moment, other: Moment) -> bool:
    """Whether two times are each a clock of its own beside the same date."""
    days = [[column.name for column in moment.columns[:-1]] for moment in (one, other)]
    clocks = [moment.columns[-1] for moment in (one, other)]
    apart = one.clock is None and other.clock is None and clocks[0].name != clocks[1].name
    return apart and bool(days[0]) and days[0] == days[1] and all(map(is_clock, clocks))


def _toml_list(formats: list[str]) -> str:
    return quoted(formats[0]) if len(formats) == 1 else f"[{', '.join(map(quoted, formats))}]"
