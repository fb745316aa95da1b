"""When a contact of a stranger's file was offered, answered and ended, as a proposal tells it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from data.dating import Moment, exists, gaps, ordered
from data.noticing import quoted
from data.sampling import Column

NEARLY_ALL = 0.99  # of the rows
ONE_CONTACT = timedelta(hours=4)  # from beginning to end; what takes longer is a case
DURATIONS = ("wait_s", "talk_s", "hold_s", "wrap_s", "handling_s")


class Timing:
    """Adds the times to what a proposal has found: ``lines``, ``found`` and ``told`` (doubts) by field."""

    def __init__(
        self,
        found: dict[str, Column],
        lines: dict[str, str],
        told: dict[str, list[str]],
        doubts: list[str],
        zone: ZoneInfo,
    ) -> None:
        self.found, self.lines, self.told, self.doubts, self.zone = found, lines, told, doubts, zone
        self.elsewhere = False  # times that this zone does not have

    def tell(self, times: list[Moment]) -> None:
        by_role: dict[str, list[Moment]] = defaultdict(list)
        for each in sorted(times, key=lambda each: (-round(each.filled, 2), not each.has_clock)):
            by_role[each.role].append(each)
        ended, answered = (next(iter(by_role[role]), None) for role in ("ended", "answered"))
        begun = next(iter(by_role["offered"] + by_role["plain"]), None)
        durations = [name for name in DURATIONS if name in self.found and self.found[name].filled > 0.5]
        if ended and self._is_end(ended, begun):
            self._set("ended_at", [ended])
            self._parts(begun, answered, ended)
        elif begun and begun.has_clock and durations and (begun.role == "offered" or "wait_s" in durations):
            self._add_up(begun, durations)
        elif begun and begun.filled >= NEARLY_ALL:
            self._set("ended_at", [begun])
            self.told["ended_at"].append(f"Is {' + '.join(begun.names)} when the contact ended?")
        elif times:
            fullest = [each for each in (ended, answered, begun, *by_role["beside"]) if each is not None]
            self._set("ended_at", fullest)
            self.told["ended_at"].append("No time is given in every row: the first that is given counts.")
        else:
            self.told["ended_at"].append(
                "ended_at is required and no column looks like a time. If the file has none, give all its "
                'rows one day: ended_at = { constant = "2026-01-31" }'
            )
        self._drop_waiting()

    def _is_end(self, ended: Moment, begun: Moment | None) -> bool:
        if ended.filled < NEARLY_ALL or not ended.has_clock:
            return False
        if begun is None or not begun.has_clock:
            return True
        found = sorted(gaps(begun, ended))
        return not found or (ordered(begun, ended) and found[len(found) // 2] <= ONE_CONTACT)

    def _parts(self, begun: Moment | None, answered: Moment | None, ended: Moment) -> None:
        """When it was offered and answered: only together, as one alone would say that nobody answered."""
        if begun is None or not begun.has_clock:
            return
        if answered is not None and answered.has_clock:
            if ordered(begun, answered, ended):
                self._set("offered_at", [begun])
                self._set("answered_at", [answered])
            else:
                self.told["ended_at"].append(
                    f"{' + '.join(answered.names)} does not always lie between {' + '.join(begun.names)} and "
                    f"{' + '.join(ended.names)}: offered_at and answered_at were left out."
                )
        elif "wait_s" in self.lines:
            self._set("offered_at", [begun])
            self._set("answered_at", [begun], [self.lines["wait_s"]])

    def _add_up(self, begun: Moment, durations: list[str]) -> None:
        work = ["handling_s"] if "handling_s" in durations else [d for d in durations if d != "wait_s"]
        self._set("ended_at", [begun], [self.lines[name] for name in ("wait_s", *work) if name in self.lines])
        self.told["ended_at"].append(
            f"{' + '.join(begun.names)} is taken as when the contact began; durations are added to it."
        )
        if "wait_s" in self.lines:
            self._set("offered_at", [begun])
            self._set("answered_at", [begun], [self.lines["wait_s"]])

    def _drop_waiting(self) -> None:
        # It is no field: it is told by when the contact was answered.
        if self.lines.pop("wait_s", None) and "answered_at" not in self.lines:
            name = self.found["wait_s"].name
            self.told["answered_at"].append(
                f"{name} tells how long customers waited, but not when that began: it was left out."
            )
        self.told["answered_at"] += self.told.pop("wait_s", [])

    def _place(self, moment: Moment) -> None:
        """Times in the hour that the zone leaves out in spring were told by another clock."""
        strange = [
            time for time in moment.times if time and time.tzinfo is None and not exists(time, self.zone)
        ]
        if strange and not self.elsewhere:
            self.elsewhere = True
            self.doubts.append(
                f"{strange[0]} never was in {self.zone}: the file comes from another time zone. UTC is "
                "assumed, in which every time exists; write the file's own."
            )

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
        if plus:
            parts["plus"] = f"[{', '.join(plus)}]"
        alone = len(parts) == 1 and "column" in parts and len(names) == 1
        self.lines[name] = (
            listed if alone else "{ " + ", ".join(f"{key} = {value}" for key, value in parts.items()) + " }"
        )
        self.found[name] = first.columns[0]

    def _formats(self, name: str, moment: Moment) -> list[str]:
        sample = next((text for text in moment.texts if text), "")
        if not moment.formats:
            self.told[name].append(f"The format of {sample!r} was not recognised; declare it.")
            return []
        if len(moment.formats) == 1:
            if odd := moment.unread:
                doubt = f"{', '.join(map(repr, odd[:3]))} cannot be read as {' or '.join(moment.formats[0])}."
                self._tell_once(name, doubt)
            if moment.formats[0][0] in {"excel", "epoch", "epoch_ms", "%y%m%d", "%Y%m%d"}:
                self.told[name].append(f"{sample} is taken to be written as {moment.formats[0][0]}.")
            return moment.formats[0]
        shown = " or ".join(f"format = {_toml_list(each)}" for each in moment.formats)
        doubt = f"{sample!r} can be read in two ways; declare {shown}."
        self._tell_once(name, doubt)
        return []

    def _tell_once(self, name: str, doubt: str) -> None:
        if all(doubt not in each for each in self.told.values()):
            self.told[name].append(doubt)


def _toml_list(formats: list[str]) -> str:
    return quoted(formats[0]) if len(formats) == 1 else f"[{', '.join(map(quoted, formats))}]"
