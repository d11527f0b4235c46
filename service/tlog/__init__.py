"""The formats of a transparency log (C2SP, RFC 6962), bytes in and bytes out: what a leaf is, the Merkle tree
over all leaves, and the notes, checkpoints, proofs and tiles that speak of it. Nothing here reads, writes or
asks."""
