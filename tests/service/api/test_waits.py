"""Which projections an answer waits for: those whose tables its statement reads."""

import pytest

from projections import PROJECTIONS
from service.api.plan.compile import projections_of
from service.tables.schema import version_name


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_a_table_and_its_versions_name_their_projection(projection) -> None:  # type: ignore[no-untyped-def]
    for table in projection.tables:
        for name in (table.name, version_name(table)):
            assert projections_of(f"select * from read.{name} t") == {projection.name}
            assert projections_of(f'select * from read."{name}" t') == {projection.name}


def test_several_tables_name_all_their_projections() -> None:
    both = projections_of("select * from read.task t join read.sweep s on true")
    assert both == projections_of("from read.task") | projections_of("from read.sweep")
    assert len(both) == 2


@pytest.mark.parametrize("source", ["log.event", "read.checkpoint, read.task", "read.not_known, read.task"])
def test_whatever_else_is_read_waits_for_all(source: str) -> None:
    assert projections_of(f"select * from {source}") == frozenset()
