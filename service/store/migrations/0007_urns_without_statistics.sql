-- No statistics of an open urn. The planner's statistics are an ordinary table: once autovacuum (or whoever says
-- ANALYZE) has looked at an urn, a sample of its keys lies in the write-ahead log, and tells who had cast by then.
-- So autovacuum leaves urns alone, and of their columns nothing is kept, whoever asks.

create function ballots.without_statistics(urn text) returns void language plpgsql as $$
begin
    execute format('alter table ballots.%I set (autovacuum_enabled = false, toast.autovacuum_enabled = false),'
        ' alter key set statistics 0, alter unit set statistics 0, alter signatures set statistics 0,'
        ' alter grade set statistics 0, alter signature set statistics 0', urn);
end $$;

create or replace function ballots.open_urn(the_box uuid) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(ballots.lock_of(the_box));
    update ballots.box b set phase = 'casting' where b.box = the_box and b.phase = 'collected';
    if not found then
        return;
    end if;
    execute format('create unlogged table ballots.%I (like ballots.urn including all)', ballots.urn_of(the_box));
    perform ballots.without_statistics(ballots.urn_of(the_box));
    delete from ballots.issued i where i.box = the_box;
    delete from ballots.rater r where r.box = the_box;
end $$;

-- Urns that are open now, as far as they are ours to alter.
select ballots.without_statistics(tablename) from pg_tables
where schemaname = 'ballots' and tablename ~ '^urn_[0-9a-f]{32}$' and pg_has_role(tableowner, 'member');
