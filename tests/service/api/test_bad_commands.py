"""Commands that break a rule, one by one over HTTP: each is refused with its code, and nothing is recorded."""

from typing import Any

import pytest

from tests.service.api.bad import NUL, REGISTER, refused
from tests.service.api.city import campaign, group, official, task, unit
from tests.service.api.client import PUBLIC, Insider, reporter, supervisor
from tests.service.api.small import listing


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": ""}, "code.malformed"),
        ({"code": "Ä"}, "code.malformed"),
        ({"code": "a" * 65}, "code.malformed"),
        ({"code": f"a{NUL}"}, "code.malformed"),
        ({"name": ""}, "text.empty"),
        ({"name": "  \u3000 "}, "text.empty"),
        ({"name": f"水利{NUL}局"}, "text.unprintable"),
        ({"name": "水利\u202e局"}, "text.unprintable"),
        ({"name": "水" * 101}, "text.too_long"),
        ({"name": "水\n利"}, "text.several_lines"),
        ({"code": "dept.a"}, "unit.exists"),
        ({"idempotencyKey": ""}, "idempotency.malformed_key"),
        ({"idempotencyKey": "short"}, "idempotency.malformed_key"),
        ({"idempotencyKey": "a" * 101}, "idempotency.malformed_key"),
        ({"idempotencyKey": f"12345678{NUL}"}, "idempotency.malformed_key"),
        ({"idempotencyKey": "一二三四五六七八"}, "idempotency.malformed_key"),
        ({"idempotencyKey": "with blanks"}, "idempotency.malformed_key"),
        ({"expectedVersion": 1}, "version.stale"),
        ({"expectedVersion": -1}, "version.stale"),
        ({"expectedVersion": 2**31 - 1}, "version.stale"),
    ],
    ids=str,
)
async def test_a_command_that_breaks_a_rule(town: Insider, changes: dict[str, Any], code: str) -> None:
    given_ = {"code": "dept.new", "name": "新单位", "category": "ZONE", **changes}
    answer = await town.refused("registerUnit", given_)
    assert answer["code"] == code
    assert answer["messageZh"]
    assert answer["messageEn"]
    assert answer["field"] in (*given_, "idempotencyKey")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"deadline": "2021-02-01"}, "campaign.date_outside", "deadline"),
        ({"start": "2020-01-01"}, "campaign.date_outside", "start"),
        ({"deadline": "2020-04-01"}, "task.deadline_before_start", "deadline"),
        ({"campaign": campaign("nope")}, "campaign.unknown", "campaign"),
        ({"leadUnit": unit("nope")}, "unit.unknown", "leadUnit"),
        ({"supportingUnits": [unit("dept.b"), unit("nope")]}, "unit.unknown", "supportingUnits.1"),
        ({"supportingUnits": [unit("dept.a")]}, "task.unit_twice", "supportingUnits"),
        ({"article": 0}, "task.article_out_of_range", "article"),
        ({"article": -5}, "task.article_out_of_range", "article"),
        ({"title": NUL}, "text.unprintable", "title"),
        ({"note": f"a{NUL}"}, "text.unprintable", "note"),
        ({"indicators": []}, "task.indicator_count", "indicators"),
        ({"code": "1.1"}, "task.exists", "code"),
    ],
    ids=str,
)
async def test_a_task_that_cannot_be_listed(
    town: Insider, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = await town.refused("listTask", listing("1.9") | changes)
    assert (answer["code"], answer["field"]) == (code, field)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"weight": "-100"}, "indicator.weight_not_positive", "indicators.0.weight"),
        ({"weight": "99.9"}, "indicator.weights_not_100", "indicators"),
        ({"target": "-5"}, "indicator.negative_count", "indicators.0.target"),
        ({"target": "1e30"}, "figure.out_of_range", "indicators.0.target"),
        ({"target": "1e-30"}, "figure.out_of_range", "indicators.0.target"),
        ({"target": "1e999999999"}, "figure.out_of_range", "indicators.0.target"),
        ({"name": NUL}, "text.unprintable", "indicators.0.name"),
        ({"code": "Nope!"}, "code.malformed", "indicators.0.code"),
    ],
    ids=str,
)
async def test_an_indicator_that_cannot_be(
    town: Insider, changes: dict[str, Any], code: str, field: str
) -> None:
    given_ = listing("1.9")
    given_["indicators"] = [given_["indicators"][0] | changes]
    answer = await town.refused("listTask", given_)
    assert (answer["code"], answer["field"]) == (code, field)


