"""The rating box (无记名评估票箱): blind signatures, cards, the urn, sealing, and the check of it all.

Nobody, with the whole database, every log and every key afterwards, can tell who gave which grade; yet nobody
votes twice, and no ballot is added, dropped or changed unseen. docs/rating.md is the contract with clients
and says which threats remain.
"""
