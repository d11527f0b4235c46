"""The comprehensive assessment (综合考核, article 51): schemes, scores, rankings, and what follows."""
