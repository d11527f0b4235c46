"""What is answered besides GraphQL: pages for people, files, and probes for machines."""

from starlette.routing import BaseRoute

from service.app import Application
from service.web import ballots, files, log, notices, probes, rate


def routes(app: Application) -> list[BaseRoute]:
    """Every path but `/graphql`."""
    return [
        *probes.routes(app),
        *notices.routes(app),
        *log.routes(app),
        *ballots.routes(app),
        *rate.routes(app),
        *files.routes(app),
    ]
