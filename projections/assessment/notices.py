"""The reads of notices: what a page or a workbook of one shows."""

from projections.assessment.rankings import AFFECTED

LISTED = """
select n.span, n.edition, n.number, n.title, n.issued_on
from read.notice n
where not n.superseded
order by n.last_month desc, n.kind, n.span"""
"""The notices in their latest editions, the latest first."""

NOTICE = """
select n.span, n.edition, n.number, n.title, n.text, n.issued_on, n.publication_ids,
    (select e.position from log.event e
        where e.stream_id = n.notice_id and e.stream_version = n.edition) as issued_position,
    (select max(l.edition) from read.notice l where l.notice_id = n.notice_id) as latest,
    exists (select from read.campaign c where c.demonstration) as demonstration
from read.notice n
where n.span = $1 and ($2::int is null or n.edition = $2)
order by n.edition desc
limit 1"""
"""The notice of a span in the edition $2, or in its latest (null). Each event of its stream is an edition."""

NUMBERED_ELSEWHERE = "select id from read.notice where number = $1 and notice_id <> $2 limit 1"
"""Another period's notice under the number $1; $2 is the notice that asks."""

DRAFT = """
select coalesce((select max(n.edition) from read.notice n where n.span = $1), 0) + 1 as edition,
    array(select r.id from read.published_ranking r
        where r.span = $1 and not r.superseded) as publication_ids,
    (select s.content from read.assessment_scheme s where s.effective_month <= $2
        order by s.edition desc limit 1) as content,
    exists (select from read.campaign c where c.demonstration) as demonstration"""
"""What a notice of the span $1 would make known if it were issued now; $2 is its last month."""

RANKINGS = f"""
select r.id, r.category, r.edition, r.published_on, r.reason, r.inputs_position, r.inputs_count,
    r.inputs_digest, {AFFECTED.format(t="r")} as affected,
    s.edition as scheme_edition, s.title as scheme_title, s.document_number, s.content
from read.published_ranking r
join read.assessment_scheme s on s.edition = r.scheme_edition
where r.id = any($1)
order by array_position(array['county', 'zone', 'department'], r.category)"""
"""The rankings of a notice, with the edition of the scheme that each follows."""

RANKED = """
select e.publication_id, e.rank, n.name, e.total, e.change, e.components, e.adjustments
from read.ranked_unit e
join read.unit_name_version n on n.id = e.unit_id and n.valid_from <= $2 and n.valid_to > $2
where e.publication_id = any($1)
order by e.place"""
"""The units of these rankings, the first first, as they were called at the position $2: a unit that is
renamed later does not change what was published."""
