"""The chapters of the demonstration year: what happens besides the stories of its tasks.

Importing this makes them known (`service.demonstration.acts.CHAPTERS`).
"""

from service.demonstration.acts import CHAPTERS
from service.demonstration.chapters import (
    accountability,
    assessment,
    monthly_reports,
    oversight,
    supervision,
)
from service.demonstration.chapters.meetings import meetings

CHAPTERS |= {
    "accountability": accountability.chapter,
    "assessment": assessment.chapter,
    "meetings": meetings,
    "supervision": supervision.chapter,
    "oversight": oversight.chapter,
    "monthly-reports": monthly_reports.chapter,
}
