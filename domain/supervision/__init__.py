"""Supervision all the year round (articles 25, 45-50): cards, urges, problems, groups, oversight."""
