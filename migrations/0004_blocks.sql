-- Accounts, and models on accounts, that are left alone for a while: leases that the other replicas and the next start
-- have to know of. Each row is told to all replicas by the process that wrote it (channel gateway_blocks).
create table account_blocks (
    provider_id uuid not null references providers (id) on delete cascade,
    -- '' : the whole account
    model text not null default '',
    reason text not null,
    since timestamptz not null,
    -- from then on one request probes
    until timestamptz not null,
    -- the end is what the upstream said
    told boolean not null,
    -- how often the breaker opened without a good answer between
    opened integer not null default 0,
    primary key (provider_id, model, reason)
);
create index account_blocks_by_end on account_blocks (until);
