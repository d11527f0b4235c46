"""The rules that hold the roof: which way imports flow, what the domain may touch, how large a module may be.

A broken rule is told with file and line. The lists of exceptions below are the whole of them.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("domain", "projections", "service")
MAY_IMPORT = {"domain": {"domain"}, "projections": {"projections", "domain"}, "service": set(ROOMS)}
PURE = ("domain", "projections", "service/tlog")
MOST_LINES = 500

# What brings in a clock, chance, the machine or a database. `datetime` and `decimal` are values and stay.
WORLD = {
    "aiohttp",
    "asyncio",
    "asyncpg",
    "concurrent",
    "glob",
    "graphql",
    "http",
    "httpx",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "psycopg",
    "random",
    "secrets",
    "select",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "starlette",
    "strawberry",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "urllib.error",
}
# Calls that ask the world although their module is allowed: (what the call is made on, its name).
ASKING = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("uuid", "uuid1"),
    ("uuid", "uuid4"),
    ("uuid", "uuid7"),
    ("", "uuid1"),
    ("", "uuid4"),
    ("", "uuid7"),
    ("", "open"),
    ("", "print"),
    ("", "input"),
}
# The outermost loops, which report, and stop or try again, and the folds they isolate: file and function.
BLIND_EXCEPTS = {
    ("service/cli/main.py", "main"),
    ("service/tables/facts.py", "fold_facts"),
    ("service/tables/runner.py", "_run"),
    ("service/store/writer.py", "_run"),
    ("service/log/sealing.py", "keep_sealed"),
    # One attempt of `keep_swept`.
    ("service/daily.py", "_swept"),
    ("service/erasing.py", "run"),
    ("service/webhooks/delivery.py", "_tell"),
}


def modules(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, wherever in the module it is."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                package = path.relative_to(ROOT).parts[: -node.level]
                yield node.lineno, ".".join([*package, *filter(None, [node.module])])
            else:
                yield node.lineno, node.module or ""


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


@pytest.mark.parametrize("room", ROOMS)
def test_imports_flow_one_way(room: str) -> None:
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in modules(room)
        for line, name in imports(path)
        if (top := name.split(".")[0]) in {*ROOMS, "tests"} and top not in MAY_IMPORT[room]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_rooms_of_the_service_stand_on_each_other_and_never_in_a_circle() -> None:
    below: dict[str, set[str]] = defaultdict(set)
    for path in modules("service"):
        room = path.relative_to(ROOT / "service").parts[0].removesuffix(".py")
        for _, name in imports(path):
            if name.startswith("service."):
                below[room].add(name.split(".")[1])
    for room, others in below.items():
        others.discard(room)
    # CycleError names the rooms of a circle.
    assert {"cli", "tlog"} <= set(TopologicalSorter(below).static_order())


def test_the_formats_of_the_log_rest_on_nothing_else() -> None:
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in modules("service/tlog")
        for line, name in imports(path)
        if name.split(".")[0] in ROOMS and not name.startswith("service.tlog")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_import_nothing_that_touches_the_world(room: str) -> None:
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in modules(room)
        for line, name in imports(path)
        if name.split(".")[0] in WORLD or name in WORLD
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_ask_no_clock_and_no_chance(room: str) -> None:
    wrong = [
        f"{where(path, line)} calls {name}" for path in modules(room) for line, name in _asking(tree(path))
    ]
    assert not wrong, "\n".join(wrong)


def _asking(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        words = ast.unparse(node.func).split(".")
        if (words[-2] if len(words) > 1 else "", words[-1]) in ASKING:
            yield node.lineno, ".".join(words)


def test_no_module_is_too_long() -> None:
    long = [
        f"{path.relative_to(ROOT)} has {lines} lines"
        for path in modules(*ROOMS)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    ]
    assert not long, "\n".join(long)


def test_only_the_outermost_loops_catch_everything() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), function): where(path, line)
        for path in modules(*ROOMS)
        for line, function in _blind_excepts(tree(path))
    }
    wrong = [f"{place} catches everything" for key, place in found.items() if key not in BLIND_EXCEPTS]
    assert not wrong, "\n".join(wrong)
    assert not BLIND_EXCEPTS - set(found), "listed as catching everything, and no longer do"


def _blind_excepts(node: ast.AST, function: str = "") -> Iterator[tuple[int, str]]:
    """Line and enclosing function of each `except:`, `except Exception` and `except BaseException`, but for
    those that raise it again at their end."""
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(child, ast.ExceptHandler):
            caught = child.type.elts if isinstance(child.type, ast.Tuple) else [child.type]
            blind = any(
                kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught
            )
            last = child.body[-1]
            if blind and not (isinstance(last, ast.Raise) and last.exc is None):
                yield child.lineno, function
        yield from _blind_excepts(child, getattr(child, "name", "") if named else function)


def test_the_rules_see_what_they_are_for() -> None:
    module = ast.parse(
        "async def f():\n"
        "    now = datetime.datetime.now()\n"
        "    key = uuid4()\n"
        "    try:\n"
        "        g()\n"
        "    except (ValueError, Exception):\n"
        "        pass\n"
        "    except BaseException:\n"
        "        h()\n"
        "        raise\n"
    )
    assert list(_asking(module)) == [(2, "datetime.datetime.now"), (3, "uuid4")]
    assert list(_blind_excepts(module)) == [(6, "f")]
