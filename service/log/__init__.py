"""The tamper-evident log at work: signed, witnessed, exported, proven and verified."""
