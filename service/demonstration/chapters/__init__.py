"""The chapters of the demonstration year: what happens besides the stories of its tasks."""
