-- The rating boxes beside the log: what must be remembered while a box is open, and nothing after it.
--
-- The urn of an open box is a table of its own, UNLOGGED: the write-ahead log never holds a ballot, and when the
-- box is sealed its file goes with it. It has no time and no sequence; a crash empties it, and clients post again.
-- Who holds credentials is remembered durably until the barrier, or a crash would let a rater collect twice.

create schema ballots;

create table ballots.box (
    box uuid primary key,
    phase text not null check (phase in ('collecting', 'collected', 'casting', 'sealing', 'sealed')),
    cards_printed integer not null default 0,
    -- How many ballots there were when sealing began: fewer afterwards, and a crash has emptied the urn.
    counted bigint
);

comment on table ballots.box is 'Where each rating box is in its life, as far as the log does not say it.';

-- Encrypted under a key in a file, so that copies of the database hold nothing to sign with.
create table ballots.issuer_key (
    box uuid not null,
    unit uuid not null,
    public_key bytea not null,
    sealed_private_key bytea,
    primary key (box, unit)
);

create table ballots.rater (
    box uuid not null,
    rater uuid not null,
    way text not null check (way in ('phone', 'card', 'barred')),
    -- SHA-256 of the check-in code.
    code bytea,
    primary key (box, rater)
);
create unique index rater_code on ballots.rater (box, code) where code is not null;

-- SHA-256 of each blinded message that was signed; a blinded message tells nothing of the ballot it certifies.
create table ballots.issued (
    box uuid not null,
    holder uuid not null,
    unit uuid not null,
    issuer text not null,
    digest bytea not null,
    primary key (box, holder, unit, issuer)
);

create table ballots.bundle (
    box uuid not null,
    unit uuid not null,
    index bytea not null,
    bundle bytea not null,
    primary key (box, index)
);

create table ballots.draw_secret (
    meeting uuid primary key,
    secret text not null
);

comment on table ballots.draw_secret is
    'What the service has bound itself to before a draw; taken away when the draw has revealed it.';

create unlogged table ballots.urn (
    key bytea primary key,
    unit uuid not null,
    signatures bytea[] not null,
    grade text collate "C" not null,
    signature bytea not null
);

comment on table ballots.urn is 'The pattern of an open box''s urn; ballots lie in urn_<box>.';

-- One lock for each box: collecting and casting share it, the barrier and sealing have it alone.

create function ballots.lock_of(box uuid) returns bigint language sql immutable strict as $$
    select ('x' || substring(replace(box::text, '-', '') from 17))::bit(64)::bigint
$$;

create function ballots.urn_of(box uuid) returns text language sql immutable strict as $$
    select 'urn_' || replace(box::text, '-', '')
$$;

-- Credentials for one holder, all or none: 'issued' when every message is new or the very same as before, 'other'
-- when another was signed, 'barred' for whoever has drawn a card or was struck off, 'closed' after the barrier.

create function ballots.issue(the_box uuid, the_holder uuid, units uuid[], issuers text[], digests bytea[])
returns text language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(ballots.lock_of(the_box));
    if not exists (select from ballots.box b where b.box = the_box and b.phase = 'collecting') then
        return 'closed';
    end if;
    if exists (select from ballots.rater r where r.box = the_box and r.rater = the_holder and r.way <> 'phone') then
        return 'barred';
    end if;
    insert into ballots.issued (box, holder, unit, issuer, digest)
        select the_box, the_holder, asked.unit, asked.issuer, asked.digest
        from unnest(units, issuers, digests) asked (unit, issuer, digest)
        order by asked.unit, asked.issuer
        on conflict do nothing;
    if exists (
        select from unnest(units, issuers, digests) asked (unit, issuer, digest)
        join ballots.issued i on i.box = the_box and i.holder = the_holder
            and i.unit = asked.unit and i.issuer = asked.issuer
        where i.digest <> asked.digest
    ) then
        return 'other';
    end if;
    return 'issued';
end $$;

-- Tick raters as holders of a card, or bar one, all or none. Alone with the box, or one could collect meanwhile.

