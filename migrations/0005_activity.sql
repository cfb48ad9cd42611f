-- The record of a request tells what was decided, and that of an attempt stands by itself: when it began, whose fault it
-- was. With the indexes that the lists and the activity of a pool are read by.

alter table requests
    -- the provider that was asked for, whose pool it was when it has one; kept when the provider goes
    add column pool_owner_id uuid,
    add column pool_owner_name text,
    -- null where only one account was in play
    add column strategy text,
    -- what was to be tried and what was left out, each with its reason
    add column decision jsonb,
    add column attempt_count integer not null default 0,
    -- the account that was tried first
    add column selected_provider_id uuid,
    add column selected_provider_name text;

alter table attempts
    add column tenant_id uuid,
    -- of its request: the lists of an account are in the order of requests
    add column request_started_at timestamptz,
    add column started_at timestamptz,
    -- as it was named to the upstream
    add column model text,
    -- how it failed, in one word
    add column cause text,
    -- whose fault that was
    add column fault text check (fault in ('client', 'account', 'upstream')),
    add column http_status integer,
    add column first_event_ms bigint;

-- Until now a request had one account in play, and every attempt was at that one.
update attempts a set tenant_id = r.tenant_id, request_started_at = r.started_at, started_at = r.started_at,
    fault = case when a.outcome = 'failed' and r.status = 'refused' then 'client' end
from requests r where r.id = a.request_id;
update requests r set pool_owner_id = a.provider_id, pool_owner_name = a.provider_name,
    selected_provider_id = a.provider_id, selected_provider_name = a.provider_name,
    attempt_count = (select count(*) from attempts n where n.request_id = r.id)
from attempts a where a.request_id = r.id and a.seq = 0;

alter table attempts
    alter column provider_id set not null,
    alter column tenant_id set not null,
    alter column request_started_at set not null,
    alter column started_at set not null;

drop index requests_newest;
create index requests_newest on requests (tenant_id, started_at desc, id desc);
create index requests_by_agent on requests (tenant_id, agent_key, started_at desc, id desc)
    where agent_key is not null;
create index requests_by_pool on requests (tenant_id, pool_owner_id, started_at desc, id desc);
-- An agent that moved to another pool has many requests of the old one, and a pool many of other agents.
create index requests_by_pool_and_agent on requests (tenant_id, pool_owner_id, agent_key, started_at desc, id desc)
    where agent_key is not null;
-- Few, and looked for.
create index requests_not_completed on requests (tenant_id, status, started_at desc, id desc)
    where status <> 'completed';
create index attempts_by_account on attempts (tenant_id, provider_id, request_started_at desc, request_id desc);
