-- Which event was the last at a moment. Recorded time never goes back, so the events in their order are an index
-- of it already: a search by halves looks at some twenty of a million, and no append pays for a second index.

create function log.position_at(moment timestamptz) returns bigint
language plpgsql stable parallel safe set search_path = pg_catalog, log as $$
declare
    earliest bigint := 0;
    latest bigint := (select coalesce(max(position), 0) from log.event);
    middle bigint;
begin
    while earliest < latest loop
        middle := (earliest + latest + 1) / 2;
        if (select e.recorded_at <= moment from log.event e where e.position = middle) then
            earliest := middle;
        else
            latest := middle - 1;
        end if;
    end loop;
    return earliest;
end $$;

comment on function log.position_at is 'The last position recorded at the moment or before it; 0 if there is none.';

drop index log.event_recorded_at;
