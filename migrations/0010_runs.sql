-- Runs of agents: each a log of events that a client can read again, and conversations with a title, tokens and words
-- to search for.

create table runs (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    agent_key text not null,
    -- null: nothing is kept of the conversation
    session_id uuid references sessions (id) on delete set null,
    session_key text,
    endpoint text not null,
    status text not null check (status in ('running', 'completed', 'failed', 'cancelled', 'interrupted')),
    reason text,
    error_code text,
    error_message text,
    -- the HTTP status that says the same
    error_status integer,
    model text not null,
    -- the beginning of what was said
    message text not null,
    content text,
    iterations integer not null default 0,
    input_tokens bigint not null default 0,
    cached_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    reasoning_tokens bigint not null default 0,
    served_by text[] not null default '{}',
    -- the process that drives it: it holds an advisory lock for as long as it lives
    owner bigint not null,
    last_seq bigint not null default 0,
    started_at timestamptz not null,
    ended_at timestamptz,
    check ((status = 'running') = (ended_at is null))
);
create unique index runs_one_at_a_time on runs (session_id) where status = 'running';
create index runs_running on runs (owner) where status = 'running';
create index runs_newest on runs (tenant_id, id desc);
create index runs_by_session on runs (session_id, id desc);
create index runs_ended on runs (ended_at) where ended_at is not null;

create table run_events (
    run_id uuid not null references runs (id) on delete cascade,
    seq bigint not null,
    at timestamptz not null,
    type text not null,
    data jsonb not null,
    primary key (run_id, seq)
);

-- What was said to a conversation while a run was on.
create table queued_messages (
    id uuid primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    item jsonb not null,
    created_at timestamptz not null
);
create index queued_messages_by_session on queued_messages (session_id, id);

-- What stands for the items up to upto_seq when the model is asked; the items themselves stay.
create table session_compactions (
    session_id uuid not null references sessions (id) on delete cascade,
    upto_seq bigint not null,
    summary text not null,
    created_at timestamptz not null,
    primary key (session_id, upto_seq)
);

alter table sessions
    add column title text,
    add column input_tokens bigint not null default 0,
    add column cached_tokens bigint not null default 0,
    add column output_tokens bigint not null default 0,
    add column reasoning_tokens bigint not null default 0;
create index sessions_newest on sessions (tenant_id, updated_at desc, id desc);

alter table session_items
    add column run_id uuid,
    -- what people and the model said, for the search; never tool output or reasoning
    add column said text;
update session_items
set said = left(coalesce(
    case when jsonb_typeof(item -> 'content') = 'string' then item ->> 'content' end,
    (select string_agg(part ->> 'text', ' ')
     from jsonb_array_elements(case when jsonb_typeof(item -> 'content') = 'array' then item -> 'content' else '[]' end)
         as part)), 60000)
where item ->> 'type' = 'message';
create index session_items_said on session_items using gin (to_tsvector('simple', coalesce(said, '')))
    where said is not null;
