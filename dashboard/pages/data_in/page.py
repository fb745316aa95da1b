"""Bringing a file in: what its columns seem to be, what an import would do, and then the import."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import context, uploads
from dashboard.frame import Frame
from dashboard.pages.data_in import upload
from dashboard.parts.cards import answer, empty_state
from dashboard.parts.tables import html_table
from data.files.importer import Summary
from data.files.mapping import BadUse

_COUNTS = ("read", "accepted", "updated", "unchanged", "rejected")
_STATE = "svar-incoming"
FAULTS = 20  # shown of what is wrong


def show(frame: Frame) -> None:
    say = frame.words
    st.title(say("data_in.title"), anchor=False)
    demo = context.settings().demo
    st.html(answer(say("data_in.lead"), say("data_in.demo" if demo else "data_in.note")))
    if (run := get_script_run_ctx()) is not None:
        uploads.expect(run.session_id)
    given = st.file_uploader(say("data_in.file"), type=upload.KINDS, key="svar-file")
    if given is None:
        _forget()
        st.html(empty_state(say("data_in.empty_title"), say("data_in.empty_text")))
        return
    path, start = _kept(given.file_id, given.name, given.getvalue(), frame)
    if start.refusal:
        _refuse(start.refusal, frame)
        if start.of_totals and st.button(say("data_in.single"), key="svar-single"):
            st.session_state[_STATE]["start"] = _start(path, frame, single=True)
            st.rerun()
        return
    toml = _mapping(start, given.file_id, frame)
    _act(path, toml, frame, demo=demo)


def _start(path: Path, frame: Frame, *, single: bool = False) -> upload.Start:
    return upload.start(context.settings(), path, frame.words.language, single=single)


def _refuse(error: BadUse, frame: Frame) -> None:
    """What must be put right, in the reader's language."""
    st.error(f"{frame.words('data_in.refused')} {error.within(frame.words.language)}")


def _kept(file_id: str, name: str, content: bytes, frame: Frame) -> tuple[Path, upload.Start]:
    """The file beside the page, and what to begin with; made once for each file."""
    state = st.session_state.get(_STATE)
    if state is None or state["id"] != file_id:
        _forget()
        path = upload.keep(name, content)
        state = {"id": file_id, "path": path, "start": _start(path, frame)}
        st.session_state[_STATE] = state
    return state["path"], state["start"]


def _forget() -> None:
    if state := st.session_state.pop(_STATE, None):
        upload.forget(state["path"])


def _mapping(start: upload.Start, file_id: str, frame: Frame) -> str:
    """The mapping to be read and corrected."""
    say = frame.words
    st.subheader(say("data_in.mapping"), anchor=False)
    if start.doubts:
        text = say("data_in.doubts", n=frame.formats.number(len(start.doubts)))
        with st.expander(text, icon=":material/help:"):
            st.html("".join(f"<p>{escape(doubt.within(say.language))}</p>" for doubt in start.doubts))
    return st.text_area(
        say("data_in.mapping_label"),
        start.toml,
        height=320,
        key=f"svar-mapping-{file_id}",
        help=say("data_in.mapping_help"),
    )


def _act(path: Path, toml: str, frame: Frame, *, demo: bool) -> None:
    say = frame.words
    state = st.session_state[_STATE]
    with st.container(horizontal=True):
        done = bool(state.get("done"))
        tries = st.button(say("data_in.try"), key="svar-try", icon=":material/science:", disabled=done)
        tried = state.get("tried") == toml
        imports = not demo and st.button(
            say("data_in.import"),
            key="svar-import",
            type="primary",
            icon=":material/upload:",
            disabled=done or not tried,
            help=say("data_in.import_help"),
        )
    if tries or imports:
        _run(path, toml, frame, dry_run=not imports)
        st.rerun()  # so that what may be pressed next follows from what was found
    if problem := state.get("problem"):
        _refuse(problem, frame)
    elif summary := state.get("summary"):
        _summary(summary, frame)


def _run(path: Path, toml: str, frame: Frame, *, dry_run: bool) -> None:
    state = st.session_state[_STATE]
    state |= {"tried": "", "problem": None, "summary": None}
    bar = st.progress(0.0, frame.words("data_in.working"))

    def progress(_text: str, part: float) -> None:
        bar.progress(min(1.0, part), frame.words("data_in.working"))

    try:
        summary = upload.take(
            context.settings(),
            path,
            toml,
            context.now(),
            dry_run=dry_run,
            progress=progress,
        )
    except BadUse as error:
        state["problem"] = error
        return
    finally:
        bar.empty()
    state |= {"summary": summary, "tried": toml if summary.accepted + summary.updated else ""}
    if not dry_run:
        state["done"] = True
        upload.forget(path)


def _summary(summary: Summary, frame: Frame) -> None:
    say, number = frame.words, frame.formats.number
    counts = {name: number(getattr(summary, name)) for name in _COUNTS}
    if not summary.dry_run:
        st.success(say("data_in.imported", **counts))
    else:
        st.html(answer(say("data_in.would", **counts), say.named("data_in.kind", summary.record)))
    st.html(html_table([say(f"data_in.{name}") for name in _COUNTS], [list(counts.values())], text_columns=0))
    for note in summary.notes:
        st.warning(note.within(say.language))
    if summary.faults:
        st.subheader(say("data_in.faults"), anchor=False)
        header = [say("data_in.field"), say("data_in.reason"), say("data_in.rows")]
        rows = [
            [each["field"], each["reason"].within(say.language), number(each["rows"])]
            for each in summary.faults[:FAULTS]
        ]
        st.html(html_table(header, rows))
        st.subheader(say("data_in.examples"), anchor=False)
        header = [say("data_in.row"), say("data_in.field"), say("data_in.value"), say("data_in.reason")]
        rows = [
            [number(each["row"]), each["field"], str(each["value"]), each["reason"].within(say.language)]
            for each in summary.examples
        ]
        st.html(html_table(header, rows, text_columns=4))
    if summary.unused_columns:
        st.caption(say("data_in.unused", columns=", ".join(summary.unused_columns)))
