"""What is answered besides GraphQL: pages for people, files, and probes for machines."""

from starlette.routing import BaseRoute

from service.app import Application
from service.log import http as log_pages
from service.web import ballots, files, notices, probes, rate


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
