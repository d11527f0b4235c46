"""What an inspector asks: the events, their history and proofs, who saw what, what was erased."""
