-- Failed sign-ins, counted until the audit log tells of them: a row for each account and address, for as long as sign-ins
-- are counted (access.sign_in_window_minutes). The gateway bounds how many rows there are; what is beyond shares one.
create table sign_in_failures (
    -- whose log will tell of it: that of the account's first tenant
    tenant_id uuid not null references tenants (id) on delete cascade,
    -- the e-mail address of a person, 'token' of whoever shows the gateway's token; empty: there is no such account, and
    -- what was typed is not kept
    account text not null,
    address text not null,
    failures integer not null,
    -- of which the log tells already
    told integer not null default 0,
    began_at timestamptz not null,
    ends_at timestamptz not null,
    primary key (account, address)
);
call gateway_wall('sign_in_failures', null);
