"""Who does something on a page: the name that is written down beside what they did."""

from __future__ import annotations

import streamlit as st

from dashboard import context
from dashboard.frame import Frame


def doer(frame: Frame) -> str:
    """The signed-in person's address or name; in a demonstration, where nobody signs in, the role."""
    if context.settings().demo:
        return frame.words(f"role.{frame.viewer.role}", name=frame.viewer.partner or "")
    claims = st.user.to_dict()
    return str(claims.get("email") or claims.get("name") or claims.get("sub") or frame.viewer.role)
