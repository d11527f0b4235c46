"""Commands on the directory: units, officials, posts."""

from datetime import date
from uuid import UUID

from domain import identifiers
from domain.directory import Category
from service.commands.command import Command, OfficialId, UnitId, about, command, directory_of
from service.desk import Desk


class _OfDirectory(Command):
    def subject(self) -> UUID:
        return identifiers.DIRECTORY


@command("registerUnit")
class RegisterUnit(_OfDirectory):
    """Register a unit. 登记单位"""

    code: str = about("Short code, unique: a-z, 0-9, point, hyphen, underscore.")
    name: str = about("Name.")
    category: Category = about("Category; units are ranked within it.")

    async def handle(self, desk: Desk) -> None:
        (await directory_of(desk)).register_unit(self.code, self.name, self.category, desk.at)


@command("renameUnit")
class RenameUnit(_OfDirectory):
    """Give a unit another name. 单位更名"""

    unit: UnitId = about("The unit.")
    name: str = about("The new name.")

    async def handle(self, desk: Desk) -> None:
        (await directory_of(desk)).rename_unit(self.unit, self.name, desk.at)


@command("registerOfficial")
class RegisterOfficial(_OfDirectory):
    """Register an official. 登记干部"""

    code: str = about("Short code, unique.")
    name: str = about("Name.")

    async def handle(self, desk: Desk) -> None:
        (await directory_of(desk)).register_official(self.code, self.name, desk.at)


@command("appointOfficial")
class AppointOfficial(_OfDirectory):
    """Appoint an official as the leading official of a unit. 任命主要负责人"""

    official: OfficialId = about("The official.")
    unit: UnitId = about("The unit they lead.")
    post: str = about("The post.")
    since: date = about("First day in the post.")

    async def handle(self, desk: Desk) -> None:
        (await directory_of(desk)).appoint_official(self.official, self.unit, self.post, self.since, desk.at)


@command("releaseOfficial")
class ReleaseOfficial(_OfDirectory):
    """Release the leading official of a unit from the post. 免去主要负责人"""

    unit: UnitId = about("The unit.")
    until: date = about("Last day in the post.")

    async def handle(self, desk: Desk) -> None:
        (await directory_of(desk)).release_official(self.unit, self.until, desk.at)
