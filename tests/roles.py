"""Who may give which command, as a page: printed from the tables of commands, held to them by a test.

python -m tests.roles       writes docs/roles.md
"""

from pathlib import Path

from service.commands import COMMANDS
from service.identity import COMMANDS as WHO
from service.identity import Reach, Role
from service.identity.commands import STEPS

PAGE = Path(__file__).parents[1] / "docs" / "roles.md"

# The page's parts, and the modules of `service/commands/` whose commands each holds.
PARTS: dict[str, tuple[str, ...]] = {
    "Units, officials, campaigns, groups": ("directory", "campaigns"),
    "Tasks and reports": ("tasks",),
    "Cards, urges, the daily sweep": ("cards",),
    "Problems": ("problems",),
    "Visits, oversight, learning": ("oversight", "learning", "monthly_reports"),
    "Review meetings and ratings": ("meetings", "ratings"),
    "Scores, rankings, notices": ("assessment",),
    "Merit and fault": ("accountability",),
    "Erasures, webhooks": ("erasures", "webhooks"),
}

REACHES = {
    Reach.ANY: "",
    Reach.OWN_UNIT: " (own unit)",
    Reach.OWN_GROUP: " (own group)",
    Reach.OWN: " (own)",
    Reach.OWN_RECORD: " (own record)",
}

HEAD = """# Who may give which command

Printed from `service/identity/commands.py` by `python -m tests.roles`. What is not here is refused; *own
unit*, *own group* and *own* mean that the command is refused for all others. The roles themselves, and how a
token is made, are in the [README](../README.md#roles-and-tokens); who may read what stands in
`service/identity/fields.py`, and with each field of [the schema](../schema.graphql).
"""

STEPS_HEAD = """
## Steps of a rating that are no facts

They leave nothing in the log ([why](rating.md)). Whoever collects shows a code, whoever casts shows nothing.

| mutation | who |
|---|---|
"""


def page() -> str:
    """The whole page."""
    parts = "".join(_part(title, modules) for title, modules in PARTS.items())
    steps = "".join(f"| `{name}` | {_listed(roles)} |\n" for name, roles in STEPS.items())
    return HEAD + parts + STEPS_HEAD + steps


def _part(title: str, modules: tuple[str, ...]) -> str:
    rows = ""
    for module in modules:
        for name, command in COMMANDS.items():
            if command.__module__.endswith(f".{module}"):
                who = ", ".join(f"`{role}`{REACHES[reach]}" for role, reach in WHO[name].items())
                rows += f"| `{name}` | {who} | {' '.join((command.__doc__ or '').split())} |\n"
    return f"\n## {title}\n\n| command | who | what it is for |\n|---|---|---|\n{rows}"


def _listed(roles: frozenset[Role]) -> str:
    if roles == frozenset(Role):
        return "everyone"
    return ", ".join(f"`{role}`" for role in Role if role in roles)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
