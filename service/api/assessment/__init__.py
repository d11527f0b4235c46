"""GraphQL of the assessment: the scheme, scores, rankings live and published, explanations, notices."""
