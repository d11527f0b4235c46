-- Reading the log as an auditor does, and the one narrow door through which what is recorded may go: lawful
-- erasure of personal data.
--
-- Erasing empties `salt` and `state` of an event that a recorded order names and another person has confirmed.
-- The leaf stays, and the digest that it holds is kept, so that the tree and every proof over it stay valid; a
-- digest without its salt tells nothing. What is left of the fact, without the personal data, is part of the
-- confirmation, which is an event itself: replay and projections read that in its place.

create table log.erased (
    position bigint primary key,
    by_position bigint not null,
    state_digest bytea not null,
    remains bytea not null
);

comment on table log.erased is
    'The events whose state and salt are erased: the confirmation that did it, the digest, and what is left of the fact.';

-- What names the erased, for those who look for what is still to be done.
create index event_erasure on log.event (position) where topic = 'erasure.personal_data_erased';
-- The effects of an event. Few events have a cause, and only these are indexed.
create index event_causation on log.event (causation) where causation is not null;

-- Whether a recorded confirmation names the position and leaves this of it. Two people: the order and the
-- confirmation are two events of one stream by different actors, and both name the position.

create function log.is_erasure(confirmation bigint, erased bigint, remains bytea) returns boolean
language sql stable set search_path = pg_catalog, log as $$
    select exists (
        select from log.event c
        join log.event o on o.stream_id = c.stream_id and o.stream_version < c.stream_version
            and o.topic = 'erasure.ordered' and o.actor <> c.actor
        cross join lateral jsonb_to_recordset(convert_from(c.state, 'utf8')::jsonb -> 'remains')
            as r(position bigint, topic text, state text)
        join log.event e on e.position = r.position and e.topic = r.topic
        where c.position = confirmation and c.topic = 'erasure.personal_data_erased'
            and not starts_with(e.topic, 'erasure.') and r.position = erased and erased < c.position and convert_to(r.state, 'utf8') = remains
            and convert_from(o.state, 'utf8')::jsonb -> 'positions' @> to_jsonb(erased)
    )
$$;

create function log.guard_erased() returns trigger language plpgsql set search_path = pg_catalog, log as $$
begin
    if log.is_erasure(new.by_position, new.position, new.remains) and new.state_digest = (
        select sha256(e.salt || e.state) from log.event e where e.position = new.position and e.salt <> ''
    ) then
        return new;
    end if;
    raise insufficient_privilege using
        message = format('log.erased is append-only: position %s is not erased by %s', new.position, new.by_position),
        hint = 'An erasure is ordered by one person and confirmed by another; both are events.';
end $$;

create trigger only_what_is_confirmed before insert on log.erased
    for each row execute function log.guard_erased();
alter table log.erased enable always trigger only_what_is_confirmed;
create trigger append_only before update or delete or truncate on log.erased
    for each statement execute function log.refuse();
alter table log.erased enable always trigger append_only;

-- The events: no update of any column but three, and of these only what empties an erased event.

drop trigger append_only on log.event;
create trigger append_only before delete or truncate on log.event
    for each statement execute function log.refuse();
alter table log.event enable always trigger append_only;

create trigger never_changed before update of
    position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation, command_key,
    command_events, leaf_hash, nodes on log.event
    for each statement execute function log.refuse();
alter table log.event enable always trigger never_changed;

create function log.guard_event() returns trigger language plpgsql set search_path = pg_catalog, log as $$
declare
    kept log.event := old;
begin
    if new.salt = '' and new.state = '' and exists (select from log.erased x where x.position = old.position) then
        kept.salt := '';
        kept.state := '';
    end if;
    -- The digest of a command has no salt: whoever guesses what was erased could try it there.
    if new.command_digest = '\x00' and exists (
        select from log.erased x
        where x.position between old.position - old.command_events + 1 and old.position
    ) then
        kept.command_digest := '\x00';
    end if;
    if new is not distinct from kept then
        return new;
    end if;
    raise insufficient_privilege using
        message = format('log.event is append-only: %s of position %s refused', tg_op, old.position),
        hint = 'A correction is a new event; an erasure goes through log.erase.';
end $$;

create trigger only_erasure before update on log.event
    for each row execute function log.guard_event();
alter table log.event enable always trigger only_erasure;

-- The door. It takes the position of a confirmation and does what that says, however often it is called.

create function log.erase(confirmation bigint) returns integer
language plpgsql security definer set search_path = pg_catalog, log as $$
declare
    emptied integer;
begin
    insert into log.erased (position, by_position, state_digest, remains)
    select e.position, confirmation, sha256(e.salt || e.state), convert_to(r.state, 'utf8')
    from log.event c
    cross join lateral jsonb_to_recordset(convert_from(c.state, 'utf8')::jsonb -> 'remains')
        as r(position bigint, state text)
    join log.event e on e.position = r.position
    where c.position = confirmation and c.topic = 'erasure.personal_data_erased'
        and not exists (select from log.erased x where x.position = e.position);
    update log.event e set salt = '', state = ''
    from log.erased x
    where x.by_position = confirmation and x.position = e.position and e.salt <> '';
    get diagnostics emptied = row_count;
    update log.event e set command_digest = '\x00'
    from log.erased x, lateral (
        select l.position from log.event l
        where l.position >= x.position and l.command_events is not null order by l.position limit 1
    ) last
    where x.by_position = confirmation and e.position = last.position
        and x.position > e.position - e.command_events and e.command_digest <> '\x00';
    return emptied;
end $$;

comment on function log.erase is
    'Empties state and salt of the events that a recorded confirmation names; how many. Nothing else can.';

-- The events as everyone reads them: of an erased one, what is left of the fact.

create view log.fact as
    select e.position, e.stream_id, e.stream_version, e.topic, e.recorded_at, e.actor, e.correlation, e.causation,
        case when e.salt = '' then (select x.remains from log.erased x where x.position = e.position)
            else e.state end as state,
        nullif(e.salt, '') as salt,
        e.leaf_hash, e.salt = '' as erased
    from log.event e;

comment on view log.fact is 'The log as it is read: an erased event shows what is left of it.';

-- What is published of the events goes on, with the digest that outlives the state.

create or replace view log.sealed as
    select e.position, e.stream_id, e.stream_version, e.topic, e.recorded_at, e.actor, e.correlation, e.causation,
        case when e.salt = '' then (select x.state_digest from log.erased x where x.position = e.position)
            else sha256(e.salt || e.state) end as state_digest, e.leaf_hash, e.nodes
    from log.event e;

-- Whoever appends needs no right to the head: the triggers move it with the owner's.

alter function log.lock_head() security definer set search_path = pg_catalog, log;
alter function log.move_head() security definer set search_path = pg_catalog, log;
revoke execute on function log.erase(bigint) from public;
