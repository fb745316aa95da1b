"""`python -m metrics`: build the facts, show any metric, compare any two groups, check what is there."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

# What each sub-command is, by its name: a function, or a group of its own.
COMMANDS = {
    "build": "metrics.cli.build:build",
    "show": "metrics.cli.show:show",
    "compare": "metrics.cli.compare:compare",
    "check": "metrics.cli.build:check",
    "rank": "metrics.cli.groups:rank",
    "asked": "metrics.cli.groups:asked",
    "alarms": "metrics.cli.alarms:alarms",
    "targets": "metrics.cli.targets:targets",
    "drivers": "metrics.cli.drivers:drivers",
    "comments": "metrics.cli.drivers:comments",
    "initiative": "metrics.cli.initiative:app",
    "settle": "metrics.cli.settle:app",
}


class _Commands(TyperGroup):
    """Sub-commands that are imported when they are called: some bring libraries that take a second."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library's signature
        return list(COMMANDS)

    def get_command(
        self,
        ctx: Any,  # noqa: ARG002 - the library's signature
        cmd_name: str,
    ) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, typer.Typer):
            single = typer.Typer(add_completion=False)
            single.command(cmd_name)(command)
            command = single
        made = typer.main.get_command(command)
        made.name = cmd_name
        return made


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, help="Facts, metrics and comparisons."
)


@app.callback()
def _main() -> None:
    """Facts, metrics and comparisons."""


if __name__ == "__main__":
    sys.exit(app())
