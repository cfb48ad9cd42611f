-- What is known of each account's quota, and the history behind its forecast.

create table quota_beliefs (
    provider_id uuid primary key references providers (id) on delete cascade,
    -- the ChatGPT account that it is of: another account that signs in starts from nothing
    account_id text not null,
    -- domain::quota::evidence, joined by whoever writes
    evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
    updated_at timestamptz not null
);

-- One row per change of a window, at most one a minute; after a day one an hour.
create table quota_history (
    provider_id uuid not null references providers (id) on delete cascade,
    -- 'codex' is the main one
    meter text not null,
    length_seconds bigint not null check (length_seconds > 0),
    observed_at timestamptz not null,
    used_percent double precision not null check (used_percent >= 0),
    resets_at timestamptz,
    source text not null,
    primary key (provider_id, meter, length_seconds, observed_at)
);
create index quota_history_by_time on quota_history (observed_at);
