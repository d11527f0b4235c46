"""As much of curl as the README uses, for machines that have none: an address, -d, -H, and -s and -N, which
change nothing here."""

import argparse
import sys

import httpx


def main() -> None:
    parser = argparse.ArgumentParser(prog="curl")
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-N", action="store_true")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    given = parser.parse_args()
    fields = [(name, value.strip()) for name, _, value in (header.partition(":") for header in given.H)]
    headers = [(name, value) for name, value in fields if value]
    body = sys.stdin.buffer.read() if given.d == "@-" else given.d
    method = "GET" if body is None else "POST"
    with httpx.stream(method, given.url, headers=headers, content=body, timeout=None) as answer:
        for text in answer.iter_text():
            sys.stdout.write(text)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
