"""The read tables of the assessment: contributions of points, scores, rankings, notices, and the record."""
