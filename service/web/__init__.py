"""What is answered besides GraphQL: pages for people, files, and probes for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from service.web import files, probes

if TYPE_CHECKING:
    from service.app import Application


def routes(app: Application) -> list[BaseRoute]:
    """Every path but `/graphql`."""
    return [*probes.routes(app), *files.routes(app)]
