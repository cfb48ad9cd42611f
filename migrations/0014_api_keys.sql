-- API keys and their limits. A key is known by its digest alone; what holds for it is in every replica's memory, told of by
-- notify_catalogue(). What a limit has used, and what is reserved of it by requests that are open, is here: a request of a
-- key that has limits is let in by gateway_reserve(), which no two requests pass at once.

create table api_keys (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 100),
    -- SHA-256 of the key
    digest bytea not null unique check (length(digest) = 32),
    -- its first characters, for people
    prefix text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    -- the person whose key it is; null: nobody's in particular
    owner_id uuid,
    owner_name text,
    -- what it may use; null is all
    models text[],
    agents text[],
    providers uuid[],
    created_at timestamptz not null,
    expires_at timestamptz,
    -- written behind the requests
    last_used_at timestamptz,
    revoked_at timestamptz,
    unique (id, tenant_id)
);
create index api_keys_by_tenant on api_keys (tenant_id, created_at, id);
create trigger catalogue_changed after insert or delete or update of name, role, owner_name, models, agents, providers,
    expires_at, revoked_at on api_keys for each statement execute function notify_catalogue();
call gateway_wall('api_keys', 'tenant_id = gateway_tenant_id()');

-- A rule: of the subject (a key), the meter may show this amount in a window.
create table limits (
    id uuid primary key,
    tenant_id uuid not null,
    key_id uuid not null,
    meter text not null check (meter in ('requests', 'tokens', 'concurrent', 'pool_share')),
    -- null where there is none: concurrent; pool_share, whose window is the week
    period text check (period in ('minute', 'day', 'week', 'month')),
    amount bigint not null check (amount > 0),
    foreign key (key_id, tenant_id) references api_keys (id, tenant_id) on delete cascade,
    check ((meter in ('requests', 'tokens')) = (period is not null))
);
create unique index limits_once on limits (key_id, meter, coalesce(period, ''));
create trigger catalogue_changed after insert or update or delete on limits
    for each statement execute function notify_catalogue();
call gateway_wall('limits', 'tenant_id = gateway_tenant_id()');

-- What was used of a limit in its newest window. The scope tells a pool's part from another's (the owner's id); all zeros
-- where there is but one.
create table limit_uses (
    limit_id uuid not null references limits (id) on delete cascade,
    scope uuid not null,
    tenant_id uuid not null,
    window_started_at timestamptz not null,
    used bigint not null default 0,
    primary key (limit_id, scope)
);
call gateway_wall('limit_uses', 'tenant_id = gateway_tenant_id()');

-- What open requests hold of it. A row goes with its request; those of a process that died are removed by the others.
create table limit_reservations (
    limit_id uuid not null references limits (id) on delete cascade,
    scope uuid not null,
    ticket uuid not null,
    tenant_id uuid not null,
    window_started_at timestamptz not null,
    amount bigint not null,
    -- of the process, as in runs
    owner bigint not null,
    primary key (limit_id, scope, ticket)
);
create index limit_reservations_by_ticket on limit_reservations (ticket);
create index limit_reservations_by_owner on limit_reservations (owner);
call gateway_wall('limit_reservations', 'tenant_id = gateway_tenant_id()');

-- Lets a request in by all of its rules or by none. For each rule, in one order for everybody: the window that it is in, the
-- amount, what the request wants, whether that counts at once (a request is a request) or is held until it ends, and whether
-- one request alone may go beyond what is left. No row: it is in. A row: the first rule that is in the way.
create function gateway_reserve(
    ticket uuid, tenant uuid, process bigint, rules uuid[], scopes uuid[], windows timestamptz[], amounts bigint[],
    wanted bigint[], at_once boolean[], beyond boolean[]
) returns table (place integer, used bigint, reserved bigint) language plpgsql as $$
declare
    started timestamptz[] := windows;
    began timestamptz;
begin
    for i in 1 .. cardinality(rules) loop
        loop
            -- The lock that makes this one step.
            select u.used, u.window_started_at into used, began from limit_uses u
                where u.limit_id = rules[i] and u.scope = scopes[i] for update;
            exit when found;
            insert into limit_uses (limit_id, scope, tenant_id, window_started_at)
                select id, scopes[i], tenant_id, windows[i] from limits where id = rules[i] and tenant_id = tenant
                on conflict do nothing;
            began := null;
            -- The rule may be gone since this process heard of it: then it is in nobody's way.
            exit when not found and not exists (select from limits l where l.id = rules[i] and l.tenant_id = tenant);
        end loop;
        started[i] := began;
        continue when began is null;
        -- A clock that is behind another replica's stays in the newer window.
        if windows[i] > began then
            used := 0;
            started[i] := windows[i];
        end if;
        select coalesce(sum(r.amount), 0) into reserved from limit_reservations r
            where r.limit_id = rules[i] and r.scope = scopes[i] and r.window_started_at = started[i];
        if used + reserved + wanted[i] > amounts[i]
            and not (beyond[i] and reserved = 0 and used < amounts[i]) then
            place := i - 1;
            return next;
            return;
        end if;
    end loop;
    for i in 1 .. cardinality(rules) loop
        continue when started[i] is null;
        update limit_uses u set window_started_at = started[i],
                used = case when u.window_started_at < started[i] then 0 else u.used end
                    + case when at_once[i] then wanted[i] else 0 end
            where u.limit_id = rules[i] and u.scope = scopes[i]
              and (at_once[i] or u.window_started_at < started[i]);
        if not at_once[i] then
            insert into limit_reservations (limit_id, scope, ticket, tenant_id, window_started_at, amount, owner)
                values (rules[i], scopes[i], ticket, tenant, started[i], wanted[i], process);
        end if;
    end loop;
end $$;

-- Requests ended: what they held is free, and what they really used counts, in the window in which they began. What is not
-- held any more was settled before: nothing counts twice.
create function gateway_settle(tickets uuid[], rules uuid[], scopes uuid[], uses bigint[]) returns void
language plpgsql as $$
begin
    -- In the order in which gateway_reserve() takes them.
    perform from limit_uses u
        where exists (select from limit_reservations r
                      where r.ticket = any (tickets) and r.limit_id = u.limit_id and r.scope = u.scope)
        order by u.limit_id, u.scope for update;
    with gone as (
        delete from limit_reservations r using unnest(tickets, rules, scopes, uses) as d (ticket, limit_id, scope, used)
        where r.ticket = d.ticket and r.limit_id = d.limit_id and r.scope = d.scope
        returning r.limit_id, r.scope, r.window_started_at, d.used
    ), sums as (
        select limit_id, scope, window_started_at, sum(used)::bigint as used from gone group by 1, 2, 3
    )
    update limit_uses u set used = u.used + s.used from sums s
    where u.limit_id = s.limit_id and u.scope = s.scope and u.window_started_at = s.window_started_at and s.used > 0;
end $$;

-- Whose request it was, for what a key has used.
alter table requests add column key_id uuid;
create index requests_by_key on requests (tenant_id, key_id, started_at) where key_id is not null;
