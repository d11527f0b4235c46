"""What question time and inquiries have in common (article 50): questions with their answers, and follow-ups.

Rules: a question goes to one unit, which answers it once; what is promised is followed up by a day and
reported as done once. Numbers count from 1 within their session.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.refusal import Refusal, require, require_day, require_line, require_optional_line, require_text

MOST_QUESTIONS = 100


@dataclass(frozen=True)
class Question:
    """`asked_by`: who asked, as far as it was said: a viewer, a deputy's squad."""

    number: int
    unit_id: UUID
    text: str
    asked_by: str


@dataclass(frozen=True)
class FollowUp:
    """What a unit is to do after a session (交办事项), and by when."""

    number: int
    unit_id: UUID
    text: str
    deadline: date


class Exchanges:
    """The questions and follow-ups of one session, and which of them are settled."""

    def __init__(self) -> None:
        self.questions: dict[int, Question] = {}
        self.answered: set[int] = set()
        self.follow_ups: dict[int, FollowUp] = {}
        self.done: set[int] = set()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exchanges) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def question(self, unit_id: UUID, text: str, asked_by: str) -> Question:
        """The next question as it is recorded."""
        require(len(self.questions) < MOST_QUESTIONS, "question.too_many", field="text")
        asker = require_optional_line(asked_by, "askedBy", most=100)
        return Question(len(self.questions) + 1, unit_id, require_text(text, "text", most=2000), asker)

    def answer(self, number: int, unit_id: UUID, text: str) -> str:
        """The answer's text as it is recorded; refused unless this unit was asked and has not answered."""
        question = self.questions.get(number)
        if question is None:
            raise Refusal("question.unknown", field="number")
        require(question.unit_id == unit_id, "question.not_your_unit", field="unit")
        require(number not in self.answered, "question.answered", field="number")
        return require_text(text, "text", most=4000)

    def follow_up(self, unit_id: UUID, text: str, deadline: date, today: date) -> FollowUp:
        require_day(deadline, "deadline")
        require(deadline >= today, "follow_up.deadline_past", field="deadline")
        require(len(self.follow_ups) < MOST_QUESTIONS, "question.too_many", field="text")
        return FollowUp(len(self.follow_ups) + 1, unit_id, require_text(text, "text", most=2000), deadline)

    def completion(self, number: int, unit_id: UUID, result: str) -> str:
        """The result as it is recorded; refused unless this unit is to do it and has not reported it."""
        follow_up = self.follow_ups.get(number)
        if follow_up is None:
            raise Refusal("follow_up.unknown", field="number")
        require(follow_up.unit_id == unit_id, "follow_up.not_your_unit", field="unit")
        require(number not in self.done, "follow_up.completed", field="number")
        return require_text(result, "result", most=4000)

    def unanswered(self) -> int:
        return len(self.questions) - len(self.answered)


def require_channel(channel: str) -> str:
    """Where it can be seen: a station, a site."""
    return require_line(channel, "channel", most=100)
