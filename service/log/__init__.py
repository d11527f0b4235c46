"""The tamper-evident log: what a leaf is, and the Merkle tree over all leaves."""
