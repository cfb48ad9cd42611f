-- Pools: several ChatGPT accounts behind one of them, the owner. Inside they are relational and by id; outside they are
-- `settings.codex_pool` of the owner, by name.
--
-- An account has at most one row in pool_accounts, and an owner occupies its own: the primary key alone keeps an account
-- out of two pools and an owner out of anybody else's, whatever is written at the same time. That all of them are
-- ChatGPT accounts of one tenant is kept by the references.

alter table providers add constraint providers_pool_account unique (id, tenant_id, provider_type);

update providers set settings = settings - 'codex_pool' where settings ? 'codex_pool';
alter table providers add constraint providers_settings_without_pool check (not settings ? 'codex_pool');

create table pools (
    owner_id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    provider_type text not null default 'chatgpt_oauth'
        constraint pools_owner_type check (provider_type = 'chatgpt_oauth'),
    strategy text not null,
    affinity text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (owner_id, tenant_id),
    constraint pools_owner foreign key (owner_id, tenant_id, provider_type)
        references providers (id, tenant_id, provider_type)
);

create table pool_accounts (
    provider_id uuid primary key,
    owner_id uuid not null,
    tenant_id uuid not null references tenants (id) on delete cascade,
    provider_type text not null default 'chatgpt_oauth'
        constraint pool_accounts_type check (provider_type = 'chatgpt_oauth'),
    -- 0 is the owner; gaps mean nothing
    position integer not null check (position >= 0),
    constraint pool_accounts_owner_is_first check ((position = 0) = (provider_id = owner_id)),
    unique (owner_id, position),
    constraint pool_accounts_pool foreign key (owner_id, tenant_id)
        references pools (owner_id, tenant_id) on delete cascade,
    constraint pool_accounts_account foreign key (provider_id, tenant_id, provider_type)
        references providers (id, tenant_id, provider_type)
);

create trigger catalogue_changed after insert or update or delete on pools
    for each statement execute function notify_catalogue();
create trigger catalogue_changed after insert or update or delete on pool_accounts
    for each statement execute function notify_catalogue();
