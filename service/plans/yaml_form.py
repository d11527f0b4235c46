"""A plan as YAML (the full format): bytes to records and back.

Of YAML only what an office needs is taken: mappings, lists and scalars. Anchors and aliases (with which a few
lines unfold to gigabytes), tags, several documents and duplicate keys are refused, and so is depth that no
plan has. Scalars stay text until the column says what they are, so that `17.10` is no number and `2020-12-31`
is what stands there; a plain `null`, `~` or nothing at all is a blank.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from service.plans.cells import Broken, Content
from service.plans.columns import PLAN, SECTIONS, Form
from service.plans.faults import Spot, refused
from service.plans.records import MOST_ROWS, Reading, Record, is_default
from service.plans.rows import Place, PlanDocument

MOST_DEPTH = 8
SHEET = "yaml"
"""Stands for the sheet in faults of the file's form."""

_NULLS = ("", "~", "null", "Null", "NULL")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


# -- bytes to nodes


@dataclass(frozen=True)
class _Scalar:
    line: int
    text: str | None


@dataclass(frozen=True)
class _List:
    line: int
    items: list["_Node"]


@dataclass(frozen=True)
class _Mapping:
    line: int
    items: dict[str, tuple[int, "_Node"]]


_Node = _Scalar | _List | _Mapping


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise refused(SHEET, row, "file.encoding", allowed="UTF-8") from error


def _events(text: str) -> Iterator[Any]:
    """The parser's events; what is refused in any plan is refused here."""
    rows = documents = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1
            if getattr(event, "anchor", None) is not None:
                raise refused(SHEET, line, "yaml.alias")
            if getattr(event, "tag", None) is not None:
                raise refused(SHEET, line, "yaml.tag")
            documents += isinstance(event, yaml.DocumentStartEvent)
            rows += isinstance(event, yaml.MappingStartEvent)
            if documents > 1:
                raise refused(SHEET, line, "yaml.second_document")
            if rows > MOST_ROWS:
                raise refused(SHEET, line, "file.too_many_rows", most=MOST_ROWS)
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise refused(SHEET, line, "yaml.malformed", problem=error.problem or "?") from error
    except yaml.reader.ReaderError as error:
        # The C parser counts bytes, the other one characters; neither gives a line.
        stray = next((i for i, c in enumerate(text) if not _may_stand(c)), 0)
        raise refused(SHEET, text.count("\n", 0, stray) + 1, "text.unprintable") from error


def _may_stand(character: str) -> bool:
    """Whether YAML allows the character to stand in a file as it is."""
    return (
        character in "\t\n\r\x85"
        or " " <= character <= "~"
        or (character >= "\xa0" and not "\ud800" <= character <= "\udfff" and character not in "\ufffe\uffff")
    )


class _Tree:
    """Builds the nodes of a document from events, without recursion."""

    def __init__(self, reading: Reading):
        self.reading = reading
        self.root: _Node | None = None
        self.open: list[_List | _Mapping] = []
        # The key that waits for its value, for each open node.
        self.keys: list[tuple[str, int] | None] = []

    def take(self, event: Any) -> None:
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self.open.pop()
            self.keys.pop()
        node = _node(event)
        if node is None:
            return
        self._place(node)
        if not isinstance(node, _Scalar):
            self.open.append(node)
            self.keys.append(None)
        if len(self.open) > MOST_DEPTH:
            raise refused(SHEET, node.line, "yaml.too_deep")

    def _place(self, node: _Node) -> None:
        within = self.open[-1] if self.open else None
        if within is None:
            self.root = node
        elif isinstance(within, _List):
            within.items.append(node)
        elif (waiting := self.keys[-1]) is None:
            if not isinstance(node, _Scalar) or node.text is None:
                raise refused(SHEET, node.line, "yaml.key")
            self.keys[-1] = node.text, node.line
        else:
            key, line = waiting
            self.keys[-1] = None
            if key in within.items:
                self.reading.fault(SHEET, Spot(line, key[:100]), "yaml.duplicate_key", key=key[:100])
            within.items.setdefault(key, (line, node))


def _node(event: Any) -> _Node | None:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        # The C parser gives a plain scalar the style '', the other one None.
        blank = not event.style and event.value in _NULLS
        return _Scalar(line, None if blank else event.value)
    if isinstance(event, yaml.SequenceStartEvent):
        return _List(line, [])
    return _Mapping(line, {}) if isinstance(event, yaml.MappingStartEvent) else None


