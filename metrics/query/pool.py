"""Opening a reader: one for each lake and scope, shared by all viewers until a newer version is published."""

from __future__ import annotations

import threading
from collections import OrderedDict

from lake.manifest import Lake
from metrics.query.reader import Reader
from metrics.query.scope import Room, Scope
from settings import Settings

# Databases kept open: one for each scope that somebody looks through.
ROOMS = 8
# A version may be overtaken, and its files swept, between reading its name and opening it.
ATTEMPTS = 3
THRESHOLDS = ("satisfied_from", "top_box_from", "dissatisfied_to", "answer_window_h")


class _Readers:
    """The newest reader of each lake and scope, and the databases they stand on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Scope], tuple[Room, Reader]] = OrderedDict()

    def open(self, settings: Settings, scope: Scope) -> Reader:
        with self._lock:
            for attempt in range(ATTEMPTS):
                try:
                    return self._open(settings, scope)
                except OSError:
                    if attempt == ATTEMPTS - 1:
                        raise
        raise AssertionError("the loop returns or raises")

    def _open(self, settings: Settings, scope: Scope) -> Reader:
        lake = Lake(settings.lake_path)
        key = (str(lake.path), scope)
        thresholds = {name: getattr(settings, name) for name in THRESHOLDS}
        version = lake.version()
        room, reader = self._kept.get(key, (None, None))
        if reader is None or reader.version != version.name or reader.settings != thresholds:
            if room is None or not room.serves(version):
                room = Room(lake, version, scope)
            reader = Reader(room, version, thresholds)
            self._kept[key] = (room, reader)
        self._kept.move_to_end(key)
        while len(self._kept) > ROOMS:
            self._kept.popitem(last=False)
        return reader


_readers = _Readers()


def open_reader(settings: Settings, scope: Scope) -> Reader:
    """A reader of the published version for a scope; the same one until a newer version is published."""
    return _readers.open(settings, scope)
