//! What a pool may be, who wins when two are written at once, and how it is shown.

use super::{account, accounts, extras, members, pool, provider, put_pool};
use crate::admin::desk::Desk;
use crate::support::database::database;
use futures_util::future::join_all;
use gateway::domain::ids::MASTER_TENANT;
use gateway::store::backup::{BackupMeta, RestoreOptions, backup, restore};
use gateway::store::db::Db;
use gateway::store::pools::{broken_rule, list_all, member_names};
use serde_json::{Value, json};
use std::io::Cursor;

#[tokio::test]
async fn a_pool_is_written_read_changed_and_dissolved() {
    let desk = accounts(&["main", "b", "c"]).await;
    let settings = json!({"settings": {"note": "x", "codex_pool": {
        "strategy": "round_robin", "extra_provider_names": [" c", "b", "c "], "affinity": "request"}}});
    let answer = desk.put("/v1/providers/main", settings).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let main = provider(&desk, "main").await;
    let shown = json!({"strategy": "round_robin", "extra_provider_names": ["c", "b"], "affinity": "request"});
    assert_eq!(main["settings"], json!({"note": "x", "codex_pool": shown}));
    let pool = |role: &str| {
        json!({"role": role, "owner": "main", "strategy": "round_robin", "affinity": "request",
               "members": ["c", "b"], "primary": "main"})
    };
    assert_eq!(main["pool"], pool("owner"));
    let b = provider(&desk, "b").await;
    assert_eq!((&b["pool"], &b["settings"]), (&pool("member"), &json!({})));
    let stored: Vec<Value> = sqlx::query_scalar("select settings from providers order by name")
        .fetch_all(&mut *desk.app.db.work().await.unwrap())
        .await
        .unwrap();
    assert_eq!(stored, [json!({}), json!({}), json!({"note": "x"})], "inside it is relational");

    // What is absent stays; other settings are not touched.
    let only = json!({"settings": {"codex_pool": {"strategy": "priority_order"}, "more": 1}});
    assert_eq!(desk.put("/v1/providers/main", only).await.status, 200);
    let shown =
        json!({"strategy": "priority_order", "extra_provider_names": ["c", "b"], "affinity": "request"});
    assert_eq!(
        provider(&desk, "main").await["settings"],
        json!({"note": "x", "more": 1, "codex_pool": shown})
    );
    super::pool(&desk, "main", &["b"]).await;
    assert_eq!(provider(&desk, "c").await["pool"]["role"], "none");
    let gone = json!({"settings": {"codex_pool": null}});
    assert_eq!(desk.put("/v1/providers/main", gone).await.status, 200);
    let main = provider(&desk, "main").await;
    assert_eq!(main["settings"], json!({"note": "x", "more": 1}));
    let none = json!({"role": "none", "owner": null, "strategy": null, "affinity": null, "members": [],
        "primary": null});
    assert_eq!(main["pool"], none);
    assert_eq!(provider(&desk, "b").await["pool"], none);
}

