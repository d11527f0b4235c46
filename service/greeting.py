"""What the service says when it stands: its address, a token, and three requests to paste elsewhere."""

import shlex

import orjson

from service.config import Settings
from service.identity import Role
from service.tokens import own_key, signed

REQUESTS = (
    (
        False,
        "the campaigns (攻坚战), as the public sees them",
        "{campaigns(first:3){totalCount nodes{code name}}}",
    ),
    (
        True,
        "the ledger (电子台账), the furthest behind first",
        "{ledger(first:3,orderBy:{field:DEVIATION}){date nodes{title completion expected deviation}}}",
    ),
    (
        True,
        "tasks about water (水), each with its latest report",
        '{tasks(first:3,filter:{text:"水"}){totalCount nodes{title lastReport{period status}}}}',
    ),
)
"""Whether a request needs a token, what it asks for, and its query."""


def greet(settings: Settings) -> None:
    """Print the greeting of a service that has just opened."""
    print(greeting(settings), flush=True)


def greeting(settings: Settings) -> str:
    """The address, a token of the office where the service signs its own, and the requests."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    origin = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    lines = [f"Duban 督办 serves at {origin}/graphql"]
    token = None
    if settings.jwks is None:
        token = signed(
            own_key(settings.data),
            issuer=settings.issuer,
            audience=settings.audience,
            who="office",
            role=Role.OFFICE,
        )
        lines += ["", "A token of the office (攻坚办); `duban token --help` for other roles:", token]
    for protected, asks, query in REQUESTS:
        if token is not None or not protected:
            lines += ["", f"# {asks}", curl(origin, query, token if protected else None)]
    return "\n".join([*lines, "", "Ctrl-C stops it."])


def curl(origin: str, query: str, token: str | None) -> str:
    """One shell command that asks one query."""
    words = ["curl", "-s", f"{origin}/graphql", "-H", "content-type: application/json"]
    if token is not None:
        words += ["-H", f"authorization: Bearer {token}"]
    return shlex.join([*words, "-d", orjson.dumps({"query": query}).decode()])
