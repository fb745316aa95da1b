"""`python -m metrics settle` on a real lake, and its sentences in both languages."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lake.log import Log
from metrics.__main__ import app
from metrics.settlement import commission, evaluate, figures, incentive, measures
from metrics.wording.settlement import texts
from settings import PROJECT_ROOT, Settings
from tests.metrics.given import NOON, contact, day_of, logged

FILE = """name = "m"
valid_from = 2020-01-01

[[criterion]]
name = "satisfaction"
measure = "csat"
rate = 100
unit = "kroner"
"""


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs settle in a home with two partners of thirty scores each: exit code, output, errors."""
    monkeypatch.setenv("SVAR_HOME", str(tmp_path / "home"))
    rows = [
        contact(f"{partner}{i}", at=NOON, source="import:x", asked=True, partner=partner, score=score + i % 3)
        for partner, score in (("North", 6), ("South", 2))
        for i in range(31)
    ]
    Log(Settings(home=tmp_path / "home").lake_path).append("contact", [logged(row) for row in rows])

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["settle", *arguments])
        return result.exit_code, result.stdout, result.stderr

    return run


def test_a_month_is_settled_from_the_partners_own_scores_to_the_ore(command, tmp_path) -> None:
    place = measures.folder(Settings(home=tmp_path / "home"), "North")
    place.mkdir(parents=True)
    (place / "bonus.toml").write_text(FILE)
    month = f"{day_of(NOON):%Y-%m}"
    code, out, err = command("--partner", "North", "--month", month, "--json")
    assert (code, err) == (0, "")
    # Eleven sixes, ten sevens and ten eights: 216 ÷ 31 = 6.96774…, times 100 kroner.
    assert json.loads(out)["total"] == "696.77"
    assert "South" not in out
    code, out, _ = command("--partner", "North", "--month", month, "--language", "nb", "--no-build")
    assert "696.77  satisfaction (partner): etter skalaen" in out


def test_a_refused_file_ends_with_2_its_line_and_its_reason(command, tmp_path) -> None:
    file = tmp_path / "bonus.toml"
    file.write_text(FILE.replace('"csat"', '"answer_rate"'))
    month = f"{day_of(NOON):%Y-%m}"
    code, out, err = command("--partner", "North", "--month", month, "--file", str(file))
    assert (code, out) == (2, "")
    assert "line 4: 'satisfaction' has no data (answer_rate)" in err


def test_a_file_of_another_partner_is_refused_without_its_name(command, tmp_path) -> None:
    file = tmp_path / "bonus.toml"
    file.write_text(FILE.replace("[[", 'partners = ["South"]\n\n[[', 1))
    code, out, err = command("--partner", "North", "--month", "2026-03", "--file", str(file))
    assert code == 2
    assert "South" not in out + err
    assert "no file of this partner" in err


def test_an_example_passes_its_tests_on_the_command_line(command) -> None:
    file = PROJECT_ROOT / "examples" / "settlement" / "e-earn-back.toml"
    code, out, _ = command("test", str(file), "--json")
    assert (code, json.loads(out)) == (0, {"tests": 4, "failures": []})


def test_every_refusal_has_a_sentence_with_the_same_values_in_both_languages() -> None:
    modules = (commission, evaluate, figures, incentive, measures)
    nodes = [
        node
        for module in modules
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8")))
    ]
    made = [(node, node.func) for node in nodes if isinstance(node, ast.Call) and len(node.args) > 1]
    calls = [node.args for node, func in made if getattr(func, "id", "") in ("refuse", "Problem")]
    yields = [node.value for node in nodes if isinstance(node, ast.Yield)]
    pairs = [value.elts for value in yields if isinstance(value, ast.Tuple)]
    codes = {each[1].value for each in (*calls, *pairs) if isinstance(each[1], ast.Constant)}
    nb, en = texts("nb"), texts("en")
    assert len(codes) > 40
    assert codes <= set(en["refusal"])
    for family, sentences in en.items():
        assert set(sentences) == set(nb[family])
        for name, text in sentences.items():
            assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", nb[family][name])), name
