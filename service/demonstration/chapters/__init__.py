"""The chapters of the demonstration year, each in a module; importing this makes them known."""

from service.demonstration.acts import CHAPTERS
from service.demonstration.chapters import monthly_reports, oversight, supervision

CHAPTERS["supervision"] = supervision.chapter
CHAPTERS["oversight"] = oversight.chapter
CHAPTERS["monthly-reports"] = monthly_reports.chapter
