"""Commendations, accountability cases, the record of units and officials, and who comes first."""
