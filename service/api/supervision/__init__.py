"""Supervision over GraphQL: cards and urges, problems, oversight, learning, the dispatch board."""
