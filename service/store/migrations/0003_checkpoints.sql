-- What the log says of itself to those who do not trust it: entries, full tiles, signed checkpoints, and the
-- cosignatures of witnesses. Tiles and checkpoints are the signer's; it makes them of leaves alone, and nothing
-- is ever changed. (Partial tiles are read from the events, which hold every node of the tree.)

-- The bytes that a leaf is the hash of: RFC 8785, as service/log/entry.py writes them. PostgreSQL's JSON strings
-- escape what that RFC escapes, and nothing else. Whoever lets the digest of a state outlive the state replaces
-- `state_digest` here.

create view log.sealed as
    select position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation,
        sha256(salt || state) as state_digest, leaf_hash, nodes
    from log.event;

comment on view log.sealed is 'The envelope of each event with the digest that stands for its state.';

create view log.entry as
    select position, leaf_hash, nodes, convert_to(
        '{"actor":' || to_json(actor)
        || ',"causation":' || coalesce(causation::text, 'null')
        || ',"correlation":"' || correlation
        || '","position":' || position
        || ',"recordedAt":"' || to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","stateDigest":"' || encode(state_digest, 'base64')
        || '","streamId":"' || stream_id
        || '","streamVersion":' || stream_version
        || ',"topic":' || to_json(topic) || '}', 'utf8') as entry
    from log.sealed;

comment on view log.entry is 'What is published of each event; its leaf is SHA-256(0x00 || entry).';

create table log.tile (
    level smallint not null check (level between 0 and 7),
    index bigint not null check (index >= 0),
    hashes bytea not null check (octet_length(hashes) = 8192),
    primary key (level, index)
);

comment on table log.tile is 'The full tiles (C2SP tlog-tiles) of what has been signed: 256 hashes each.';

create table log.checkpoint (
    number bigint primary key generated always as identity,
    size bigint not null check (size >= 0),
    note bytea not null,
    signed_at timestamptz not null default clock_timestamp()
);
create index checkpoint_size on log.checkpoint (size, number);

comment on table log.checkpoint is 'Signed checkpoints (C2SP tlog-checkpoint), the last one with the highest number.';

create table log.signer (
    vkey text collate "C" primary key,
    since timestamptz not null default clock_timestamp()
);

comment on table log.signer is 'The public keys that have signed checkpoints. (Whoever verifies has them from elsewhere.)';

create table log.cosignature (
    checkpoint bigint not null references log.checkpoint,
    witness text collate "C" not null,
    line text not null,
    received_at timestamptz not null default clock_timestamp(),
    primary key (checkpoint, witness)
);

comment on table log.cosignature is 'Lines by which witnesses have cosigned a checkpoint (C2SP tlog-cosignature).';

create function log.refuse_smaller_checkpoint() returns trigger language plpgsql as $$
begin
    if exists (select from log.checkpoint c where c.size > new.size) then
        raise integrity_constraint_violation using
            message = format('a checkpoint of %s events, behind a larger one', new.size);
    end if;
    return new;
end $$;

create trigger grows before insert on log.checkpoint
    for each row execute function log.refuse_smaller_checkpoint();

create trigger append_only before update or delete or truncate on log.tile
    for each statement execute function log.refuse();
alter table log.tile enable always trigger append_only;

create trigger append_only before update or delete or truncate on log.checkpoint
    for each statement execute function log.refuse();
alter table log.checkpoint enable always trigger append_only;

create trigger append_only before update or delete or truncate on log.signer
    for each statement execute function log.refuse();
alter table log.signer enable always trigger append_only;

create trigger append_only before update or delete or truncate on log.cosignature
    for each statement execute function log.refuse();
alter table log.cosignature enable always trigger append_only;
