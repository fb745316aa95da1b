"""Every page, by role, on a real lake."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from settings import Settings
from tests.dashboard.lake import shown

Page = Callable[..., AppTest]


@pytest.mark.usefixtures("full")
def test_the_comparison_answers_its_question(page: Page, demo_settings: Settings) -> None:
    app = page(demo_settings)
    assert app.title[0].value == "Selvbetjening først eller direkte?"
    text = shown(app)
    print(text[-3000:])
