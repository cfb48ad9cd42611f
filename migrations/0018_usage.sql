-- What usage is counted by is in the row of the request itself, and in the index that the lists are read by: sums over a week
-- read no row. (Half a minute for each 600 000 requests that are there.)
alter table requests
    -- as the upstream named it, else as the client did
    add column counted_model text,
    -- what went wrong first, in one word, also where another account answered then
    add column cause text,
    -- until the first event, beyond the time that the account which answered took: choosing, waiting, other accounts
    add column added_ms bigint;

update requests r set
    counted_model = coalesce(r.served_model, r.model),
    cause = coalesce(
        (select coalesce(a.cause, left(a.error_code, 64)) from attempts a
         where a.request_id = r.id and a.outcome = 'failed' order by a.seq limit 1),
        case when r.status in ('failed', 'refused') then left(r.error_code, 64) end),
    added_ms = (select greatest(r.first_event_ms - a.first_event_ms, 0) from attempts a
                where a.request_id = r.id and a.outcome = 'served' order by a.seq desc limit 1);

-- The texts in it are bounded (store/requests.rs): an entry of an index has an end.
drop index requests_newest;
create index requests_newest on requests (tenant_id, started_at desc, id desc)
    include (status, provider_id, selected_provider_id, agent_key, key_id, counted_model, cause, input_tokens,
             cached_input_tokens, output_tokens, reasoning_tokens, first_event_ms, added_ms);
drop index requests_by_key;
create index requests_by_key on requests (tenant_id, key_id, started_at desc, id desc) where key_id is not null;
create index requests_by_cause on requests (tenant_id, cause, started_at desc, id desc) where cause is not null;