create function ballots.tick(the_box uuid, raters uuid[], the_way text) returns text language plpgsql as $$
begin
    perform pg_advisory_xact_lock(ballots.lock_of(the_box));
    if not exists (select from ballots.box b where b.box = the_box and b.phase = 'collecting') then
        return 'closed';
    end if;
    if exists (select from ballots.issued i where i.box = the_box and i.holder = any(raters)) then
        return 'holds';
    end if;
    insert into ballots.rater (box, rater, way)
        select the_box, who, the_way from unnest(raters) who order by who
        on conflict (box, rater) do update set way = the_way, code = null;
    return 'ticked';
end $$;

create function ballots.open_urn(the_box uuid) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(ballots.lock_of(the_box));
    update ballots.box b set phase = 'casting' where b.box = the_box and b.phase = 'collected';
    if not found then
        return;
    end if;
    execute format('create unlogged table ballots.%I (like ballots.urn including all)', ballots.urn_of(the_box));
    delete from ballots.issued i where i.box = the_box;
    delete from ballots.rater r where r.box = the_box;
end $$;

-- One ballot: 'accepted', 'repeated' for the very same again, 'other' for another grade under its key, 'closed'.
-- A duplicate key is not an error here: the server's log would keep the key and the time.

create function ballots.cast_ballot(
    the_box uuid, the_key bytea, the_unit uuid, the_signatures bytea[], the_grade text, the_signature bytea
) returns text language plpgsql as $$
declare
    taken integer;
    same boolean;
begin
    perform pg_advisory_xact_lock_shared(ballots.lock_of(the_box));
    if not exists (select from ballots.box b where b.box = the_box and b.phase = 'casting') then
        return 'closed';
    end if;
    execute format(
        'insert into ballots.%I (key, unit, signatures, grade, signature) values ($1, $2, $3, $4, $5)'
        ' on conflict do nothing', ballots.urn_of(the_box))
        using the_key, the_unit, the_signatures, the_grade, the_signature;
    get diagnostics taken = row_count;
    if taken = 1 then
        return 'accepted';
    end if;
    execute format('select unit = $2 and grade = $3 from ballots.%I where key = $1', ballots.urn_of(the_box))
        into same using the_key, the_unit, the_grade;
    return case when same then 'repeated' else 'other' end;
end $$;

create function ballots.count_urn(the_box uuid) returns table (unit uuid, ballots bigint) language plpgsql as $$
begin
    if exists (select from ballots.box b where b.box = the_box and b.phase in ('casting', 'sealing')) then
        return query execute format(
            'select unit, count(*) from ballots.%I group by unit', ballots.urn_of(the_box));
    end if;
end $$;

-- Sealing begins: nothing is cast from now on. False when a crash has emptied the urn since it had begun before;
-- casting is then open again.

create function ballots.begin_sealing(the_box uuid) returns boolean language plpgsql as $$
declare
    now_there bigint;
    before ballots.box;
begin
    perform pg_advisory_xact_lock(ballots.lock_of(the_box));
    select * into before from ballots.box b where b.box = the_box;
    execute format('select count(*) from ballots.%I', ballots.urn_of(the_box)) into now_there;
    if before.phase = 'sealing' and now_there < before.counted then
        update ballots.box b set phase = 'casting', counted = null where b.box = the_box;
        return false;
    end if;
    update ballots.box b set phase = 'sealing', counted = now_there where b.box = the_box;
    return true;
end $$;

create function ballots.read_urn(the_box uuid) returns setof ballots.urn language plpgsql as $$
begin
    return query execute format(
        'select key, unit, signatures, grade, signature from ballots.%I order by unit, key',
        ballots.urn_of(the_box));
end $$;

create function ballots.drop_urn(the_box uuid) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(ballots.lock_of(the_box));
    update ballots.box b set phase = 'sealed', counted = null where b.box = the_box;
    execute format('drop table if exists ballots.%I', ballots.urn_of(the_box));
end $$;
