"""Queries around the SQL files, over relations of given names.

Only names of the package's own relations, sums and kinds go into the text, never a value.
"""

# ruff: noqa: S608 — see above: there is nothing in the text that comes from anywhere else.
from __future__ import annotations

from collections.abc import Sequence

from metrics.catalog.catalog import Dimension
from metrics.catalog.models import sql


def cube_rows(cube: str, facts: str, *, rows: str = "from cube") -> str:
    """A query of a cube's sums over a query of facts."""
    return f"""
        with fact as ({facts}),
        measured as ({sql("cubes", "measured")}),
        cube_strata as ({sql("cubes", "strata")}),
        cube_topic_duration as ({sql("cubes", "topic_duration")}),
        cube as ({sql("cubes", cube)})
        {rows}
    """


def texts_of(cut: Dimension) -> str:
    """A statement that gives the texts of a dimension for its ``$labels``."""
    return f"select {cut.text} from (select unnest($labels) as {cut.column})"


def selling_table(name: str) -> str:
    """A statement that makes a table of partners, which are the ``$partners``."""
    return f"create table {name} as select unnest(cast($partners as varchar[])) as partner"


def dropped(names: Sequence[str]) -> list[str]:
    """Statements that drop tables."""
    return [f"drop table if exists {name}" for name in names]
