"""What a resolver finds in its context: one per request."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import strawberry

from service.app import Application
from service.errors import Unauthenticated
from service.identity import Viewer


@dataclass
class Context:
    """`planned` holds the planned root fields of a document that also has unplanned ones, by response key."""

    app: Application
    viewer: Viewer
    today: date
    planned: dict[str, Any] = field(default_factory=dict)
    # What a WebSocket client sent when it connected; Strawberry puts it here.
    connection_params: dict[str, Any] | None = None
    # What was wrong with the token that came with a handshake.
    refused: Unauthenticated | None = None
    # The token that a connection was opened with, which it may outlive.
    authorization: str | None = None

    def require_valid(self) -> None:
        """Unauthenticated once that token has expired, or its key was taken back."""
        if self.authorization is not None:
            self.app.authenticator(self.authorization)


Info = strawberry.Info[Context, None]