#[tokio::test]
async fn a_provider_is_made_with_its_pool_or_not_at_all() {
    let desk = accounts(&["b"]).await;
    let body = |members: Value| {
        json!({"name": "main", "provider_type": "chatgpt_oauth",
               "settings": {"codex_pool": {"extra_provider_names": members}}})
    };
    for (names, code) in [(json!(["ghost"]), "pool_rules_broken"), (json!("b"), "invalid_pool")] {
        assert_eq!(desk.post("/v1/providers", body(names)).await.error().1, code);
        assert_eq!(desk.get("/v1/providers/main").await.status, 404);
    }
    let made = desk.post("/v1/providers", body(json!(["b"]))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let shown =
        json!({"strategy": "primary_first", "extra_provider_names": ["b"], "affinity": "conversation"});
    assert_eq!(made.json()["settings"]["codex_pool"], shown);
    desk.local("local").await;
    assert_eq!(provider(&desk, "local").await["pool"], Value::Null);
}

#[tokio::test]
async fn what_the_pool_object_must_be_is_said() {
    let desk = accounts(&["main"]).await;
    for (pool, part) in [
        (json!([]), "must be an object or null"),
        (
            json!({"strategy": "fastest"}),
            "unknown strategy \"fastest\"; one of primary_first, priority_order",
        ),
        (json!({"affinity": "forever"}), "one of conversation, request"),
        (json!({"extra_provider_names": [1]}), "a list of provider names; found 1"),
        (json!({"members": []}), "has no member \"members\""),
    ] {
        let answer = desk.put("/v1/providers/main", json!({"settings": {"codex_pool": pool, "a": 1}})).await;
        let (status, code, text) = answer.error();
        assert_eq!((status, &*code), (400, "invalid_pool"));
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(provider(&desk, "main").await["settings"], json!({}), "nothing was changed");
}

#[tokio::test]
async fn each_broken_rule_is_told_with_its_text_and_all_of_them_at_once() {
    let desk = accounts(&["main", "helper", "a", "b"]).await;
    desk.local("local").await;
    pool(&desk, "main", &["helper"]).await;
    for (owner, names, code, text) in [
        (
            "local",
            &["a"][..],
            "pool_owner_type",
            "provider \"local\" must be chatgpt_oauth to manage an OpenAI Codex pool",
        ),
        (
            "a",
            &["a"],
            "pool_includes_itself",
            "provider \"a\" cannot include itself in its OpenAI Codex pool",
        ),
        (
            "a",
            &["ghost"],
            "unknown_pool_member",
            "provider \"a\" references unknown OpenAI Codex pool member \"ghost\"",
        ),
        (
            "a",
            &["local"],
            "pool_member_type",
            "provider \"a\" can only add chatgpt_oauth members; \"local\" is openai_compat",
        ),
        ("a", &["helper"], "already_in_a_pool", "provider \"helper\" already belongs to pool \"main\""),
        (
            "helper",
            &["a"],
            "member_manages_a_pool",
            "provider \"helper\" already belongs to pool \"main\" and cannot manage its own pool",
        ),
    ] {
        let answer = put_pool(&desk, owner, names).await;
        let (status, top, said) = answer.error();
        assert_eq!((status, &*top, &*said), (400, "pool_rules_broken", text));
        let violations = answer.json()["violations"].clone();
        assert_eq!((&violations[0]["code"], &violations[0]["message"]), (&json!(code), &json!(text)));
        assert_eq!(violations.as_array().unwrap().len(), 1);
    }
    let answer = put_pool(&desk, "a", &["a", "b", "ghost", "local", "helper", "main"]).await;
    let violations = answer.json()["violations"].as_array().unwrap().clone();
    let codes: Vec<_> = violations.iter().map(|v| v["code"].as_str().unwrap()).collect();
    let expected = [
        "pool_includes_itself",
        "unknown_pool_member",
        "pool_member_type",
        "already_in_a_pool",
        "member_manages_a_pool",
    ];
    assert_eq!(codes, expected);
    assert_eq!(violations[3]["providers"], json!(["helper", "main"]));
    assert_eq!(provider(&desk, "a").await["pool"]["role"], "none");
    assert_eq!(members(&desk, "main").await, ["helper"]);
}

#[tokio::test]
async fn an_empty_pool_keeps_nobody_from_joining_another() {
    let desk = accounts(&["main", "b"]).await;
    pool(&desk, "b", &[]).await;
    assert_eq!(provider(&desk, "b").await["pool"]["role"], "owner");
    pool(&desk, "main", &["b"]).await;
    assert_eq!(provider(&desk, "b").await["pool"]["owner"], "main");
    assert_eq!(provider(&desk, "b").await["settings"], json!({}));
}

#[tokio::test]
async fn a_write_that_has_nothing_to_do_with_pools_is_never_judged_by_them() {
    let desk = accounts(&["main", "b"]).await;
    pool(&desk, "main", &["b"]).await;
    let whole = provider(&desk, "main").await["settings"].clone();
    for body in [
        json!({"display_name": "Main", "enabled": false}),
        json!({"settings": {"note": 1}}),
        // What a page read is sent back.
        json!({"settings": whole, "enabled": true}),
    ] {
        let answer = desk.put("/v1/providers/main", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(desk.put("/v1/providers/b", json!({"settings": {"note": 2}})).await.status, 200);
        assert_eq!(members(&desk, "main").await, ["b"]);
    }
}

/// Each pair of writes is fine alone and breaks a rule with the other one.
#[tokio::test]
async fn two_writers_at_once_cannot_both_take_what_only_one_can_have() {
    let desk = accounts(&["a", "b", "c", "d", "e"]).await;
    for (one, other) in [
        (("a", &["c"][..]), ("b", &["c"][..])),
        (("a", &["b"]), ("b", &["a"])),
        (("a", &["b", "c"]), ("b", &["d"])),
        (("a", &["c", "d", "e"]), ("b", &["e", "d", "c"])),
        (("e", &["d", "a"]), ("d", &["c", "b"])),
    ] {
        for _ in 0..6 {
            let (first, second) =
                tokio::join!(put_pool(&desk, one.0, one.1), put_pool(&desk, other.0, other.1));
            let mut statuses = [first.status.as_u16(), second.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 400], "{} {}", first.text, second.text);
            for refused in [first, second].into_iter().filter(|answer| answer.status == 400) {
                assert_eq!(refused.error().1, "pool_rules_broken", "{}", refused.text);
            }
            consistent(&desk).await;
            for owner in ["a", "b", "c", "d", "e"] {
                let none = json!({"settings": {"codex_pool": null}});
                desk.put(&format!("/v1/providers/{owner}"), none).await;
            }
        }
    }
}

#[tokio::test]
async fn many_writers_of_all_kinds_leave_no_account_in_two_places_and_none_fails() {
    let desk = accounts(&["a", "b", "c", "d"]).await;
    let names = ["a", "b", "c", "d"];
    for round in 0..4 {
        let writes = (0..12).map(|n| {
            let (desk, at) = (&desk, n + round);
            let (owner, one, two) = (names[at % 4], names[(at * 3 + 1) % 4], names[(at * 2 + 3) % 4]);
            async move {
                match n % 4 {
                    0 => {
                        desk.put(&format!("/v1/providers/{owner}"), json!({"settings": {"codex_pool": null}}))
                            .await
                    }
                    1 => desk.put(&format!("/v1/providers/{owner}"), json!({"display_name": owner})).await,
                    _ => put_pool(desk, owner, &[one, two]).await,
                }
            }
        });
        for answer in join_all(writes).await {
            assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.text);
        }
        consistent(&desk).await;
    }
}

/// No account is in two places, as the API shows it.
async fn consistent(desk: &Desk) {
    let all = desk.get("/v1/providers").await.json()["providers"].as_array().unwrap().clone();
    let mut seen = std::collections::HashSet::new();
    for owner in all.iter().filter(|p| p["pool"]["role"] == "owner") {
        let members = owner["settings"]["codex_pool"]["extra_provider_names"].as_array().unwrap().clone();
        for name in members.iter().chain([&owner["name"]]) {
            assert!(seen.insert(name.clone()), "{name} twice in {all:?}");
        }
    }
}

/// What a writer that knows no rules would do.
#[tokio::test]
async fn the_tables_themselves_keep_the_rules() {
    let desk = accounts(&["main", "helper", "a", "b"]).await;
    desk.local("local").await;
    pool(&desk, "main", &["helper"]).await;
    pool(&desk, "a", &[]).await;
    let foreign = another_tenant(&desk.app.db, "foreign").await;
    let refused = async |sql: &str| {
        let error = sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut *desk.app.db.work().await.unwrap())
            .await
            .unwrap_err();
        let constraint = error.as_database_error().unwrap().constraint().unwrap_or_default().to_owned();
        // Such a refusal is judged anew, and becomes an answer that names the rule.
        assert_eq!(broken_rule(&error), constraint.starts_with("pool"), "{constraint}");
        constraint
    };
    let id = |name: &str| format!("(select id from providers where name = '{name}')");
    let tenant = "'0193a5b0-7000-7000-8000-000000000001'";
    let seat = |owner: &str, member: &str, place: i32| {
        format!(
            "insert into pool_accounts (owner_id, provider_id, tenant_id, position)
             values ({}, {}, {tenant}, {place})",
            id(owner),
            id(member)
        )
    };
    assert_eq!(refused(&seat("a", "helper", 1)).await, "pool_accounts_pkey");
    assert_eq!(refused(&seat("a", "main", 1)).await, "pool_accounts_pkey");
    assert_eq!(
        refused(&seat("helper", "b", 1)).await,
        "pool_accounts_pool",
        "who has no pool has no members"
    );
    assert_eq!(refused(&seat("a", "local", 1)).await, "pool_accounts_account");
    assert_eq!(refused(&seat("a", "stray", 1)).await, "pool_accounts_account");
    assert_eq!(refused(&seat("a", "b", 0)).await, "pool_accounts_owner_is_first");
    let owner = |name: &str| {
        format!(
            "insert into pools (owner_id, tenant_id, strategy, affinity, created_at, updated_at)
             values ({}, {tenant}, 'round_robin', 'request', now(), now())",
            id(name)
        )
    };
    assert_eq!(refused(&owner("local")).await, "pools_owner");
    assert_eq!(refused(&owner("stray")).await, "pools_owner");
    assert_eq!(
        refused("update providers set provider_type = 'groq' where name = 'helper'").await,
        "pool_accounts_account"
    );
    assert_eq!(refused("delete from providers where name = 'helper'").await, "pool_accounts_account");
    let hidden = "update providers set settings = '{\"codex_pool\": {}}' where name = 'a'";
    assert_eq!(refused(hidden).await, "providers_settings_without_pool");
    // A tenant goes with all that it has.
    sqlx::query("delete from tenants where id = $1")
        .bind(foreign)
        .execute(&mut *desk.app.db.work().await.unwrap())
        .await
        .unwrap();
}

