"""The sheets of an office: what is exported, and progress reports that come back in bulk."""
