"""The chapters of the demonstration year: what happens besides the stories of its tasks."""

import service.demonstration.chapters.accountability
import service.demonstration.chapters.assessment  # noqa: F401 - makes itself known
