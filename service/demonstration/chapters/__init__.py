"""The chapters of the demonstration year. Importing this makes them known (`acts.CHAPTERS`)."""

from service.demonstration.acts import CHAPTERS
from service.demonstration.chapters.meetings import meetings

CHAPTERS |= {
    # meetings and ratings
    "meetings": meetings,
}
