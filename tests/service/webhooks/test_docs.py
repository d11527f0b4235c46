"""docs/webhooks.md against the code: its message is one that is sent, its mutation is one that is taken."""

import json
import re
from pathlib import Path

from graphql import parse, validate

from domain.registry import EVENTS
from service.api.schema import schema

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_the_documents_are_valid() -> None:
    documents = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    documents += [f"{{ {inline} }}" for inline in re.findall(r"`(webhooks \{.*?\} \})`", PAGE)]
    assert len(documents) == 2
    for document in documents:
        assert validate(schema._schema, parse(document)) == []


def test_the_message_is_of_a_topic_that_there_is() -> None:
    message = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])  # type: ignore[index]
    assert message["type"] in EVENTS
    assert set(message["data"]) == {"position", "stream", "version", "correlation", "causation"}
