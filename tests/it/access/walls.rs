//! Row-level security: what Postgres itself shows a tenant, whatever a statement asks for.

use crate::support::database::{TestDb, database};
use gateway::domain::ids::{MASTER_TENANT, TenantId};
use gateway::store::providers;
use sqlx::{AssertSqlSafe, Executor as _};

const OTHER: TenantId = TenantId(uuid::Uuid::from_u128(0x0193_a5b0_7000_7000_8000_0000_0000_0002));

/// One row of each table and of each of two tenants. `$` is the tenant's digit, the last of every id.
const ROWS: &str = "
    insert into providers (id, tenant_id, name, provider_type, created_at, updated_at) values
        ('00000000-0000-7000-8000-00000000001$', '$T', 'main', 'chatgpt_oauth', now(), now());
    insert into grants (provider_id, tenant_id, issuer, account_id, user_id, access_token, refresh_token,
                        access_expires_at, state, state_since, connected_at, refreshed_at) values
        ('00000000-0000-7000-8000-00000000001$', '$T', 'i', 'a', 'u', 'sealed', 'sealed', now(), 'valid', now(), now(), now());
    insert into refresh_intents values ('00000000-0000-7000-8000-00000000001$', 1, 'h', now());
    insert into pending_logins (id, tenant_id, provider_name, method, created_at, updated_at, expires_at) values
        ('00000000-0000-7000-8000-00000000002$', '$T', 'main', 'browser', now(), now(), now());
    insert into provider_models values ('00000000-0000-7000-8000-00000000001$', '[]', null, now());
    insert into agents (id, tenant_id, agent_key, context_window, max_tool_iterations, created_at, updated_at) values
        ('00000000-0000-7000-8000-00000000003$', '$T', 'helper', 1, 1, now(), now());
    insert into sessions (id, tenant_id, agent_key, session_key, created_at, updated_at) values
        ('00000000-0000-7000-8000-00000000004$', '$T', 'helper', 'k', now(), now());
    insert into session_items (session_id, seq, item, created_at) values
        ('00000000-0000-7000-8000-00000000004$', 1, '{}', now());
    insert into queued_messages values
        ('00000000-0000-7000-8000-00000000005$', '00000000-0000-7000-8000-00000000004$', '{}', now());
    insert into session_compactions values ('00000000-0000-7000-8000-00000000004$', 1, 's', now());
    insert into requests (id, tenant_id, started_at, duration_ms, endpoint, client, model, status, http_status) values
        ('00000000-0000-7000-8000-00000000006$', '$T', now(), 1, 'e', 'c', 'm', 'completed', 200);
    insert into attempts (request_id, seq, provider_id, provider_name, outcome, duration_ms, tenant_id,
                          request_started_at, started_at) values
        ('00000000-0000-7000-8000-00000000006$', 0, '00000000-0000-7000-8000-00000000001$', 'main', 'ok', 1, '$T', now(), now());
    insert into pools (owner_id, tenant_id, strategy, affinity, created_at, updated_at) values
        ('00000000-0000-7000-8000-00000000001$', '$T', 'round_robin', 'none', now(), now());
    insert into pool_accounts (provider_id, owner_id, tenant_id, position) values
        ('00000000-0000-7000-8000-00000000001$', '00000000-0000-7000-8000-00000000001$', '$T', 0);
    insert into quota_beliefs values ('00000000-0000-7000-8000-00000000001$', 'a', '{}', now());
    insert into quota_history values ('00000000-0000-7000-8000-00000000001$', 'codex', 1, now(), 1, null, 's');
    insert into account_blocks values ('00000000-0000-7000-8000-00000000001$', '', 'r', now(), now(), true, 0);
    insert into account_checks values ('00000000-0000-7000-8000-00000000001$', 'a', 1, null, null, now());
    insert into conversation_homes values
        (decode(repeat('0$', 16), 'hex'), '00000000-0000-7000-8000-00000000001$', '00000000-0000-7000-8000-00000000001$', now());
    insert into agent_notes (tenant_id, agent_key, number, note, created_at) values ('$T', 'helper', 1, 'n', now());
    insert into mcp_servers (id, tenant_id, name, transport, url, timeout_seconds, created_at, updated_at) values
        ('00000000-0000-7000-8000-00000000007$', '$T', 'tools', 'streamable_http', 'http://x', 1, now(), now());
    insert into runs (id, tenant_id, agent_key, endpoint, status, model, message, owner, started_at, ended_at) values
        ('00000000-0000-7000-8000-00000000008$', '$T', 'helper', 'e', 'completed', 'm', 'm', 1, now(), now());
    insert into users (id, email, created_at) values ('00000000-0000-7000-8000-00000000009$', 'user$', now());
    insert into memberships values ('$T', '00000000-0000-7000-8000-00000000009$', 'viewer', null, null, now());
    insert into recovery_codes values ('00000000-0000-7000-8000-00000000009$', 'digest', null);
    insert into browser_sessions (id, user_id, method, digest, value_since, created_at, last_seen_at, expires_at) values
        ('00000000-0000-7000-8000-00000000010$', '00000000-0000-7000-8000-00000000009$', 'm', 'd$', now(), now(), now(), now());
    insert into user_identities (id, user_id, issuer, subject, created_at) values
        ('00000000-0000-7000-8000-00000000012$', '00000000-0000-7000-8000-00000000009$', 'i', 's$', now());
    insert into oidc_sign_ins values
        ('00000000-0000-7000-8000-00000000013$', 's$', 'b', 'i', 'n', 'sealed', 'r', '/', null, now());
    insert into known_addresses values ('00000000-0000-7000-8000-00000000009$', 'a', now());
    insert into sign_in_attempts values ('b$', 1, now());
    insert into sign_in_failures values ('$T', 'a$', 'b$', 1, 0, now(), now());
    insert into invitations (id, tenant_id, kind, digest, role, created_at) values
        ('00000000-0000-7000-8000-00000000011$', '$T', 'member', 'd$', 'viewer', now());
    insert into run_events values ('00000000-0000-7000-8000-00000000008$', 1, now(), 't', '{}');
    insert into audit_heads values ('$T', 1, decode(repeat('0$', 32), 'hex'));
    insert into audit_entries (tenant_id, seq, id, at, actor_kind, actor_name, action, object_type, previous, hash) values
        ('$T', 1, '00000000-0000-7000-8000-00000000009$', now(), 'token', 'token', 'agent.create', 'agent',
         decode(repeat('00', 32), 'hex'), decode(repeat('0$', 32), 'hex'));
    insert into api_keys (id, tenant_id, name, digest, prefix, role, created_at) values
        ('00000000-0000-7000-8000-00000000009$', '$T', 'ci', decode(repeat('0$', 32), 'hex'), 'gw_', 'viewer', now());
    insert into limits (id, tenant_id, key_id, meter, amount) values
        ('00000000-0000-7000-8000-0000000000a$', '$T', '00000000-0000-7000-8000-00000000009$', 'concurrent', 1);
    insert into limit_uses values
        ('00000000-0000-7000-8000-0000000000a$', '00000000-0000-0000-0000-000000000000', '$T', now(), 0);
    insert into limit_reservations values
        ('00000000-0000-7000-8000-0000000000a$', '00000000-0000-0000-0000-000000000000', gen_random_uuid(), '$T', now(), 1, 1);
