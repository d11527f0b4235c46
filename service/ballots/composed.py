"""The rating boxes put together for a service."""

from service import BadInput
from service.ballots.boxes import Ballots
from service.ballots.issuers import Issuer, RemoteIssuer, ServiceIssuer
from service.ballots.keys import IssuerKeys
from service.ballots.urn import Urns
from service.config import Settings
from service.store.database import Database
from service.store.recorder import Recorder
from service.streams import Streams


def ballots(settings: Settings, database: Database, recorder: Recorder) -> Ballots:
    """The boxes, certified by the service, and by the inspectorate where the settings name its issuer."""
    issuers: list[Issuer] = [ServiceIssuer(IssuerKeys(database, settings.data))]
    if settings.inspectorate_url is not None:
        if settings.inspectorate_token is None:
            raise BadInput("DUBAN_INSPECTORATE_URL needs DUBAN_INSPECTORATE_TOKEN beside it")
        issuers.append(RemoteIssuer(settings.inspectorate_url, settings.inspectorate_token))
    return Ballots(Urns(database), Streams(recorder), issuers)
