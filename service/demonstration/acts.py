"""What is done in the demonstration year besides the stories of its tasks: the acts of its chapters.

A chapter tells of one part of the city's life (the meetings, the rankings, the cards). It is a pure function
of the setting's plan and seed that names acts, each with its moment. An act is played when everything before
its moment has been done; it may look at what the read tables show by then, and gives ordinary commands.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from service.commands import Command
from service.demonstration.setting import Setting
from service.desk import Commands, Done
from service.identity import Viewer
from service.plans.rows import PlanDocument


class Stage:
    """What an act is played on."""

    def __init__(self, commands: Commands, key: str):
        self.commands = commands
        self.key = key
        self._given = 0

    async def give(self, command: Command, viewer: Viewer) -> Done:
        """Give a command, under a key of its own that is the same in every run of the act."""
        self._given += 1
        return await self.commands.handle(command, viewer, f"{self.key}/{self._given:03}")

    async def close(self, command: Command, viewer: Viewer) -> Done:
        """Give the act's last command: its key says that the act is done."""
        return await self.commands.handle(command, viewer, self.key)


@dataclass(frozen=True)
class Act:
    """`name` is unique in its chapter. An act that is `repeatable` may find nothing to do: it never closes,
    is played again when an interrupted year goes on, and then changes nothing that it has done."""

    moment: datetime
    name: str
    play: Callable[[Stage], Awaitable[None]]
    repeatable: bool = False


Chapter = Callable[[PlanDocument, Setting], Iterator[Act]]

CHAPTERS: dict[str, Chapter] = {}
"""Every chapter by its name."""


@dataclass(frozen=True)
class Scene:
    """An act with its key."""

    act: Act
    key: str


def scenes(document: PlanDocument, setting: Setting, prefix: str) -> list[Scene]:
    """The acts of all chapters until the setting's last day, in order of time."""
    found = [
        Scene(act, f"{prefix}{name}/{act.name}")
        for name, chapter in CHAPTERS.items()
        for act in chapter(document, setting)
        if act.moment.date() <= setting.last_day
    ]
    return sorted(found, key=lambda scene: scene.act.moment)
