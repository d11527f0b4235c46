-- How far each webhook has been told of the log, and what became of the last attempt. Not history: whoever
-- loses this table tells its webhooks again, under the same message ids.

create table log.webhook_delivery (
    webhook_id uuid primary key,
    -- Told of everything up to here.
    position bigint not null,
    -- Attempts in a row that have failed, the last one's outcome, and when the next one is due.
    failures integer not null default 0,
    outcome text,
    attempted_at timestamptz,
    due_at timestamptz
) with (fillfactor = 50);

comment on table log.webhook_delivery is 'How far each webhook has been told of the log.';
