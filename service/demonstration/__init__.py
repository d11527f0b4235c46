"""The demonstration year (演示年): a city's plan played from spring to the end of 2020, by rule and seed.

Everything in it but the plan is invented: who reports, what is reported, every document, every piece of
evidence. All of it goes through the ordinary commands, and every actor's name begins with `demonstration:`.
"""
