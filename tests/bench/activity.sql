-- A million attempts, to measure what reading the record costs. On a database that `gateway migrate` has prepared:
--
--     .ci/test-postgres.sh bash -c '
--         export GATEWAY_POSTGRES_DSN=$GATEWAY_TEST_POSTGRES GATEWAY_TOKEN=gw_bench
--         gateway migrate && psql "$GATEWAY_TEST_POSTGRES" -f tests/bench/activity.sql
--         gateway --port 18799 & sleep 3
--         curl -s -o /dev/null -w "%{time_total}\n" -H "Authorization: Bearer gw_bench" \
--             "http://127.0.0.1:18799/v1/agents/agent-1/codex-pool-activity?limit=50"; kill %1'
--
-- 600 000 requests over 32 days (the last two are to be pruned) of 20 accounts in four pools, 8 agents of every pool and
-- one that asked 50 times a month ago; two requests in three went to a second account; one in a thousand failed.

insert into providers (id, tenant_id, name, provider_type, created_at, updated_at)
select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, '0193a5b0-7000-7000-8000-000000000001',
    'account-' || n, 'chatgpt_oauth', now(), now()
from generate_series(0, 19) n;

insert into agents (id, tenant_id, agent_key, provider, context_window, max_tool_iterations, created_at, updated_at)
select ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, '0193a5b0-7000-7000-8000-000000000001',
    'agent-' || n, 'account-' || n % 4, 200000, 30, now(), now()
from generate_series(0, 8) n;

create temporary table seed as
select n, now() - interval '32 days' * (1 - n / 600000.0) as t, n % 4 as owner, n % 20 as first, (n + 4) % 20 as second,
    n % 3 > 0 as moved, n % 1000 = 0 as failed,
    case when n between 50000 and 50200 and n % 4 = 0 then 'agent-8' else 'agent-' || n % 8 end as agent
from generate_series(1, 600000) n;
alter table seed add column id uuid;
-- Version 7, as the gateway makes them.
update seed set id = (lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
    || substr(md5(n::text), 4, 15))::uuid;

insert into requests (id, tenant_id, started_at, duration_ms, first_event_ms, endpoint, client, model, served_model,
    agent_key, provider_id, provider_name, status, http_status, input_tokens, cached_input_tokens, output_tokens,
    reasoning_tokens, pool_owner_id, pool_owner_name, strategy, decision, attempt_count, selected_provider_id,
    selected_provider_name)
select id, '0193a5b0-7000-7000-8000-000000000001', t, 4000, 900, 'responses', 'codex', 'agent:' || agent, 'gpt-5.5',
    agent, case when not failed then account end, case when not failed then 'account-' || served end,
    case when failed then 'failed' else 'completed' end, 200, 9000, 8000, 500, 200, owned, 'account-' || owner,
    'round_robin', jsonb_build_object('strategy', 'round_robin', 'why', 'the next in turn of five that can serve',
        'home', null, 'attempts', jsonb_build_array('account-' || first, 'account-' || second), 'excluded',
        jsonb_build_array(jsonb_build_object('provider_name', 'account-' || (first + 8) % 20, 'reason', 'exhausted',
            'until', t + interval '2 hours', 'detail', null))),
    case when moved then 2 else 1 end, chosen, 'account-' || first
from (select *, case when moved then second else first end as served from seed) s,
    lateral (select ('00000000-0000-7000-8000-' || lpad(s.served::text, 12, '0'))::uuid as account,
        ('00000000-0000-7000-8000-' || lpad(s.first::text, 12, '0'))::uuid as chosen,
        ('00000000-0000-7000-8000-' || lpad(s.owner::text, 12, '0'))::uuid as owned) names;

insert into attempts (request_id, seq, tenant_id, request_started_at, started_at, provider_id, provider_name, model,
    outcome, error_code, error_message, cause, fault, http_status, first_event_ms, duration_ms)
select id, seq, '0193a5b0-7000-7000-8000-000000000001', t, t + seq * interval '1 second',
    ('00000000-0000-7000-8000-' || lpad(account::text, 12, '0'))::uuid, 'account-' || account, 'gpt-5.5',
    case when lost then 'failed' else 'served' end, case when lost then 'usage_limit_reached' end,
    case when lost then 'The usage limit has been reached' end, case when lost then 'refused' end,
    case when lost then 'account' end, case when lost then 429 end, case when not lost then 900 end, 2000
from seed, lateral (select seq, case when seq = 0 then first else second end as account,
    failed or (moved and seq = 0) as lost from generate_series(0, case when moved then 1 else 0 end) seq) a;

analyze requests, attempts;
select (select count(*) from requests) as requests, (select count(*) from attempts) as attempts;