/// A tenant with a pool of `account`, and an account `stray` beside it.
async fn another_tenant(db: &Db, account: &str) -> uuid::Uuid {
    let tenant = uuid::Uuid::now_v7();
    sqlx::query("insert into tenants (id, slug, name, created_at) values ($1, 'other', 'Other', now())")
        .bind(tenant)
        .execute(&mut *db.work().await.unwrap())
        .await
        .unwrap();
    for name in [account, "member"] {
        sqlx::query(
            "insert into providers (id, tenant_id, name, provider_type, created_at, updated_at)
             values ($1, $2, $3, 'chatgpt_oauth', now(), now())",
        )
        .bind(uuid::Uuid::now_v7())
        .bind(tenant)
        .bind(name)
        .execute(&mut *db.work().await.unwrap())
        .await
        .unwrap();
    }
    for sql in [
        "insert into pools (owner_id, tenant_id, strategy, affinity, created_at, updated_at)
         select id, tenant_id, 'round_robin', 'request', now(), now() from providers where name = $1",
        "insert into pool_accounts (owner_id, provider_id, tenant_id, position)
         select o.id, p.id, o.tenant_id, (p.id <> o.id)::int from providers o
         join providers p on p.tenant_id = o.tenant_id where o.name = $1",
    ] {
        sqlx::query(sql).bind(account).execute(&mut *db.work().await.unwrap()).await.unwrap();
    }
    sqlx::query(
        "insert into providers (id, tenant_id, name, provider_type, created_at, updated_at)
         values ($1, $2, 'stray', 'chatgpt_oauth', now(), now())",
    )
    .bind(uuid::Uuid::now_v7())
    .bind(tenant)
    .execute(&mut *db.work().await.unwrap())
    .await
    .unwrap();
    tenant
}

