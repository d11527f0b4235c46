"""Supervision all the year round: cards and urges, problems, oversight, learning from each other."""
