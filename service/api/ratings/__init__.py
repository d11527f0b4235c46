"""Anonymous ratings in the API: boxes, results, and the steps that are no facts."""