#[tokio::test]
async fn another_tenants_accounts_are_not_there() {
    let desk = accounts(&["main"]).await;
    another_tenant(&desk.app.db, "foreign").await;
    desk.app.reload().await.unwrap();
    let answer = put_pool(&desk, "main", &["foreign", "ghost"]).await;
    let violations = answer.json()["violations"].clone();
    for (at, name) in ["foreign", "ghost"].iter().enumerate() {
        assert_eq!(violations[at]["code"], "unknown_pool_member", "{name} looks like none");
    }
    assert_eq!(desk.get("/v1/providers/foreign").await.status, 404);
    assert_eq!(desk.put("/v1/providers/foreign", extras(&["main"])).await.status, 404);
    assert_eq!(desk.delete("/v1/providers/foreign?detach=true").await.status, 404);
    account(&desk, "foreign").await;
    pool(&desk, "main", &["foreign"]).await;
    assert_eq!(members(&desk, "main").await, ["foreign"], "names are the tenant's own");
}

#[tokio::test]
async fn a_backup_holds_the_pools() {
    let desk = accounts(&["main", "b", "c"]).await;
    pool(&desk, "main", &["c", "b"]).await;
    let created_at = chrono::DateTime::UNIX_EPOCH;
    let (mut file, meta) = (Vec::new(), BackupMeta { created_at, created_by: "test".into() });
    backup(&mut desk.app.db.work().await.unwrap(), &mut file, &meta).await.unwrap();
    let other = database().await;
    let mut owner = other.db.owner().await.unwrap();
    restore(&mut owner, Cursor::new(file), &RestoreOptions { replace: true }, None).await.unwrap();
    let mut conn = other.pool.acquire().await.unwrap();
    let pools = list_all(&mut conn).await.unwrap();
    assert_eq!(pools.len(), 1);
    let main = *pools.keys().next().unwrap();
    assert_eq!(member_names(&mut conn, MASTER_TENANT, main).await.unwrap(), ["c", "b"]);
}