# -- nodes to records


def read(content: bytes) -> Reading:
    """The records of a YAML file; raises `PlanRefused` where it cannot be read any further."""
    reading = Reading()
    tree = _Tree(reading)
    for event in _events(_decoded(content)):
        tree.take(event)
    if not isinstance(tree.root, _Mapping):
        raise refused(SHEET, 1, "yaml.not_a_plan")
    forms = {form.name: form for form in SECTIONS}
    for key, (line, node) in tree.root.items.items():
        if key not in forms:
            reading.fault(SHEET, Spot(line, key[:100]), "sheet.unknown", title=key[:100])
        elif forms[key] is PLAN:
            reading.sections[key] = _records(PLAN, _List(line, [node]), line, reading)
        else:
            reading.sections[key] = _records(forms[key], node, line, reading)
    return reading


def _records(form: Form, node: _Node, line: int, reading: Reading) -> list[Record]:
    if isinstance(node, _Scalar) and node.text is None:
        return []
    if not isinstance(node, _List):
        reading.fault(form.name, Spot(line, form.name), "yaml.not_a_list")
        return []
    made = []
    for item in node.items:
        if isinstance(item, _Mapping):
            made.append(_record(form, item, reading))
        else:
            reading.fault(form.name, Spot(item.line, form.name), "yaml.not_a_mapping")
    return made


def _record(form: Form, mapping: _Mapping, reading: Reading) -> Record:
    columns = {column.name for column in form.columns}
    children = {child.name: child for child in form.children}
    cells: dict[str, Content | None] = {}
    below: dict[str, list[Record]] = {}
    for key, (line, node) in mapping.items.items():
        if key in columns:
            cells[key] = _content(node)
        elif key in children:
            below[key] = _records(children[key], node, line, reading)
        else:
            reading.fault(form.name, Spot(line, key[:100]), "column.unknown", title=key[:100])
    spots = {key: Spot(line, key) for key, (line, _) in mapping.items.items()}
    return Record(Place(form.name, mapping.line, spots), cells, below)


def _content(node: _Node) -> Content | None:
    if isinstance(node, _Scalar):
        return node.text if node.text is not None and node.text.strip() else None
    items = node.items if isinstance(node, _List) else [node]
    texts = [item.text for item in items if isinstance(item, _Scalar) and item.text is not None]
    return tuple(texts) if len(texts) == len(items) else Broken("cell.not_text", "")


# -- rows to bytes


class _PlanDumper(_Dumper):
    """Writes numbers and days plain, and rows without rows within them on one line each; a day that stands
    twice is written twice, and not as an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class _OneLine(dict[str, Any]):
    """A mapping on one line."""


class _OneLineList(list[Any]):
    """A list on one line."""


def _plain_decimal(dumper: Any, value: Decimal) -> Any:
    text = format(value, "f")
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def _one_line(dumper: Any, value: _OneLine) -> Any:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=True)


def _one_line_list(dumper: Any, value: _OneLineList) -> Any:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_PlanDumper.add_representer(Decimal, _plain_decimal)
_PlanDumper.add_representer(_OneLine, _one_line)
_PlanDumper.add_representer(_OneLineList, _one_line_list)


def write(document: PlanDocument) -> bytes:
    """The document as YAML in UTF-8; defaults are left out."""
    tree: dict[str, Any] = {}
    for form in SECTIONS:
        if form is PLAN:
            if document.header is not None:
                tree[form.name] = _mapping(form, document.header)
        elif rows := getattr(document, form.name):
            tree[form.name] = [_mapping(form, row) for row in rows]
    dumped = yaml.dump(
        tree, Dumper=_PlanDumper, allow_unicode=True, sort_keys=False, width=110, encoding="utf-8"
    )
    assert isinstance(dumped, bytes)
    return dumped


def _mapping(form: Form, row: Any) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for column in form.columns:
        value = getattr(row, column.name)
        if not is_default(column, value):
            written = column.kind.write(value)
            cells[column.name] = _OneLineList(written) if isinstance(written, list) else written
    for child in form.children:
        if below := getattr(row, child.name):
            cells[child.name] = [_mapping(child, each) for each in below]
    return cells if form.children or form is PLAN else _OneLine(cells)
