"""The page script: who looks, in which language, at which pages. Reruns for every viewer and every change."""

from __future__ import annotations

import importlib
import logging
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

from dashboard import context
from dashboard.access import NoAccess, Picker, Viewer, demo_viewers, signed_in
from dashboard.cards import empty_state
from dashboard.formats import LANGUAGES, Formats
from dashboard.frame import Frame, ground, put_style
from dashboard.words import Words, words

log = logging.getLogger("svar.dashboard")

_ICON = Path(__file__).parent / "static" / "icon.png"
_ICONS = {
    "comparison": ":material/compare_arrows:",
    "live": ":material/bolt:",
    "scorecard": ":material/fact_check:",
    "phone": ":material/smartphone:",
}


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
    first, *others = frame.viewer.pages(context.settings())
    pages = [_page(first, frame, default=True), *(_page(name, frame) for name in others)]
    # The first page lies at the root; a link to its name leads there as well.
    pages.append(_page(first, frame, visibility="hidden"))
    st.navigation(pages, position="top").run()


def _page(
    name: str, frame: Frame, *, default: bool = False, visibility: Literal["visible", "hidden"] = "visible"
) -> st.Page:
    module = importlib.import_module(f"dashboard.views.{name}")

    def show() -> None:
        try:
            module.show(frame)
        except NoAccess as refusal:
            _refuse(refusal, frame.words)
        except Exception:
            log.exception("The page %s could not be shown.", name)
            at = Formats(frame.language, context.settings().zone).clock(context.now())
            st.html(empty_state(frame.words("app.failed_title"), frame.words("app.failed_text", time=at)))

    return st.Page(
        show,
        title=frame.words(f"page.{name}"),
        icon=_ICONS[name],
        url_path="" if default else name,
        default=default,
        visibility=visibility,
    )


def _viewer(bar: st.delta_generator.DeltaGenerator, say: Words) -> Viewer | None:
    """Who looks; None while they are not signed in, when the way to sign in has been drawn."""
    if context.settings().demo:
        return _picked_viewer(bar, say)
    if not st.user.is_logged_in:
        st.html(empty_state(say("app.sign_in_title"), say("app.sign_in_text")))
        st.button(say("app.sign_in"), on_click=st.login, type="primary")
        return None
    claims = st.user.to_dict()
    with bar:
        name = str(claims.get("name") or claims.get("email") or "")
        st.html(f'<span class="svar-note">{escape(say("app.signed_in", name=name))}</span>', width="content")
        st.button(say("app.sign_out"), on_click=st.logout, type="tertiary")
    return signed_in(context.settings(), claims)


def _picked_viewer(bar: st.delta_generator.DeltaGenerator, say: Words) -> Viewer:
    viewers = demo_viewers(Picker().members("partner"))
    asked = st.query_params.get("viewer", "")
    if "svar-viewer" not in st.session_state:
        st.session_state["svar-viewer"] = asked if asked in viewers else "lead"
    with bar:
        st.html(f'<span class="svar-demo">{say("app.demo")}: {say("app.demo_note")}</span>', width="content")
        code = st.selectbox(
            say("app.viewer"),
            list(viewers),
            key="svar-viewer",
            format_func=lambda code: _viewer_name(viewers[code], say),
            label_visibility="collapsed",
            width=184,
        )
    if code != "lead" or asked:
        st.query_params["viewer"] = code
    return viewers[code]


def _viewer_name(viewer: Viewer, say: Words) -> str:
    return say(f"role.{viewer.role}", name=viewer.partner or "")


def _language() -> str:
    if "svar-language" not in st.session_state:
        asked = st.query_params.get("lang", "")
        st.session_state["svar-language"] = asked if asked in LANGUAGES else context.settings().language
    return str(st.session_state["svar-language"])


def _choose_language(bar: st.delta_generator.DeltaGenerator, say: Words) -> None:
    with bar:
        st.space("stretch")
        st.segmented_control(
            say("app.language"),
            LANGUAGES,
            key="svar-language",
            required=True,
            format_func={"nb": "Norsk", "en": "English"}.__getitem__,
            label_visibility="collapsed",
        )
    if st.session_state["svar-language"] != context.settings().language or "lang" in st.query_params:
        st.query_params["lang"] = st.session_state["svar-language"]


def _refuse(refusal: NoAccess, say: Words) -> None:
    st.html(empty_state(say("access.title"), say(refusal.reason, **refusal.details)))


main()
