-- The foundation: tenants, providers with their grants, pending sign-ins, agents, conversations, and the record of
-- what was served. Forward only; a later change is a later file.

create table tenants (
    id uuid primary key,
    slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'),
    name text not null,
    created_at timestamptz not null
);
insert into tenants (id, slug, name, created_at)
values ('0193a5b0-7000-7000-8000-000000000001', 'master', 'Master', now());

-- One row: what proves at start that the encryption key is the right one.
create table installation (
    singleton boolean primary key default true check (singleton),
    id uuid not null,
    key_check text not null,
    created_at timestamptz not null
);

create table providers (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (name ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'),
    display_name text,
    provider_type text not null,
    api_base text,
    -- sealed by app::vault, associated data "provider:<id>:api_key"
    api_key text,
    enabled boolean not null default true,
    settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, name),
    unique (id, tenant_id)
);

-- The sign-in of one ChatGPT account. A provider without a row has never been signed in (or was signed out).
create table grants (
    provider_id uuid primary key,
    tenant_id uuid not null,
    issuer text not null,
    account_id text not null,
    user_id text not null,
    email text,
    plan_type text,
    -- sealed, associated data "grant:<provider_id>:<column>"
    access_token text not null,
    refresh_token text not null,
    id_token text,
    access_expires_at timestamptz not null,
    -- counts every change of the tokens: who read version n and sees n+1 under the lock need not refresh
    version bigint not null default 1,
    state text not null check (state in ('valid', 'needs_reauth')),
    state_reason text,
    state_since timestamptz not null,
    connected_at timestamptz not null,
    refreshed_at timestamptz not null,
    foreign key (provider_id, tenant_id) references providers (id, tenant_id) on delete cascade,
    unique (tenant_id, issuer, account_id, user_id)
);
create index grants_by_expiry on grants (access_expires_at) where state = 'valid';

-- Written and committed before a refresh token is sent, removed with the outcome: what is left over tells that a
-- process died between the exchange and the commit.
create table refresh_intents (
    provider_id uuid primary key references grants (provider_id) on delete cascade,
    grant_version bigint not null,
    holder text not null,
    started_at timestamptz not null
);

create table pending_logins (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    provider_name text not null,
    display_name text,
    api_base text,
    -- another account may take the provider's place
    force boolean not null default false,
    method text not null check (method in ('browser', 'device')),
    -- browser: the state parameter
    oauth_state text unique,
    redirect_uri text,
    auth_url text,
    -- sealed, associated data "login:<id>:<column>": the PKCE verifier (browser), the device_auth_id (device)
    verifier text,
    device_auth text,
    user_code text,
    verification_url text,
    poll_interval_seconds integer,
    -- device: who moves it on may poll once, so that one replica polls at a time
    next_poll_at timestamptz,
    status text not null default 'pending'
        check (status in ('pending', 'exchanging', 'completed', 'failed', 'cancelled', 'expired')),
    error_code text,
    error text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    expires_at timestamptz not null
);
create index pending_logins_by_provider on pending_logins (tenant_id, provider_name, created_at desc);

-- The model catalogue of one provider, as its upstream last told it.
create table provider_models (
    provider_id uuid primary key references providers (id) on delete cascade,
    models jsonb not null check (jsonb_typeof(models) = 'array'),
    etag text,
    fetched_at timestamptz not null
);

create table agents (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    agent_key text not null check (agent_key ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'),
    display_name text,
    -- a name, not an id: as in the API, and an agent may be written before its account is connected
    provider text,
    model text,
    context_window integer not null check (context_window > 0),
    max_tool_iterations integer not null check (max_tool_iterations > 0),
    workspace text,
    agent_type text not null default 'open',
    is_default boolean not null default false,
    status text not null default 'active' check (status in ('active', 'inactive')),
    system_prompt text,
    tools_config jsonb not null default '{}' check (jsonb_typeof(tools_config) = 'object'),
    other_config jsonb not null default '{}' check (jsonb_typeof(other_config) = 'object'),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, agent_key)
);
create unique index agents_one_default on agents (tenant_id) where is_default;

create table sessions (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    agent_key text not null,
    session_key text not null check (length(session_key) between 1 and 255),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, agent_key, session_key)
);

-- One row per item of a conversation, in the Responses dialect.
create table session_items (
    session_id uuid not null references sessions (id) on delete cascade,
    seq bigint not null,
    item jsonb not null,
    -- the account that made it: encrypted reasoning can be replayed to that one only
    provider_id uuid,
    created_at timestamptz not null,
    primary key (session_id, seq)
);

-- One row per request of a client, written behind the answer.
create table requests (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    started_at timestamptz not null,
    duration_ms bigint not null,
    first_event_ms bigint,
    endpoint text not null,
    client text not null,
    model text not null,
    served_model text,
    agent_key text,
    session_key text,
    provider_id uuid,
    provider_name text,
    status text not null,
    http_status integer not null,
    error_code text,
    error_message text,
    input_tokens bigint,
    cached_input_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint
);
create index requests_newest on requests (tenant_id, started_at desc);

create table attempts (
    request_id uuid not null references requests (id) on delete cascade,
    seq integer not null,
    provider_id uuid,
    provider_name text not null,
    outcome text not null,
    error_code text,
    error_message text,
    duration_ms bigint not null,
    primary key (request_id, seq)
);

-- Every change of the catalogue is told to all replicas; they read it anew.
create function notify_catalogue() returns trigger language plpgsql as $$
begin
    perform pg_notify('gateway_catalogue', tg_table_name);
    return null;
end $$;
create trigger catalogue_changed after insert or update or delete on providers
    for each statement execute function notify_catalogue();
create trigger catalogue_changed after insert or update or delete on grants
    for each statement execute function notify_catalogue();
create trigger catalogue_changed after insert or update or delete on provider_models
    for each statement execute function notify_catalogue();
create trigger catalogue_changed after insert or update or delete on agents
    for each statement execute function notify_catalogue();