REPORT: dict[str, Any] = {
    "task": task("1.1"),
    "period": "2020-05",
    "values": [{"indicator": "a", "value": "1"}],
    "narrative": "进展",
}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"task": task("9.9")}, "task.unknown", "task"),
        ({"task": task("1.2")}, "task.closed", "task"),
        ({"unit": unit("dept.c")}, "task.not_your_unit", "unit"),
        ({"unit": unit("nope")}, "task.not_your_unit", "unit"),
        ({"period": "2020-04"}, "report.period_taken", "period"),
        ({"period": "2020-12"}, "report.period_outside", "period"),
        ({"period": "2020-13"}, "period.malformed", "period"),
        ({"period": NUL}, "period.malformed", "period"),
        ({"values": []}, "report.value_missing", "values"),
        ({"values": [{"indicator": "a", "value": "-1"}]}, "report.negative_count", "values.0.value"),
        ({"values": [{"indicator": "a", "value": "1e30"}]}, "figure.out_of_range", "values.0.value"),
        ({"values": [{"indicator": "z", "value": "1"}]}, "indicator.unknown", "values.0.indicator"),
        ({"values": [{"indicator": NUL, "value": "1"}]}, "code.malformed", "values.0.indicator"),
        ({"values": [{"indicator": "a", "value": "1"}] * 2}, "report.value_twice", "values"),
        ({"narrative": ""}, "text.empty", "narrative"),
        ({"narrative": f"进{NUL}展"}, "text.unprintable", "narrative"),
        ({"narrative": "进" * 4_001}, "text.too_long", "narrative"),
        ({"evidence": [{"url": "ftp://x", "sha256": "ab" * 32}]}, "evidence.malformed_url", "evidence.0.url"),
        (
            {"evidence": [{"url": "https://example.org/a", "sha256": "x"}]},
            "evidence.malformed_digest",
            "evidence.0.sha256",
        ),
        (
            {"evidence": [{"url": f"https://example.org/{NUL}", "sha256": "ab" * 32}]},
            "evidence.malformed_url",
            "evidence.0.url",
        ),
        ({"expectedVersion": 1}, "version.stale", "expectedVersion"),
        ({"expectedVersion": 99}, "version.stale", "expectedVersion"),
    ],
    ids=str,
)
async def test_a_report_that_cannot_be_made(
    town: Insider, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = await town.refused("reportProgress", REPORT | changes)
    assert (answer["code"], answer["field"]) == (code, field), answer


@pytest.mark.parametrize("mutation", ["verifyReport", "disputeReport"])
async def test_a_report_that_is_not_there(town: Insider, mutation: str) -> None:
    unknown = "report:00000000-0000-5000-8000-000000000000"
    given_ = {"task": task("1.1"), "report": unknown} | (
        {"reason": "不符"} if mutation == "disputeReport" else {}
    )
    assert (await town.refused(mutation, given_, supervisor("g1")))["code"] == "report.unknown"


@pytest.mark.parametrize(
    ("mutation", "given_", "code"),
    [
        ("renameUnit", {"unit": unit("nope"), "name": "新"}, "unit.unknown"),
        (
            "appointOfficial",
            {"official": official("nope"), "unit": unit("dept.a"), "post": "局长", "since": "2020-01-01"},
            "official.unknown",
        ),
        ("releaseOfficial", {"unit": unit("nope"), "until": "2020-01-01"}, "unit.unknown"),
        (
            "launchCampaign",
            {"code": "c9", "number": 1, "name": "x", "start": "2020-02-01", "end": "2020-01-01"},
            "campaign.ends_before_start",
        ),
        (
            "launchCampaign",
            {"code": "c9", "number": 1, "name": "x", "start": "0001-01-01", "end": "2020-01-01"},
            "date.out_of_range",
        ),
        (
            "launchCampaign",
            {"code": "c9", "number": -1, "name": "x", "start": "2020-01-01", "end": "2020-02-01"},
            "campaign.number_out_of_range",
        ),
        ("formTaskForce", {"campaign": campaign("c1"), "members": []}, "task_force.size"),
        ("formTaskForce", {"campaign": campaign("nope"), "members": []}, "campaign.unknown"),
        (
            "formSupervisionGroup",
            {"code": "g9", "name": "x", "leader": official("nope"), "campaigns": []},
            "official.unknown",
        ),
        ("changeGroupCoverage", {"group": group("g1"), "campaigns": []}, "group.covers_nothing"),
        (
            "reviseTarget",
            {
                "task": task("1.1"),
                "indicator": "a",
                "target": "-1",
                "document": {"number": "1", "title": "x", "issuedOn": "2020-05-01"},
            },
            "indicator.negative_count",
        ),
        (
            "extendDeadline",
            {
                "task": task("1.1"),
                "deadline": "2030-01-01",
                "document": {"number": "1", "title": "x", "issuedOn": "2020-05-01"},
            },
            "campaign.date_outside",
        ),
        (
            "extendDeadline",
            {
                "task": task("1.1"),
                "deadline": "2020-12-31",
                "document": {"number": NUL, "title": "x", "issuedOn": "2020-05-01"},
            },
            "text.unprintable",
        ),
        (
            "deliverTask",
            {"task": task("1.1"), "deliveredOn": "2030-01-01", "statement": "x"},
            "task.delivered_outside",
        ),
        ("acceptTask", {"task": task("1.1")}, "task.not_delivered"),
        ("returnTask", {"task": task("1.1"), "reason": "x"}, "task.not_delivered"),
        ("publishTask", {"task": task("1.1"), "outlet": NUL}, "text.unprintable"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_commands_that_break_a_rule(
    town: Insider, mutation: str, given_: dict[str, Any], code: str
) -> None:
    assert (await town.refused(mutation, given_))["code"] == code


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"code": "x"},
        {"code": 7, "name": "x", "category": "ZONE", "idempotencyKey": "12345678"},
        {"code": "x", "name": None, "category": "ZONE", "idempotencyKey": "12345678"},
        {"code": "x", "name": "x", "category": "TOWN", "idempotencyKey": "12345678"},
        {"code": "x", "name": "x", "category": "zone", "idempotencyKey": "12345678"},
        {"code": "x", "name": "x", "category": "ZONE", "idempotencyKey": 12345678},
        {"code": "x", "name": "x", "category": "ZONE"},
        {"code": "x", "name": "x", "category": "ZONE", "idempotencyKey": "12345678", "nope": 1},
        {"code": "x", "name": "x", "category": "ZONE", "idempotencyKey": "12345678", "expectedVersion": "1"},
        {
            "code": "x",
            "name": "x",
            "category": "ZONE",
            "idempotencyKey": "12345678",
            "expectedVersion": 2**31,
        },
        None,
        "x",
        [],
    ],
    ids=str,
)
async def test_an_input_of_a_wrong_shape(town: Insider, given_: Any) -> None:
    await refused(town, {"query": REGISTER, "variables": {"input": given_}}, "BAD_INPUT")


@pytest.mark.parametrize(
    "id_", ["task:1", "unit", unit("dept.a").replace("unit", "task"), "", NUL, "unit:" + "0" * 32]
)
async def test_an_input_with_an_id_of_something_else(town: Insider, id_: str) -> None:
    for mutation, given_ in (
        ("renameUnit", {"unit": id_, "name": "新"}),
        ("listTask", listing("1.9") | {"supportingUnits": [id_]}),
        ("formTaskForce", {"campaign": id_, "members": []}),
    ):
        answer = await town.send(mutation, given_)
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["BAD_INPUT"]
        assert answer["data"] is None


async def test_a_repeated_key_with_another_body(service: Insider) -> None:
    given_ = {"code": "dept.x", "name": "单位", "category": "ZONE", "idempotencyKey": "the-same-key"}
    first = await service.give("registerUnit", given_)
    position = await service.position()
    assert await service.give("registerUnit", given_) == first
    for changes in ({"name": "别的单位"}, {"code": "dept.y"}, {"category": "COUNTY"}, {"expectedVersion": 2}):
        answer = await service.refused("registerUnit", given_ | changes)
        assert (answer["code"], answer["field"]) == ("idempotency.key_reused", "idempotencyKey")
    other = {"code": "o1", "name": "干部", "idempotencyKey": "the-same-key"}
    assert (await service.refused("registerOfficial", other))["code"] == "idempotency.key_reused"
    assert await service.position() == position


async def test_the_public_and_strangers_cannot_write(town: Insider) -> None:
    given_ = {"code": "dept.x", "name": "单位", "category": "ZONE"}
    for who in (PUBLIC, reporter("dept.a"), reporter("no.such")):
        answer = await town.send("registerUnit", given_, role=who)
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]


async def test_someone_elses_unit(town: Insider) -> None:
    report = REPORT | {"period": "2020-05"}
    answer = await town.refused("reportProgress", report, reporter("dept.c"))
    assert (answer["code"], answer["field"]) == ("task.not_your_unit", "unit")
    answer = await town.send("reportProgress", report | {"unit": unit("dept.a")}, role=reporter("dept.c"))
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]
