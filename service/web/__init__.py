"""What is answered besides GraphQL: pages for people, files, and probes for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from service.log import http as log_pages
from service.web import ballots, files, notices, probes, rate

if TYPE_CHECKING:
    from service.app import Application


def routes(app: Application) -> list[BaseRoute]:
    """Every path but `/graphql`."""
    return [
        *probes.routes(app),
        *notices.routes(app),
        *log_pages.routes(app),
        *ballots.routes(app),
        *rate.routes(app),
        *files.routes(app),
    ]
