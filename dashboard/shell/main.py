"""The page script: who looks, in which language, at which pages. Reruns for every viewer and every change."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from html import escape
from pathlib import Path

import streamlit as st

from dashboard import context, push, sessions
from dashboard.access import NoAccess, Picker, Viewer, demo_viewers, signed_in
from dashboard.frame import Frame, ground, put_style
from dashboard.page import SECTIONS, Page
from dashboard.parts.cards import empty_state
from dashboard.parts.filters import width_of
from texts.languages import languages, read
from texts.words import Words, words

log = logging.getLogger("svar.dashboard")
LOOK_AGAIN_S = 30  # between two looks of an open page whether its sign-in still counts

_ICON = Path(__file__).parent / "static" / "icon.png"
_BESIDE = 6  # pages that a menu shows without sections


def main() -> None:
    st.set_page_config(page_title="Svar", page_icon=str(_ICON), layout="wide")
    put_style(ground())
    bar = st.container(key="svar-bar", horizontal=True, vertical_alignment="center", gap="small")
    language = _language()
    try:
        viewer = _viewer(bar, words(language))
    except NoAccess as refusal:
        _refuse(refusal, words(language))
        return
    if viewer is None:
        return
    _choose_language(bar, words(language))
    frame = Frame(st.session_state["svar-language"], ground(), viewer)
    _run_page(frame)


def _run_page(frame: Frame) -> None:
    offered = frame.viewer.pages(context.settings())
    first = next(iter(offered))
    linked = {name: _link(name, page, frame, default=name == first) for name, page in offered.items()}

    def to_the_root() -> None:
        # With what stands in the address: the menu marks the page at the root, not its name.
        st.switch_page(linked[first], query_params=st.query_params.to_dict())

    # The first page lies at the root; a link to its name leads there as well.
    alias = st.Page(to_the_root, url_path=offered[first].path or first, visibility="hidden")
    st.navigation(_menu(offered, linked, alias, frame.words), position="top").run()


def _menu(
    offered: Mapping[str, Page], linked: Mapping[str, st.Page], alias: st.Page, say: Words
) -> dict[str, list[st.Page]]:
    """The pages beside each other (the nameless section), or in sections where they are many."""
    if len(offered) <= _BESIDE:
        return {"": [*linked.values(), alias]}
    menu = {
        say(f"section.{section}"): [linked[name] for name, page in offered.items() if page.section == section]
        for section in SECTIONS
    }
    return {"": [alias]} | {title: members for title, members in menu.items() if members}


def _link(name: str, page: Page, frame: Frame, *, default: bool) -> st.Page:
    def show() -> None:
        push.unwatch()
        _show(name, frame)

    return st.Page(
        show,
        title=frame.words(f"page.{name}"),
        icon=f":material/{page.icon}:",
        url_path="" if default else page.path or name,
        default=default,
    )


@st.fragment
def _show(name: str, frame: Frame) -> None:
    # A fragment: what a page's own filters and new data change leaves the frame around it alone.
    try:
        importlib.import_module(f"dashboard.pages.{name}.page").show(frame)
    except NoAccess as refusal:
        _refuse(refusal, frame.words)
    except Exception:
        log.exception("The page %s could not be shown.", name)
        at = frame.look.formats.clock(context.now())
        st.html(empty_state(frame.words("app.failed_title"), frame.words("app.failed_text", time=at)))


def _viewer(bar: st.delta_generator.DeltaGenerator, say: Words) -> Viewer | None:
    """Who looks; None while they are not signed in, when the way to sign in has been drawn."""
    if context.settings().demo:
        return _picked_viewer(bar, say)
    if not st.user.is_logged_in:
        st.html(empty_state(say("app.sign_in_title"), say("app.sign_in_text")))
        st.button(say("app.sign_in"), on_click=st.login, type="primary")
        return None
    claims = st.user.to_dict()
    session = sessions.session_of(claims, context.settings().session_hours)
    if sessions.is_over(context.store(), session, context.now()):
        st.html(empty_state(say("app.session_over_title"), say("app.session_over_text")))
        # The provider may still know the person: they are asked to say so, not let in by a page that was
        # left open.
        st.button(say("app.sign_in"), on_click=st.login, type="primary")
        return None
    _look_again()
    with bar:
        name = str(claims.get("name") or claims.get("email") or "")
        st.html(f'<span class="svar-note">{escape(say("app.signed_in", name=name))}</span>', width="content")
        st.button(say("app.sign_out"), on_click=_sign_out, args=(session,), type="tertiary")
    return signed_in(context.settings(), claims)


def _sign_out(session: sessions.Session) -> None:
    sessions.end(context.store(), session, context.now())
    st.logout()


@st.fragment(run_every=LOOK_AGAIN_S)
def _look_again() -> None:
    """Close a page that is left open when its sign-in is over: nothing else would run it again."""
    session = sessions.session_of(st.user.to_dict(), context.settings().session_hours)
    if sessions.is_over(context.store(), session, context.now()):
        st.rerun(scope="app")


def _picked_viewer(bar: st.delta_generator.DeltaGenerator, say: Words) -> Viewer:
    viewers = demo_viewers(Picker().members("partner"))
    asked = st.query_params.get("viewer", "")
    if "svar-viewer" not in st.session_state:
        # A name that is not there opens nothing: a misspelt partner must not see what a team lead sees.
        st.session_state["svar-viewer"] = (asked if asked in viewers else None) if asked else "lead"
    names = {code: _viewer_name(viewer, say) for code, viewer in viewers.items()}
    with bar:
        st.html(f'<span class="svar-demo">{say("app.demo")}: {say("app.demo_note")}</span>', width="content")
        code = st.selectbox(
            say("app.viewer"),
            list(viewers),
            # Nothing chosen only where the address names nobody: otherwise it could be emptied.
            index=None if st.session_state["svar-viewer"] is None else 0,
            key="svar-viewer",
            placeholder=say("app.viewer"),
            format_func=names.__getitem__,
            label_visibility="collapsed",
            width=width_of(names.values()),
        )
    if code is None:
        raise NoAccess("access.no_viewer", name=asked)
    if code != "lead" or asked:
        st.query_params["viewer"] = code
    return viewers[code]


def _viewer_name(viewer: Viewer, say: Words) -> str:
    return say(f"role.{viewer.role}", name=viewer.partner or "")


def _language() -> str:
    if "svar-language" not in st.session_state:
        asked = st.query_params.get("lang", "")
        st.session_state["svar-language"] = asked if asked in languages() else context.settings().language
    return str(st.session_state["svar-language"])


def _choose_language(bar: st.delta_generator.DeltaGenerator, say: Words) -> None:
    with bar:
        # What reads the page out must know in which language to do so.
        language = st.session_state["svar-language"]
        st.html(
            f'<script>document.documentElement.lang = "{language}"</script>',
            unsafe_allow_javascript=True,
            width=1,
        )
        st.space("stretch")
        st.segmented_control(
            say("app.language"),
            languages(),
            key="svar-language",
            required=True,
            format_func=lambda code: read(code, "formats")["name"],
            label_visibility="collapsed",
        )
    if st.session_state["svar-language"] != context.settings().language or "lang" in st.query_params:
        st.query_params["lang"] = st.session_state["svar-language"]


def _refuse(refusal: NoAccess, say: Words) -> None:
    st.html(empty_state(say("access.title"), say(refusal.reason, **refusal.details)))


main()
