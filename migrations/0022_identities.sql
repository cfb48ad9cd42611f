-- Sign-in with OpenID Connect: who somebody is at an issuer, the sign-ins under way, and which roles an issuer gave.

create table user_identities (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- as the issuer names itself
    issuer text not null,
    -- the person, at this issuer
    subject text not null,
    -- for people to know it again; it decides nothing
    email text,
    created_at timestamptz not null,
    last_used_at timestamptz,
    unique (issuer, subject)
);
create index user_identities_user_id on user_identities (user_id);

-- Sign-ins that were begun at an issuer's page. Each is taken once.
create table oidc_sign_ins (
    id uuid primary key,
    -- SHA-256 of the state parameter
    state bytea not null unique,
    -- SHA-256 of the cookie of the browser that began
    browser bytea not null,
    issuer_name text not null,
    nonce text not null,
    -- of PKCE; sealed, associated data "oidc:<id>:verifier"
    verifier text not null,
    -- sent again at the exchange
    redirect_uri text not null,
    -- a path of the gateway's own
    return_to text not null,
    -- who links an identity to their account, in which session; null: somebody signs in
    session_id uuid references browser_sessions (id) on delete cascade,
    expires_at timestamptz not null
);
create index oidc_sign_ins_expires_at on oidc_sign_ins (expires_at);

-- The issuer that gave the role; null: people did.
alter table memberships add column issuer text;
alter table users add column owner_issuer text;

call gateway_wall('user_identities', null);
call gateway_wall('oidc_sign_ins', null);
