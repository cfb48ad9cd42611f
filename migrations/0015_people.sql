-- People: who they are, in which tenants, how they sign in, and the invitations that make them.

-- A person is known to the whole installation by one e-mail address. What they may do, and whether they may do anything
-- at all, stands in their memberships; an owner needs none.
create table users (
    id uuid primary key,
    -- normalised by the gateway
    email text not null unique,
    display_name text,
    -- of the whole installation
    is_owner boolean not null default false,
    -- argon2id, as a PHC string
    password_hash text,
    -- sealed, associated data "user:<id>:totp"
    totp_secret text,
    -- null: begun, and not in force yet
    totp_confirmed_at timestamptz,
    -- the newest time step of which a code was taken: a code is taken once
    totp_last_step bigint,
    has_password boolean not null generated always as (password_hash is not null) stored,
    has_totp boolean not null generated always as (totp_confirmed_at is not null) stored,
    created_at timestamptz not null,
    last_seen_at timestamptz
);

create table memberships (
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    -- what this tenant calls them; null: what they call themselves
    display_name text,
    disabled_at timestamptz,
    created_at timestamptz not null,
    primary key (tenant_id, user_id)
);
create index memberships_user_id on memberships (user_id);

-- Codes for when the device with the TOTP secret is gone: SHA-256, each for once.
create table recovery_codes (
    user_id uuid not null references users (id) on delete cascade,
    digest bytea not null,
    used_at timestamptz,
    primary key (user_id, digest)
);

-- Browsers that are signed in. The cookie's value changes now and then: the next one is in force once the browser has
-- shown it, and the previous one a moment longer. Of each there is only the SHA-256.
create table browser_sessions (
    id uuid primary key,
    -- null: whoever has the gateway's token
    user_id uuid references users (id) on delete cascade,
    -- of a session without a user: a digest of the token that opened it; another token ends it
    token_mark bytea,
    method text not null,
    digest bytea not null unique,
    value_since timestamptz not null,
    next_digest bytea unique,
    next_since timestamptz,
    previous_digest bytea unique,
    address text,
    user_agent text,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    check ((user_id is null) = (token_mark is not null))
);
create index browser_sessions_user_id on browser_sessions (user_id);

-- Where a person has signed in from: an attack from elsewhere does not lock them out there.
create table known_addresses (
    user_id uuid not null references users (id) on delete cascade,
    address text not null,
    seen_at timestamptz not null,
    primary key (user_id, address)
);

-- Failed sign-ins, counted for all replicas.
create table sign_in_attempts (
    bucket text primary key,
    failures integer not null,
    resets_at timestamptz not null
);
create index sign_in_attempts_resets_at on sign_in_attempts (resets_at);

create table invitations (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    kind text not null check (kind in ('owner', 'member', 'connect')),
    -- SHA-256 of the link's token
    digest bytea not null unique,
    email text,
    role text check (role in ('viewer', 'operator', 'admin', 'owner')),
    provider_name text,
    -- sign-ins that were begun with a "connect" invitation
    login_ids uuid[] not null default '{}',
    created_by uuid references users (id) on delete set null,
    created_at timestamptz not null,
    -- null: until it is used or replaced
    expires_at timestamptz,
    accepted_at timestamptz,
    accepted_by uuid references users (id) on delete set null,
    check ((kind = 'connect') = (provider_name is not null)),
    check ((kind = 'member') = (role is not null))
);
create index invitations_tenant_id on invitations (tenant_id);
create index invitations_login_ids on invitations using gin (login_ids);

-- A "connect" invitation is used up when an account was connected with it, by whichever way and on whichever replica that
-- came to its end.
create function invitation_connected() returns trigger language plpgsql as $$
begin
    update invitations set accepted_at = new.updated_at
    where tenant_id = new.tenant_id and login_ids @> array[new.id] and accepted_at is null;
    return null;
end $$;
create trigger invitation_connected after update of status on pending_logins
    for each row when (new.status = 'completed' and old.status <> 'completed') execute function invitation_connected();

do $$
declare
    guarded text;
begin
    foreach guarded in array array['memberships', 'invitations'] loop
        call gateway_wall(guarded::regclass, 'tenant_id = gateway_tenant_id()');
    end loop;
    foreach guarded in array array['recovery_codes', 'browser_sessions', 'known_addresses', 'sign_in_attempts'] loop
        call gateway_wall(guarded::regclass, null);
    end loop;
    call gateway_wall('users', 'exists (select from memberships m where m.user_id = users.id)');
end $$;
-- A tenant sees who its members are, and nothing that signs them in; it changes nothing of people, who may be elsewhere, too.
revoke select, insert, update, delete on users from gateway_tenant;
grant select (id, email, display_name, is_owner, has_password, has_totp, created_at, last_seen_at) on users to gateway_tenant;
