"""The rating box: blind signatures, the urn, cards."""
