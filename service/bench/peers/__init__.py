"""The servers that the bench measures ours against, each started and stopped by the bench."""