";

/// Two tenants, each with a row in every table.
async fn two_tenants() -> TestDb {
    let db = database().await;
    sqlx::query("insert into tenants (id, slug, name, created_at) values ($1, 'other', 'Other', now())")
        .bind(OTHER.0)
        .execute(&db.pool)
        .await
        .unwrap();
    sqlx::query("insert into installation values (true, gen_random_uuid(), 'sealed', now())")
        .execute(&db.pool)
        .await
        .unwrap();
    for (digit, tenant) in [("1", MASTER_TENANT), ("2", OTHER)] {
        let rows = ROWS.replace("$T", &tenant.to_string()).replace('$', digit);
        db.pool.execute(AssertSqlSafe(rows.as_str())).await.unwrap();
    }
    db
}

async fn tables(db: &TestDb) -> Vec<String> {
    sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and relname <> '_sqlx_migrations' order by 1",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap()
}

async fn count(db: &mut sqlx::PgConnection, table: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(db).await
}

/// Tables that no tenant sees anything of.
const NOBODYS: [&str; 9] = [
    "conversation_homes",
    "installation",
    "recovery_codes",
    "browser_sessions",
    "user_identities",
    "oidc_sign_ins",
    "known_addresses",
    "sign_in_attempts",
    "sign_in_failures",
];

#[tokio::test]
async fn every_table_has_a_wall() {
    let db = two_tenants().await;
    let open: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and relname <> '_sqlx_migrations' and not (relrowsecurity and relforcerowsecurity and exists (
             select from pg_policy where polrelid = c.oid and polname = 'work'))",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap();
    assert!(open.is_empty(), "call gateway_wall() for {open:?} in their migration");
    for table in tables(&db).await {
        assert!(
            count(&mut db.db.work().await.unwrap(), &table).await.unwrap() >= 1,
            "{table} has no row to test with"
        );
    }
}

