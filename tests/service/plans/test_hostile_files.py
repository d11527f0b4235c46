"""Files that are broken, too large or built to do harm are refused with one coded fault, and quickly."""

import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from service.plans.faults import PlanRefused
from service.plans.sheet import FileKind, file_kind, read_plan, write_plan
from tests.service.plans.small_plan import (
    KNOWN,
    YAML,
    csv_bytes,
    csv_table,
    faults,
    line_of,
    small,
    yaml_with,
)

# -- YAML


@pytest.mark.parametrize(
    ("text", "row", "code"),
    [
        ("units: &u []\ntasks: *u\n", 1, "yaml.alias"),
        ("units: []\ntasks: *u\n", 2, "yaml.alias"),
        ("units: !!python/object/apply:os.system [ls]\n", 1, "yaml.tag"),
        ("units: []\n---\nunits: []\n", 2, "yaml.second_document"),
        ("units: []\ntasks: [\n", 3, "yaml.malformed"),
        ("units: []\n\ttasks: []\n", 2, "yaml.malformed"),
        ("units: []\n? [a]\n: b\n", 2, "yaml.key"),
        ("units: []\n~: b\n", 2, "yaml.key"),
        ("units: []\nnote: a\x00b\n", 2, "text.unprintable"),
        ("units: []\nnote: a\x07b\n", 2, "text.unprintable"),
        ("units: " + "[" * 100_000 + "\n", 1, "yaml.too_deep"),
        ("units: " + "{a: " * 100_000 + "\n", 1, "yaml.too_deep"),
    ],
)
def test_yaml_that_no_plan_needs_is_refused(text: str, row: int, code: str) -> None:
    assert faults(text.encode(), "yaml") == [("yaml", row, "", code)]


def test_a_billion_laughs_are_refused_at_the_first() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    assert faults("\n".join(lines).encode(), "yaml") == [("yaml", 1, "", "yaml.alias")]


def test_yaml_may_begin_with_a_byte_order_mark_and_must_be_utf_8() -> None:
    assert faults(b"\xef\xbb\xbf" + YAML.encode(), "yaml") == []
    broken = YAML.encode().replace("农村".encode(), b"\xff\xfe")
    assert faults(broken, "yaml") == [("yaml", line_of(YAML, "农村"), "", "file.encoding")]
    assert faults(YAML.encode("gb18030"), "yaml") == [("yaml", 3, "", "file.encoding")]


def test_a_lone_surrogate_that_an_escape_makes_is_refused() -> None:
    text = yaml_with("title: 下一项", 'title: "\\uD800"')
    assert len(faults(text.encode(), "yaml")) == 1


# -- CSV


def test_csv_may_be_utf_8_with_or_without_mark_or_gb18030() -> None:
    table = csv_table()
    tasks = small().tasks
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        assert read_plan(csv_bytes(table, encoding), "csv", KNOWN).tasks == tasks


def test_one_broken_byte_of_utf_8_is_not_taken_for_gb18030() -> None:
    content = csv_bytes(csv_table())
    broken = content.replace("下一项".encode(), "下一项".encode()[:-1])
    assert broken != content
    assert faults(broken, "csv", KNOWN) == [("tasks", 5, "", "file.encoding")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_refused(encoding: str) -> None:
    (fault,) = faults(csv_bytes(csv_table(), encoding), "csv", KNOWN)
    assert fault[3] == "file.encoding"


def test_a_quote_that_is_never_closed() -> None:
    assert [f[3] for f in faults(b'code,title\n1,"never closed\n2,x\n', "csv", KNOWN)] == ["csv.malformed"]


def test_a_cell_of_many_megabytes() -> None:
    content = b"code,title\n1," + b"x" * 200_000 + b"\n"
    assert [f[3] for f in faults(content, "csv", KNOWN)] == ["csv.malformed"]


# -- XLSX


def _workbook(fill: Any) -> bytes:
    workbook = Workbook()
    fill(workbook.worksheets[0])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def test_a_cell_in_the_last_corner_does_not_make_billions() -> None:
    def far_down(sheet: Any) -> None:
        sheet["A1048576"] = "x"

    def far_right(sheet: Any) -> None:
        sheet["XFD1"] = "x"

    assert [f[3] for f in faults(_workbook(far_down), "xlsx")] == ["file.too_many_rows"]
    assert [f[3] for f in faults(_workbook(far_right), "xlsx")] == ["file.too_many_columns"]


def test_too_many_rows_are_seen_before_they_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def many(sheet: Any) -> None:
        for _ in range(20_100):
            sheet.append(["x"])

    content = _workbook(many)
    monkeypatch.setattr("service.plans.xlsx_form.load_workbook", None)
    assert [f[3] for f in faults(content, "xlsx")] == ["file.too_many_rows"]


def test_a_zip_bomb_is_not_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (51 * 1024 * 1024))
    assert len(file.getvalue()) < 100_000
    assert [f[3] for f in faults(file.getvalue(), "xlsx")] == ["file.too_large"]


