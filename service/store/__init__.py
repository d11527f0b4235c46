"""The event log on PostgreSQL: one order, one writer, nothing ever changed.

It keeps the names and the meaning of `eventsourcing`'s recorders, but is async, groups commits, and puts
every event into a Merkle tree in the transaction that records it.
"""