#[tokio::test]
async fn a_statement_that_names_no_tenant_reaches_the_rows_of_its_own_and_no_others() {
    let db = two_tenants().await;
    let theirs = |table: &str| i64::from(!NOBODYS.contains(&table));
    for table in tables(&db).await {
        let mut tx = db.db.tenant(OTHER).await.unwrap();
        match count(&mut tx, &table).await {
            Ok(seen) => assert_eq!(seen, theirs(&table), "{table}"),
            Err(error) => {
                assert!(NOBODYS.contains(&table.as_str()), "{table}: {error}");
                continue;
            }
        }
        drop(tx);
        let before = count(&mut db.db.work().await.unwrap(), &table).await.unwrap();
        let mut tx = db.db.tenant(OTHER).await.unwrap();
        let gone = tx.execute(AssertSqlSafe(format!("delete from {table}"))).await;
        if let Ok(gone) = gone {
            assert!(gone.rows_affected() <= 1, "{table}");
        }
        drop(tx);
        assert_eq!(count(&mut db.db.work().await.unwrap(), &table).await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_store_function_that_forgot_its_tenant_still_leaks_nothing() {
    let db = two_tenants().await;
    let mut tx = db.db.tenant(OTHER).await.unwrap();
    // What `providers::list` and `providers::update` would be without `where tenant_id = $1`.
    let names = "select tenant_id from providers order by created_at, id";
    let seen: Vec<uuid::Uuid> = sqlx::query_scalar(names).fetch_all(&mut *tx).await.unwrap();
    assert_eq!(seen, [OTHER.0]);
    let renamed = tx.execute("update providers set display_name = 'mine'").await.unwrap();
    assert_eq!(renamed.rows_affected(), 1);
    // One that names the wrong tenant finds nothing.
    assert!(providers::list(&mut tx, MASTER_TENANT).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    let touched = "select count(*) from providers where display_name = 'mine'";
    let touched: i64 = sqlx::query_scalar(touched).fetch_one(&db.pool).await.unwrap();
    assert_eq!(touched, 1);
}

#[tokio::test]
async fn nothing_can_be_written_into_another_tenant() {
    let db = two_tenants().await;
    for sql in [
        "insert into agents (id, tenant_id, agent_key, context_window, max_tool_iterations, created_at, updated_at)
         values (gen_random_uuid(), '0193a5b0-7000-7000-8000-000000000001', 'planted', 1, 1, now(), now())",
        "update agents set tenant_id = '0193a5b0-7000-7000-8000-000000000001'",
        "insert into session_items (session_id, seq, item, created_at)
         values ('00000000-0000-7000-8000-000000000041', 9, '{}', now())",
        "insert into run_events values ('00000000-0000-7000-8000-000000000081', 9, now(), 't', '{}')",
    ] {
        let mut tx = db.db.tenant(OTHER).await.unwrap();
        let error = tx.execute(sql).await.unwrap_err();
        assert!(error.to_string().contains("row-level security"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_tenant_sees_who_its_people_are_and_nothing_that_signs_them_in() {
    let db = two_tenants().await;
    let mut tx = db.db.tenant(OTHER).await.unwrap();
    let seen: Vec<String> = sqlx::query_scalar("select email from users where has_password = false")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    assert_eq!(seen, ["user2"]);
    for sql in
        ["select password_hash from users", "select totp_secret from users", "update users set email = 'x'"]
    {
        let mut tx = db.db.tenant(OTHER).await.unwrap();
        let error = tx.execute(sql).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn the_role_ends_with_its_transaction() {
    let db = two_tenants().await;
    let mut conn = db.db.work().await.unwrap();
    drop(db.db.tenant(OTHER).await.unwrap());
    assert_eq!(count(&mut conn, "providers").await.unwrap(), 2);
    let mut tx = db.db.tenant(MASTER_TENANT).await.unwrap();
    assert_eq!(count(&mut tx, "providers").await.unwrap(), 1);
    tx.commit().await.unwrap();
    for _ in 0..8 {
        let role: String = sqlx::query_scalar(
            "select current_user::text || coalesce(nullif(current_setting('gateway.tenant', true), ''), '')",
        )
        .fetch_one(&mut *db.db.work().await.unwrap())
        .await
        .unwrap();
        assert_eq!(role, "gateway_work");
    }
}
