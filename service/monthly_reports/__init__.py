"""Monthly reports of the supervision groups (督导月报): from the ledger, in three forms."""
