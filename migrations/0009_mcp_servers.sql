-- MCP servers whose tools agents may call. Those of the configuration file are not here.

create table mcp_servers (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (name ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' and length(name) <= 32),
    transport text not null check (transport in ('stdio', 'streamable_http')),
    command text,
    args jsonb not null default '[]' check (jsonb_typeof(args) = 'array'),
    url text,
    -- JSON objects of names and values, each sealed as one by app::vault, associated data "mcp_server:<id>:<column>"
    env text,
    headers text,
    enabled boolean not null default true,
    timeout_seconds integer not null check (timeout_seconds > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, name),
    constraint mcp_servers_reach check (
        (transport = 'stdio' and command is not null and url is null and headers is null)
        or (transport = 'streamable_http' and url is not null and command is null and env is null)
    )
);
create trigger catalogue_changed after insert or update or delete on mcp_servers
    for each statement execute function notify_catalogue();