def test_what_is_no_workbook() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    for content in (b"", b"PK\x03\x04", YAML.encode(), file.getvalue()):
        assert faults(content, "xlsx") == [("", 1, "", "xlsx.malformed")]


def _with_styles(old: bytes, new: bytes) -> bytes:
    """The small plan's workbook with its styles rewritten."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(write_plan(small(), "xlsx"))) as source,
        zipfile.ZipFile(file, "w") as archive,
    ):
        for name in source.namelist():
            content = source.read(name)
            assert name != "xl/styles.xml" or old in content
            archive.writestr(name, content.replace(old, new) if name == "xl/styles.xml" else content)
    return file.getvalue()


def test_a_workbook_without_a_default_style_is_taken_without_a_warning() -> None:
    assert faults(_with_styles(b'name="Normal"', b'name="Other"'), "xlsx") == []


def test_a_cell_in_a_format_that_the_workbook_does_not_have() -> None:
    (fault,) = faults(_with_styles(b'numFmtId="0"', b'numFmtId="200"'), "xlsx")
    assert fault[3] == "xlsx.malformed"


# -- any


@pytest.mark.parametrize("kind", ["yaml", "csv", "xlsx"])
def test_a_file_above_ten_megabytes_is_not_even_read(kind: FileKind, tmp_path: Path) -> None:
    path = tmp_path / f"large.{kind}"
    with path.open("wb") as file:
        file.truncate(10 * 1024 * 1024 + 1)
    for source in (path, path.read_bytes()):
        with pytest.raises(PlanRefused) as refused:
            read_plan(source, kind)
        assert [e.code for e in refused.value.errors] == ["file.too_large"]


def test_more_than_twenty_thousand_rows() -> None:
    row = "  - {code: u, name: n, category: county}\n"
    assert faults(("units:\n" + row * 20_001).encode(), "yaml") == [
        ("yaml", 20_001, "", "file.too_many_rows")
    ]
    table = [*csv_table()[:2], *csv_table()[1:2] * 20_000]
    assert faults(csv_bytes(table), "csv", KNOWN) == [("tasks", 20_002, "", "file.too_many_rows")]


def test_a_file_is_known_by_its_suffix() -> None:
    assert [file_kind(Path(name)) for name in ("a.YAML", "a.yml", "a.csv", "a.xlsx")] == [
        "yaml",
        "yaml",
        "csv",
        "xlsx",
    ]
    with pytest.raises(PlanRefused) as refused:
        file_kind(Path("a.xls"))
    assert refused.value.errors[0].code == "file.kind_unknown"


def _damaged(data: st.DataObject, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3) | _TROUBLE)
    return bytes(damaged)


_TROUBLE = st.sampled_from(
    [b"<", b"&", b"\0", b"\xff", b"NaN", b"-1", b"99999999", b"[", b"{", b"*a", b"'", b'"', b"\n"]
)
_damages = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def _sound(kind: FileKind) -> bytes:
    """Written once: a workbook holds the moment of writing, and would differ from one time to the next."""
    return write_plan(small(), kind)


@pytest.mark.parametrize("kind", ["yaml", "csv", "xlsx"])
@given(st.data())
@_damages
def test_damaged_bytes_are_read_or_refused_and_nothing_else(kind: FileKind, data: st.DataObject) -> None:
    faults(_damaged(data, _sound(kind)), kind)


@given(st.data())
@_damages
def test_a_workbook_with_damage_within_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_sound("xlsx"))) as source, zipfile.ZipFile(file, "w") as archive:
        hit = data.draw(st.sampled_from(source.namelist()))
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, _damaged(data, content) if name == hit else content)
    faults(file.getvalue(), "xlsx")
