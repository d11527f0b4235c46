"""Sheets of cards: what is printed is drawn again, and read as a phone's camera reads it."""

import re

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from reportlab.pdfbase import pdfmetrics

from service.ballots.cards import grouped, new_seed
from service.ballots.sheets import CHINESE, LAYOUTS, MOST_UNITS, Ballot, fitted, layout_for, sheets

ADDRESS = "https://duban.example/rate/018f4e1c-0000-7000-8000-000000000001"
GRADES = ("优秀", "良好", "一般", "较差")
LOG_KEY = "ade8 432f 5d76 9b83 6d1f"


def printed(units: int, cards: int) -> tuple[list[str], bytes]:
    """Seeds, and the PDF with their cards."""
    names = [f"第{number}单位发展和改革委员会" for number in range(1, units + 1)]
    seeds = [new_seed() for _ in range(cards)]
    return seeds, sheets(Ballot("2020年5月点评会无记名等级评估", names, GRADES, LOG_KEY), seeds, ADDRESS)


def drawn(pdf: bytes, dots_per_inch: int = 150) -> list[Image.Image]:
    return [page.render(scale=dots_per_inch / 72).to_pil() for page in pypdfium2.PdfDocument(pdf)]


def words(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


@pytest.mark.parametrize(("units", "cards", "pages"), [(6, 9, 3), (10, 4, 1), (24, 2, 2), (100, 2, 2)])
def test_every_card_opens_its_page(units: int, cards: int, pages: int) -> None:
    seeds, pdf = printed(units, cards)
    images = drawn(pdf)
    assert len(images) == pages
    read = [code.text for image in images for code in zxingcpp.read_barcodes(image)]
    assert sorted(read) == sorted(f"{ADDRESS}#{seed}" for seed in seeds)


def test_a_card_shows_its_seed_its_units_and_its_grades() -> None:
    seeds, pdf = printed(6, 4)
    text = words(pdf)
    assert [seed for seed in seeds if grouped(seed).replace(" ", "") not in re.sub(r"\s", "", text)] == []
    assert text.count("优秀") == 4
    assert "2020年5月点评会无记名等级评估" in text
    assert "第6单位" in text
    # What a phone's page is compared with: the same on every card.
    assert re.sub(r"\s", "", text).count(LOG_KEY.replace(" ", "")) == 4


def test_the_file_names_nobody_and_tells_no_time() -> None:
    _, pdf = printed(6, 4)
    document = pypdfium2.PdfDocument(pdf)
    told = {key: value for key, value in document.get_metadata_dict().items() if value}
    assert told.pop("Title") == "2020年5月点评会无记名等级评估 选票卡"
    assert "2000" in told.pop("CreationDate")
    assert "2000" in told.pop("ModDate")
    assert set(told.values()) <= {"anonymous", "unspecified", "(unspecified)", "(anonymous)"} | {
        value for value in told.values() if "ReportLab" in value
    }


def test_pages_are_a4_and_nothing_is_printed_where_the_paper_is_cut() -> None:
    _, pdf = printed(6, 4)
    page = pypdfium2.PdfDocument(pdf)[0]
    assert [round(side) for side in page.get_size()] == [595, 842]
    (image,) = drawn(pdf)
    grey = image.convert("L")
    middle, millimetre = image.width // 2, image.width / 210
    strip = grey.crop((int(middle - 4 * millimetre), 0, int(middle + 4 * millimetre), image.height))
    inked = [y for y in range(strip.height) if min(strip.crop((0, y, strip.width, y + 1)).tobytes()) < 128]
    centre = image.height / 2
    at_edges = [y for y in inked if y < 6 * millimetre or y > image.height - 6 * millimetre]
    at_cross = [y for y in inked if abs(y - centre) < 3 * millimetre]
    assert at_edges
    assert at_cross
    assert len(at_edges) + len(at_cross) == len(inked)


@pytest.mark.parametrize("units", [1, 10, 11, 30, 31, MOST_UNITS])
def test_there_is_room_for_every_unit(units: int) -> None:
    layout = layout_for(units)
    assert layout in LAYOUTS
    assert layout.columns * layout.rows >= units


def test_a_name_that_is_too_long_ends_in_an_ellipsis() -> None:
    _, _ = printed(1, 1)
    name = "农业农村局及乡村振兴工作推进办公室"
    assert fitted(name, 10, 1000, 1) == [name]
    (cut,) = fitted(name, 10, 100, 1)
    assert cut.endswith("…")
    assert pdfmetrics.stringWidth(cut, CHINESE, 10) <= 100
    assert "".join(fitted(name, 10, 100, 2)) == name
