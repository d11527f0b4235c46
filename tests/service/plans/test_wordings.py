"""Every fault has its sentence: those of the service layer's own codes, or the domain's."""

import re
from pathlib import Path

from domain.refusals import CATALOGUE
from service.plans import wordings
from service.plans.wordings import OWN, said

MODULES = ("cells", "check", "csv_form", "records", "sheet", "table_form", "xlsx_form", "yaml_form")
_CODE = re.compile(r'(?<!Path\()"([a-z_]+\.[a-z_]+)"')


def used() -> set[str]:
    room = Path(wordings.__file__).parent
    sources = "\n".join((room / f"{name}.py").read_text(encoding="utf-8") for name in MODULES)
    return set(_CODE.findall(sources))


def test_every_code_has_a_sentence() -> None:
    assert used() <= OWN.keys() | CATALOGUE.keys()


def test_no_sentence_is_idle_and_none_hides_the_domains() -> None:
    assert OWN.keys() <= used()
    assert not OWN.keys() & CATALOGUE.keys()


def test_a_sentence_names_its_column_in_both_languages() -> None:
    sentence = said("cell.required", "lead")
    assert (sentence.en, sentence.zh) == ("Fill in the lead unit.", "请填写牵头单位。")
