-- The log: events in one order, the head of their Merkle tree, and which command brought them.

create schema log;

create table log.migration (
    name text primary key,
    applied_at timestamptz not null default now()
);

create table log.event (
    position bigint primary key check (position > 0),
    stream_id uuid not null,
    stream_version integer not null,
    topic text not null,
    recorded_at timestamptz not null,
    actor text not null,
    correlation uuid not null,
    causation bigint check (causation < position),
    salt bytea not null check (length(salt) = 16),
    state bytea not null,
    leaf_hash bytea not null check (length(leaf_hash) = 32),
    unique (stream_id, stream_version)
);
create index event_recorded_at on log.event (recorded_at, position);

comment on table log.event is 'Every fact, for good. Leaf n of the Merkle tree is the event at position n + 1.';

create table log.head (
    one boolean primary key default true check (one),
    size bigint not null,
    frontier bytea[] not null,
    recorded_at timestamptz not null
);
insert into log.head (size, frontier, recorded_at) values (0, '{}', '-infinity');

comment on table log.head is 'One row, locked by whoever appends: it gives the order, the positions and the tree.';

create table log.command (
    actor text not null,
    key text not null,
    digest bytea not null,
    first_position bigint not null,
    last_position bigint not null,
    primary key (actor, key)
);

comment on table log.command is 'The idempotency key of each command, and the events it brought.';

create table log.tracking (
    application_name text primary key,
    notification_id bigint not null
);

create function log.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'log.% is append-only: % is refused', tg_table_name, tg_op
        using errcode = 'insufficient_privilege';
end $$;

create trigger append_only before update or delete on log.event for each row execute function log.refuse();
create trigger append_only_truncate before truncate on log.event execute function log.refuse();
create trigger append_only before update or delete on log.command for each row execute function log.refuse();
create trigger append_only_truncate before truncate on log.command execute function log.refuse();
create trigger never_gone before delete on log.head for each row execute function log.refuse();
create trigger never_gone_truncate before truncate on log.head execute function log.refuse();

create function log.as_json(state bytea) returns json language plpgsql immutable as $$
begin
    return convert_from(state, 'utf8')::json;
exception when others then
    return null;
end $$;

create view log.event_json as
    select position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation,
        log.as_json(state) as state
    from log.event;

comment on view log.event_json is 'The log as a person reads it; a state that is no JSON shows as null.';
