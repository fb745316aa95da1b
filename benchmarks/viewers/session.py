"""One open page, as a browser keeps it: Streamlit's own protocol over a websocket, without drawing.

A browser asks for the page once, asks again for every fragment that wants it every so often, and holds the
last messages so that the server need not send them twice. All of that is done here; only pixels are not.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.viewers.views import View

MAX_MESSAGE = 64 * 2**20
KEPT_RUNS = 2  # a browser forgets a message that so many drawings have not used


@dataclass
class Seen:
    """What one session met with. Moments are seconds of ``time.monotonic``."""

    counts: list[tuple[float, int]] = field(default_factory=list)  # when the count on the page became what
    drawn: list[float] = field(default_factory=list)  # how long each drawing took that the server began
    looks: list[float] = field(default_factory=list)  # from a fragment's own asking until it was answered
    bytes: int = 0

    @property
    def count(self) -> int:
        """The replies on the page now."""
        return self.counts[-1][1] if self.counts else 0

    def at_least(self, count: int) -> float | None:
        """When the page first counted so many."""
        return next((at for at, found in self.counts if found >= count), None)


class Session:
    """One viewer. ``run`` keeps the page open until it is cancelled."""

    def __init__(self, url: str, view: View) -> None:
        self.view, self.seen = view, Seen()
        self.ready = asyncio.Event()  # the page has been drawn once
        self._url = url.replace("http://", "ws://") + "/_stcore/stream"
        self._query = urlencode({"viewer": view.viewer, "lang": view.language})
        self._page_hash = ""
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._kept: dict[str, tuple[ForwardMsg, int]] = {}  # by hash, with the drawing that used it last
        self._drawings = 0
        self._asked: dict[str, float] = {}  # fragments under way, and since when
        self._began = 0.0
        self._under_way: list[str] = []  # fragments; none is the whole page

    async def run(self) -> None:
        options: dict[str, Any] = {"max_size": MAX_MESSAGE, "compression": None, "proxy": None}
        async with connect(self._url, subprotocols=[Subprotocol("streamlit")], **options) as socket:
            try:
                await self._ask(socket)
                async for frame in socket:
                    if isinstance(frame, bytes):
                        self.seen.bytes += len(frame)
                        self._take(socket, ForwardMsg.FromString(frame))
            finally:
                self._stop_timers()

    async def _ask(self, socket: ClientConnection, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_script_hash = self._page_hash
        state.page_name = "" if self._page_hash else self.view.page
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        state.cached_message_hashes.extend(self._kept)
        state.context_info.timezone = "Europe/Oslo"
        state.context_info.color_scheme = self.view.ground
        if fragment:
            self._asked.setdefault(fragment, time.monotonic())
        await socket.send(message.SerializeToString())

    def _take(self, socket: ClientConnection, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            kept, _ = self._kept[message.ref_hash]
            self._kept[message.ref_hash] = kept, self._drawings
            message, kind = kept, kept.WhichOneof("type")
        elif message.metadata.cacheable:
            self._kept[message.hash] = message, self._drawings
        if kind == "delta":
            self._read(message)
        elif kind == "new_session":
            self._begin(list(message.metadata.run.fragment_ids))
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._start_timer(socket, message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_timer(fragment)
        elif kind == "script_finished":
            self._finish(message.script_finished)

    def _begin(self, fragments: list[str]) -> None:
        self._began = time.monotonic()
        self._under_way = fragments
        if not fragments:
            self._stop_timers()
            self._asked.clear()

    def _finish(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        now = time.monotonic()
        asked = [self._asked.pop(fragment) for fragment in self._under_way if fragment in self._asked]
        self.seen.looks += [now - at for at in asked]
        if not asked:  # the server's own doing
            self.seen.drawn.append(now - self._began)
            self._drawings += 1
            oldest = self._drawings - KEPT_RUNS
            self._kept = {name: kept for name, kept in self._kept.items() if kept[1] >= oldest}
            self.ready.set()

    def _read(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        if element.WhichOneof("type") == "html":
            count = self.view.count(element.html.body)
            if count is not None and count != self.seen.count:
                self.seen.counts.append((time.monotonic(), count))

    def _start_timer(self, socket: ClientConnection, fragment: str, interval: float) -> None:
        self._stop_timer(fragment)

        async def again() -> None:
            while True:
                await asyncio.sleep(interval)
                await self._ask(socket, fragment)

        self._timers[fragment] = asyncio.create_task(again())

    def _stop_timer(self, fragment: str) -> None:
        if timer := self._timers.pop(fragment, None):
            timer.cancel()

    def _stop_timers(self) -> None:
        for fragment in list(self._timers):
            self._stop_timer(fragment)
