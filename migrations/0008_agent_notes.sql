-- What agents were told to remember. By the agent's key, as conversations are: agents of the file have no id.
create table agent_notes (
    tenant_id uuid not null references tenants (id) on delete cascade,
    agent_key text not null,
    -- counted for each agent; what the model calls a note by
    number bigint not null check (number > 0),
    note text not null check (length(note) > 0),
    created_at timestamptz not null,
    -- no language's own: agents write in any
    words tsvector generated always as (to_tsvector('simple', note)) stored,
    primary key (tenant_id, agent_key, number)
);
create index agent_notes_by_word on agent_notes using gin (words);
