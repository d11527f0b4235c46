"""How long a test waits for what must come, on a machine that does ten other things as well.

What never comes fails the test all the same, only later."""

PATIENCE_S = 120.0
