"""Given, when, then: a rule of the domain told as a sentence.

    given(listed(), published).when(lambda t: t.publish(LEAD, "网站", NOON)).then_refused("task.published")

What is given is a history: commands (functions of the aggregate; the first returns a new one) and events, in
any order. `when` gives one command, and nothing else is judged: a refusal must leave the aggregate as it was,
and what was recorded must come out the same when the events are told again.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from domain.aggregate import Aggregate, Event
from domain.refusal import Refusal
from domain.refusals import CATALOGUE
from domain.registry import EVENTS

Command: TypeAlias = Callable[[Any], Any]


class Scenario:
    """A history, and then the commands that are tried on it."""

    def __init__(self, history: tuple[Command | Event, ...]):
        self.aggregate: Any = None
        self.events: list[Event] = []
        for step in history:
            if isinstance(step, Event):
                self.aggregate = step.mutate(self.aggregate)
                self.events.append(step)
            else:
                self._run(step)

    def _run(self, command: Command) -> tuple[Any, list[Event]]:
        answer = command(self.aggregate)
        if isinstance(answer, Aggregate):
            self.aggregate = answer
        recorded: list[Event] = list(self.aggregate.collect_events())
        self.events += recorded
        return answer, recorded

    def when(self, command: Command) -> "Outcome":
        version = len(self.events)
        try:
            answer, recorded = self._run(command)
        except Refusal as refusal:
            assert told(self.events) == self.aggregate, "a refused command left a trace"
            assert self.aggregate is None or self.aggregate.version == version
            return Outcome(self, None, [], refusal)
        assert told([as_stored(event) for event in self.events]) == self.aggregate
        return Outcome(self, answer, recorded, None)


class Outcome:
    """What came of a command: the facts it recorded, or its refusal."""

    def __init__(self, scenario: Scenario, answer: Any, recorded: list[Event], refusal: Refusal | None):
        self.scenario = scenario
        self.answer = answer
        self.recorded = recorded
        self.refusal = refusal

    @property
    def aggregate(self) -> Any:
        return self.scenario.aggregate

    def then(self, kind: type[Event], **facts: Any) -> "Outcome":
        """Exactly one event was recorded, of this kind and with these facts."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert [type(event) for event in self.recorded] == [kind]
        found = {name: getattr(self.recorded[0], name) for name in facts}
        assert found == facts
        return self

    def then_refused(self, code: str, field: str | None = None, says: str = "") -> "Outcome":
        """Refused by this rule, at this field, in a sentence (English or Chinese) that holds `says`."""
        assert self.refusal is not None, f"recorded {self.recorded}"
        assert (self.refusal.code, self.refusal.field) == (code, field)
        assert self.refusal.article == CATALOGUE[code].article
        assert says in self.refusal.en + self.refusal.zh
        assert not set("{}") & set(self.refusal.en + self.refusal.zh)
        return self

    def when(self, command: Command) -> "Outcome":
        """A further command on what is there now."""
        return self.scenario.when(command)


def given(*history: Command | Event) -> Scenario:
    return Scenario(history)


def told(events: list[Event]) -> Any:
    """The aggregate that these events tell of."""
    aggregate: Any = None
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate


def as_stored(event: Event) -> Event:
    """The event after it was written down and read again."""
    kind = EVENTS[type(event).TOPIC]  # type: ignore[attr-defined]
    return msgspec.json.decode(msgspec.json.encode(event), type=kind)
