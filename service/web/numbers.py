"""Numbers in paths. Starlette takes any number of digits, and Python reads no more than 4,300 of them."""

from starlette.convertors import IntegerConvertor, register_url_convertor


class _Number(IntegerConvertor):
    # As many digits as any number in the database has at most.
    regex = "[0-9]{1,19}"


NUMBER = "number"
"""The convertor's name, for a route's path."""
register_url_convertor(NUMBER, _Number())
