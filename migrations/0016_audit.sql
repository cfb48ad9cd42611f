-- The audit log: who changed what, from where, in the transaction of the change. Each tenant's entries are a chain:
-- an entry's hash covers its content and the hash of the one before it (domain/audit.rs has the exact bytes).
--
-- No foreign key leads to tenants: the log outlives them.
create table audit_entries (
    tenant_id     uuid not null,
    -- From 1, without gaps.
    seq           bigint not null check (seq > 0),
    id            uuid not null,
    at            timestamptz not null,
    actor_kind    text not null,
    actor_id      uuid,
    actor_name    text not null,
    actor_address text,
    request_id    uuid,
    action        text not null,
    object_type   text not null,
    object_id     text,
    object_name   text,
    -- Not jsonb: the hash is of these very bytes.
    before        json,
    after         json,
    previous      bytea not null check (length(previous) = 32),
    hash          bytea not null check (length(hash) = 32),
    primary key (tenant_id, seq)
);

-- The end of each chain. Whoever adds an entry locks it first, so that entries come one after the other.
create table audit_heads (
    tenant_id uuid primary key,
    seq       bigint not null check (seq >= 0),
    hash      bytea not null check (length(hash) = 32)
);

call gateway_wall('audit_entries', 'tenant_id = gateway_tenant_id()');
call gateway_wall('audit_heads', 'tenant_id = gateway_tenant_id()');

-- Entries are added and read, and that is all.
revoke update, delete on audit_entries from gateway_work, gateway_tenant;
revoke delete on audit_heads from gateway_work, gateway_tenant;

-- Also for whoever owns the table. A restore, which puts a whole log in the place of another, switches it off.
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on audit_entries
    for each statement execute function refuse_audit_change();

-- Whoever begins a sign-in is the one who connects the account, whatever process sees the browser come back.
alter table pending_logins
    add column actor_kind    text not null default 'gateway',
    add column actor_id      uuid,
    add column actor_name    text not null default 'gateway',
    add column actor_address text;
