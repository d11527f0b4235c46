"""Sheets for an office: what is exported, how it looks, and progress reports that come back in bulk."""
