-- Tenants are kept apart by Postgres, too. Requests run as gateway_tenant, which sees the rows of the tenant that its
-- transaction names in the setting gateway.tenant and no others, whatever a statement asks for; what the gateway does for
-- all tenants at once runs as gateway_work. Neither can log in, owns anything, or is exempt from the policies; the role
-- that logs in takes them on (store/db.rs).
--
-- Roles are of the whole server: another database of the gateway may have made them, or be making them now.
do $$
declare
    role text;
begin
    foreach role in array array['gateway_tenant', 'gateway_work'] loop
        if not exists (select from pg_roles where rolname = role) then
            begin
                execute format('create role %I nologin', role);
            exception
                when duplicate_object or unique_violation then null;
                when insufficient_privilege then
                    raise exception 'the role % is missing, and "%" may not make it', role, current_user
                        using hint = format('as an administrator: create role gateway_tenant nologin; create role gateway_work nologin; grant gateway_tenant, gateway_work to %I;', current_user);
            end;
        end if;
        begin
            execute format('set local role %I', role);
            reset role;
        exception when insufficient_privilege then
            begin
                execute format('grant %I to %I', role, current_user);
            exception when insufficient_privilege then
                raise exception '"%" may not act as the role %', current_user, role
                    using hint = format('as an administrator: grant gateway_tenant, gateway_work to %I;', current_user);
            end;
        end;
    end loop;
end $$;
grant usage on schema public to gateway_tenant, gateway_work;
-- A backup tells which migrations its database had.
grant select on _sqlx_migrations to gateway_work;

-- The tenant of this transaction; null outside of one.
create function gateway_tenant_id() returns uuid language sql stable as $$
    select nullif(current_setting('gateway.tenant', true), '')::uuid
$$;

-- Builds the wall around a table: gateway_work sees all of it, gateway_tenant the rows for which the condition holds; null:
-- nothing. A condition may name other tables: they are seen through their own walls. Every table has one (a test looks).
create procedure gateway_wall(guarded regclass, condition text) language plpgsql as $$
begin
    execute format('alter table %s enable row level security, force row level security', guarded);
    execute format('grant select, insert, update, delete on %s to gateway_work', guarded);
    execute format('create policy work on %s to gateway_work using (true) with check (true)', guarded);
    if condition is not null then
        execute format('grant select, insert, update, delete on %s to gateway_tenant', guarded);
        execute format('create policy tenant on %s to gateway_tenant using (%s) with check (%s)',
                       guarded, condition, condition);
    end if;
end $$;

do $$
declare
    guarded text;
begin
    foreach guarded in array array['providers', 'grants', 'pending_logins', 'agents', 'sessions', 'requests', 'attempts',
                                   'pools', 'pool_accounts', 'agent_notes', 'mcp_servers', 'runs'] loop
        call gateway_wall(guarded::regclass, 'tenant_id = gateway_tenant_id()');
    end loop;
    foreach guarded in array array['refresh_intents', 'provider_models', 'quota_beliefs', 'quota_history',
                                   'account_blocks', 'account_checks'] loop
        call gateway_wall(guarded::regclass, format('exists (select from providers p where p.id = %I.provider_id)', guarded));
    end loop;
    foreach guarded in array array['session_items', 'queued_messages', 'session_compactions'] loop
        call gateway_wall(guarded::regclass, format('exists (select from sessions s where s.id = %I.session_id)', guarded));
    end loop;
    call gateway_wall('run_events', 'exists (select from runs r where r.id = run_events.run_id)');
    call gateway_wall('tenants', 'id = gateway_tenant_id()');
    call gateway_wall('installation', null);
    call gateway_wall('conversation_homes', null);
end $$;
