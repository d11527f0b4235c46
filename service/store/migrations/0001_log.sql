-- The log: events in one order, every node of their Merkle tree, and the command that brought them.
--
-- Whoever appends only inserts events. The database itself holds the rest together, in the same transaction:
-- it takes the lock that makes positions dense and commit-ordered, refuses what would break a rule of the log,
-- moves the head, and tells those who listen. What is recorded is never changed.

create table log.event (
    position bigint primary key,
    stream_id uuid not null,
    stream_version integer not null,
    topic text collate "C" not null,
    recorded_at timestamptz not null,
    actor text collate "C" not null,
    correlation uuid not null,
    causation bigint,
    -- On the last event of an append that a command with an idempotency key brought.
    command_key text collate "C",
    command_digest bytea,
    command_events integer,
    salt bytea not null,
    state bytea not null,
    leaf_hash bytea not null,
    -- The hashes of the subtrees that this leaf completes, the smallest first, 32 bytes each.
    nodes bytea not null,
    constraint event_version unique (stream_id, stream_version)
);
create unique index event_command on log.event (actor, command_key) where command_key is not null;
create index event_recorded_at on log.event (recorded_at, position);

comment on table log.event is
    'Every fact, for good. Leaf n of the Merkle tree (RFC 6962) is the event at position n + 1.';

create view log.command as
    select actor, command_key as key, command_digest as digest,
        position - command_events + 1 as first_position, position as last_position
    from log.event where command_key is not null;

comment on view log.command is 'The idempotency key of each command, unique for its actor, and the events it brought.';

create table log.head (
    one boolean primary key default true check (one),
    size bigint not null,
    recorded_at timestamptz not null
) with (fillfactor = 10);
insert into log.head (size, recorded_at) values (0, '-infinity');

comment on table log.head is 'One row, locked by whoever appends: it gives the order and the positions.';

create table log.tracking (
    application_name text collate "C" primary key,
    notification_id bigint not null
) with (fillfactor = 50);

comment on table log.tracking is 'How far each consumer of a log has come.';

create function log.frontier(size bigint) returns bytea[] language sql stable parallel safe as $$
    select coalesce(array_agg(hash order by level desc), '{}')
    from generate_series(0, 62) level, lateral (
        select case level when 0 then leaf_hash else substring(nodes from 32 * level - 31 for 32) end as hash
        from log.event where position = size >> level << level
    ) node
    where size >> level & 1 = 1
$$;

comment on function log.frontier is
    'The hashes of the perfect subtrees that the first `size` leaves make up, the largest first.';

-- One append after the other: before the first row goes in, every append takes the head.

create function log.lock_head() returns trigger language plpgsql as $$
begin
    perform from log.head for update;
    return null;
end $$;

create trigger lock_head before insert on log.event
    for each statement execute function log.lock_head();

-- And after the last, the append is held to the rules, in one look at its rows: positions go on without a gap,
-- one statement is one moment, time never goes back, a cause comes before its effect, and every stream begins
-- with version 0 or 1 and goes on with the next, in the order of positions. (Version 1 needs no look: there is
-- none before it, or version 0, or a duplicate, which the unique constraint refuses.)

create function log.move_head() returns trigger language plpgsql as $$
declare
    head log.head;
    first bigint;
    last bigint;
    events bigint;
    began timestamptz;
    ended timestamptz;
    sound boolean;
begin
    select min(n.position), max(n.position), count(*), min(n.recorded_at), max(n.recorded_at),
        bool_and(n.stream_version >= 0 and octet_length(n.salt) = 16 and octet_length(n.leaf_hash) = 32
            and octet_length(n.nodes) % 32 = 0 and coalesce(n.causation between 1 and n.position - 1, true)
            and num_nulls(n.command_key, n.command_digest, n.command_events) in (0, 3)
            and (n.stream_version = 1 or (n.stream_version = 0) <> coalesce((
                select e.position < n.position from log.event e
                where e.stream_id = n.stream_id and e.stream_version = abs(n.stream_version - 1)), false)))
    into first, last, events, began, ended, sound
    from appended n;
    if events = 0 then
        return null;
    end if;
    update log.head h set size = last, recorded_at = ended
    where h.size = first - 1 and last - first = events - 1 and began = ended and h.recorded_at <= began and sound;
    if not found then
        select * into head from log.head;
        raise integrity_constraint_violation using
            message = format('these events do not go on from the end of the log, position %s at %s',
                head.size, head.recorded_at),
            hint = 'Positions are dense, recorded time never goes back, streams go on with the next version.';
    end if;
    perform pg_notify('duban_log', last::text);
    return null;
end $$;

create trigger move_head after insert on log.event referencing new table as appended
    for each statement execute function log.move_head();

-- Nothing is changed, not even by a session that switches ordinary triggers off.

create function log.refuse() returns trigger language plpgsql as $$
begin
    raise insufficient_privilege using
        message = format('%I.%I is append-only: %s refused', tg_table_schema, tg_table_name, tg_op),
        hint = 'A correction is a new event.';
end $$;

create trigger append_only before update or delete or truncate on log.event
    for each statement execute function log.refuse();
alter table log.event enable always trigger append_only;

create trigger one_row before insert or delete or truncate on log.head
    for each statement execute function log.refuse();
alter table log.head enable always trigger one_row;

create trigger moved_by_events_only before update on log.head
    for each statement when (pg_trigger_depth() = 0) execute function log.refuse();
alter table log.head enable always trigger moved_by_events_only;

-- For those who audit in SQL.

create function log.as_json(state bytea) returns json language plpgsql immutable strict parallel safe as $$
begin
    return convert_from(state, 'utf8')::json;
exception
    when data_exception or program_limit_exceeded then
        return null;
end $$;

create view log.event_json as
    select position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation,
        command_key, log.as_json(state) as state, encode(salt, 'hex') as salt, encode(leaf_hash, 'hex') as leaf_hash
    from log.event;

comment on view log.event_json is 'The log as a person reads it; a state that is no JSON shows as null.';
