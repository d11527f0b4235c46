"""Sheets as an office expects them, whatever is in them: as CSV, and as workbooks."""
