//! What was served and what came of it, read through the API: lists, single requests, the activity of pools.

use crate::support::world::{Answer, CODEX, COMPAT, Node, World, until};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::demo::simulator::{COMPAT_KEY, Script};
use gateway::domain::ids::{MASTER_TENANT, ProviderId, RequestId, TenantId};
use gateway::store::requests::{AttemptRecord, RequestRecord};
use serde_json::{Value, json};
use std::collections::HashSet;
use uuid::{NoContext, Timestamp, Uuid};

const OTHER_TENANT: TenantId = TenantId(Uuid::from_u128(0x0193_a5b0_7000_7000_8000_0000_0000_0002));

pub fn provider(node: &Node, name: &str) -> (ProviderId, String) {
    let catalogue = node.app.catalogues.current();
    let provider = catalogue.tenant(MASTER_TENANT).provider(name).unwrap();
    (provider.id, provider.name.clone())
}

/// A time that Postgres stores as it is.
pub fn now(node: &Node) -> DateTime<Utc> {
    DateTime::from_timestamp(node.app.clock.now().timestamp(), 0).unwrap()
}

/// So many milliseconds before.
pub fn at(now: DateTime<Utc>, ago: i64) -> DateTime<Utc> {
    now - TimeDelta::milliseconds(ago)
}

/// A request to the pool of `owner`. Each attempt is an account, how it ended and whose fault that was.
pub fn request(
    started_at: DateTime<Utc>,
    owner: &(ProviderId, String),
    attempts: &[(&(ProviderId, String), &'static str, Option<&'static str>)],
) -> RequestRecord {
    let millis = u64::try_from(started_at.timestamp_millis()).unwrap();
    let time =
        Timestamp::from_unix(NoContext, millis / 1_000, u32::try_from(millis % 1_000 * 1_000_000).unwrap());
    let served = attempts.iter().find(|(_, outcome, _)| *outcome == "served");
    let failed = attempts.last().is_some_and(|(_, outcome, _)| *outcome == "failed");
    RequestRecord {
        key: None,
        id: RequestId(Uuid::new_v7(time)),
        tenant: MASTER_TENANT,
        started_at,
        duration_ms: 900,
        first_event_ms: served.map(|_| 300),
        endpoint: "responses",
        client: "other",
        model: "gpt-5.5".into(),
        served_model: None,
        agent_key: None,
        session_key: None,
        conversation: None,
        provider: served.map(|(account, ..)| (*account).clone()),
        pool_owner: Some(owner.clone()),
        strategy: None,
        decision: Some(json!({
            "attempts": attempts.iter().map(|((_, name), ..)| name.as_str()).collect::<Vec<_>>(),
            "excluded": [{ "provider_name": "tired", "reason": "exhausted", "until": "2027-01-15T12:00:00Z" }],
        })),
        status: if served.is_some() {
            "completed"
        } else if failed {
            "failed"
        } else {
            "cancelled"
        },
        http_status: 200,
        error: None,
        usage: None,
        attempts: attempts
            .iter()
            .zip(0..)
            .map(|(((id, name), outcome, fault), n)| AttemptRecord {
                provider: *id,
                provider_name: name.clone(),
                started_at: started_at + TimeDelta::milliseconds(n),
                model: "gpt-5.5".into(),
                outcome,
                error: fault.map(|_| ("usage_limit_reached".into(), "the limit".into())),
                cause: fault.map(|_| "refused"),
                fault: *fault,
                http_status: fault.map(|_| 429),
                first_event_ms: (*outcome == "served").then_some(250),
                duration_ms: 400,
            })
            .collect(),
    }
}

/// Hands records over as the gateway does, and waits until they are written.
pub async fn write(node: &Node, records: Vec<RequestRecord>) {
    let before = count(node).await;
    let wanted = before + i64::try_from(records.len()).unwrap();
    for record in records {
        node.app.gateway.recorder.record(record);
    }
    until("the records are written", async || count(node).await == wanted).await;
}

async fn count(node: &Node) -> i64 {
    sqlx::query_scalar("select count(*) from requests")
        .fetch_one(&mut *node.app.db.work().await.unwrap())
        .await
        .unwrap()
}

fn ids(answer: &Answer) -> Vec<String> {
    let rows = answer.json()["requests"].as_array().unwrap_or_else(|| panic!("{}", answer.text())).clone();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_pool_tells_who_was_chosen_who_stepped_in_and_how_each_of_them_did() {
    let world = World::new().await;
    let node = world.node().await;
    let now = now(&node);
    node.connect("grace", &world.sim.account(crate::support::world::GRACE)).await;
    let pool =
        json!({"settings": {"codex_pool": {"strategy": "round_robin", "extra_provider_names": ["grace"]}}});
    let made = node.request("PUT", &format!("/v1/providers/{CODEX}"), &[], pool.to_string().into()).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let (ada, grace) = (provider(&node, CODEX), provider(&node, "grace"));
    let served = |ago| request(at(now, ago), &ada, &[(&ada, "served", None)]);
    let mut of_agent = served(4_000);
    of_agent.agent_key = Some("helper".into());
    write(
        &node,
        vec![
            of_agent,
            served(3_000),
            request(at(now, 2_000), &ada, &[(&ada, "failed", Some("account")), (&grace, "served", None)]),
            // Neither is the account's doing.
            request(at(now, 1_500), &ada, &[(&ada, "failed", Some("client"))]),
            request(at(now, 1_000), &ada, &[(&ada, "cancelled", None)]),
            request(at(now, 500), &grace, &[(&grace, "served", None)]),
        ],
    )
    .await;
    let path = format!("/v1/providers/{CODEX}/codex-pool-activity");
    let activity = node.get(&path).await.json();
    assert_eq!(
        keys(&activity),
        [
            "strategy",
            "pool_providers",
            "stats_sample_size",
            "provider_counts",
            "recent_requests",
            "top_agents"
        ]
    );
    assert_eq!(activity["stats_sample_size"], 5, "grace was asked for herself once: {activity}");
    assert_eq!(activity["pool_providers"], json!([CODEX, "grace"]));
    assert_eq!(activity["strategy"], "round_robin");
    assert_eq!(
        activity["top_agents"],
        json!([{ "agent_id": null, "agent_key": "helper", "request_count": 1 }])
    );
    let counts = &activity["provider_counts"][0];
    let time = |ago| json!(at(now, ago));
    let last_failure = counts["last_failure_at"].clone();
    assert!(last_failure.is_string(), "{counts}");
    for (key, expected) in [
        ("provider_name", json!(CODEX)),
        ("request_count", json!(5)),
        ("direct_selection_count", json!(5)),
        ("failover_serve_count", json!(0)),
        ("success_count", json!(2)),
        ("failure_count", json!(1)),
        ("consecutive_failures", json!(1)),
        ("success_rate", json!(67)),
        ("health_score", json!(52)),
        ("health_state", json!("degraded")),
        ("last_error", json!("usage_limit_reached: the limit")),
    ] {
        assert_eq!(counts[key], expected, "{key}: {counts}");
    }
    let same = |a: &Value, b: &Value| {
        let read = |v: &Value| v.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        read(a) == read(b)
    };
    assert!(same(&counts["last_used_at"], &time(1_000)), "{counts}");
    assert!(same(&counts["last_success_at"], &time(3_000)), "{counts}");
    assert!(counts.get("last_failover_at").is_none() && counts.get("cooldown_until").is_none(), "{counts}");

    let lent = &activity["provider_counts"][1];
    for (key, expected) in [
        ("provider_name", json!("grace")),
        ("request_count", json!(1)),
        ("direct_selection_count", json!(0)),
        ("failover_serve_count", json!(1)),
        ("success_count", json!(1)),
        ("failure_count", json!(0)),
        ("success_rate", json!(100)),
        ("health_score", json!(100)),
        ("health_state", json!("healthy")),
    ] {
        assert_eq!(lent[key], expected, "{key}: {lent}");
    }
    assert!(lent.get("last_selected_at").is_none() && lent["last_failover_at"].is_string(), "{lent}");
    // A member shows all that it was tried for.
    let member = node.get("/v1/providers/grace/codex-pool-activity").await.json();
    assert_eq!((&member["pool_providers"], &member["stats_sample_size"]), (&json!(["grace"]), &json!(2)));
    assert_eq!(member["provider_counts"][0]["failover_serve_count"], 1);

    let recent = activity["recent_requests"].as_array().unwrap();
    let loan = &recent[2];
    assert_eq!((&loan["provider_name"], &loan["selected_provider"]), (&json!("grace"), &json!(CODEX)));
    assert_eq!((&loan["used_failover"], &loan["attempt_count"]), (&json!(true), &json!(2)));
    assert_eq!(loan["failover_providers"], json!(["grace"]));
    assert_eq!(loan["decision"]["attempts"], json!([CODEX, "grace"]));
    assert_eq!(loan["decision"]["excluded"][0]["reason"], "exhausted");
    assert!(recent[0].get("failover_providers").is_none(), "{}", recent[0]);
    let spans: HashSet<_> = recent.iter().map(|row| row["span_id"].as_str().unwrap()).collect();
    assert_eq!(spans.len(), 5, "each has a span of its own");
    // The trace is the request.
    let detail = node.get(&format!("/v1/requests/{}", loan["trace_id"].as_str().unwrap())).await.json();
    assert_eq!(detail["attempts"][0]["provider_name"], CODEX);
}

#[tokio::test]
async fn the_rows_are_one_to_fifty_and_the_numbers_do_not_depend_on_them() {
    let world = World::new().await;
    let node = world.node().await;
    let (now, ada) = (now(&node), provider(&node, CODEX));
    write(&node, (0..5).map(|n| request(at(now, n), &ada, &[(&ada, "served", None)])).collect()).await;
    let path = format!("/v1/providers/{CODEX}/codex-pool-activity");
    let rows = async |limit: &str| {
        let answer = node.get(&format!("{path}?limit={limit}")).await;
        (answer.status, answer.json())
    };
    let (status, two) = rows("2").await;
    assert_eq!((status, two["recent_requests"].as_array().unwrap().len()), (200, 2));
    assert_eq!(two["stats_sample_size"], 5, "the numbers do not depend on the rows");
    for wrong in ["0", "51", "-1"] {
        let (status, error) = rows(wrong).await;
        assert_eq!((status, &error["code"]), (400, &json!("invalid_value")), "{wrong}");
        assert_eq!(error["error"], format!("limit {wrong} is not between 1 and 50"));
    }
    assert_eq!(rows("many").await.0, 400);
    assert_eq!(rows("50").await.0, 200);
}

#[tokio::test]
async fn an_agent_shows_its_own_requests_and_nothing_without_chatgpt_accounts() {
    let world = World::new().await;
    let node = world.node().await;
    let now = now(&node);
    node.add_compat(&world, COMPAT_KEY).await;
    for (key, name) in [("helper", CODEX), ("local-one", COMPAT), ("lost", "nowhere")] {
        node.post("/v1/agents", &json!({"agent_key": key, "provider": name})).await;
    }
    let ada = provider(&node, CODEX);
    let mut own = request(at(now, 2_000), &ada, &[(&ada, "served", None)]);
    own.agent_key = Some("helper".into());
    let mine = own.id;
    write(&node, vec![own, request(at(now, 1_000), &ada, &[(&ada, "served", None)])]).await;

    let agent = node.get("/v1/agents/helper").await.json();
    for id in ["helper", agent["id"].as_str().unwrap()] {
        let activity = node.get(&format!("/v1/agents/{id}/codex-pool-activity")).await.json();
        assert_eq!(activity["stats_sample_size"], 1);
        assert_eq!(activity["recent_requests"][0]["trace_id"], mine.to_string());
        assert_eq!(activity["provider_counts"][0]["request_count"], 1);
        assert!(activity.get("top_agents").is_none(), "{activity}");
    }
    let empty = json!({"strategy": "primary_first", "pool_providers": [], "stats_sample_size": 0,
                       "provider_counts": [], "recent_requests": []});
    for key in ["local-one", "lost"] {
        let answer = node.get(&format!("/v1/agents/{key}/codex-pool-activity")).await;
        assert_eq!((answer.status, answer.json()), (200, empty.clone()), "{key}");
    }
    let mut empty_provider = empty;
    empty_provider["top_agents"] = json!([]);
    let answer = node.get(&format!("/v1/providers/{COMPAT}/codex-pool-activity")).await;
    assert_eq!((answer.status, answer.json()), (200, empty_provider));
}

#[tokio::test]
async fn another_tenants_activity_and_requests_do_not_exist() {
    let world = World::new().await;
    let node = world.node().await;
    let now = now(&node);
    let theirs = (ProviderId(Uuid::now_v7()), "theirs".to_owned());
    sqlx::query("insert into tenants (id, slug, name, created_at) values ($1, 'other', 'Other', now())")
        .bind(OTHER_TENANT.0)
        .execute(&mut *node.app.db.work().await.unwrap())
        .await
        .unwrap();
    sqlx::query(
        "insert into providers (id, tenant_id, name, provider_type, created_at, updated_at)
         values ($1, $2, 'theirs', 'chatgpt_oauth', now(), now())",
    )
    .bind(theirs.0.0)
    .bind(OTHER_TENANT.0)
    .execute(&mut *node.app.db.work().await.unwrap())
    .await
    .unwrap();
    node.app.reload().await.unwrap();
    let mut record = request(at(now, 0), &theirs, &[(&theirs, "served", None)]);
    record.tenant = OTHER_TENANT;
    let id = record.id;
    write(&node, vec![record]).await;

    for path in [
        "/v1/providers/theirs/codex-pool-activity".to_owned(),
        format!("/v1/providers/{}/codex-pool-activity", theirs.0),
        "/v1/agents/none/codex-pool-activity".to_owned(),
        format!("/v1/requests/{id}"),
        format!("/v1/requests/{}", Uuid::now_v7()),
        "/v1/requests/nothing".to_owned(),
    ] {
        let answer = node.get(&path).await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")), "{path}");
    }
    let by_account = format!("/v1/requests?account={}", theirs.0);
    for path in ["/v1/requests", "/v1/traces", &by_account, "/v1/requests?account=theirs"] {
        let text = node.get(path).await.text();
        assert!(!text.contains(&id.to_string()), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page_without_a_gap_while_it_grows() {
    let world = World::new().await;
    let node = world.node().await;
    let now = now(&node);
    let ada = provider(&node, CODEX);
    // Several begin in the same microsecond.
    let mut records: Vec<_> =
        (0..23).map(|n| request(at(now, n / 4 * 1_000), &ada, &[(&ada, "served", None)])).collect();
    // The model is found by either name, and once where both are it.
    for (n, record) in records.iter_mut().enumerate().filter(|(n, _)| n % 3 > 0) {
        record.served_model = Some("gpt-5.5".into());
        record.model = if n % 3 == 1 { "agent:helper".into() } else { record.model.clone() };
    }
    let all: HashSet<String> = records.iter().map(|r| r.id.to_string()).collect();
    write(&node, records).await;
    for filter in [
        "",
        "&account=openai-codex",
        "&model=gpt-5.5",
        "&model=gpt-5.5&account=openai-codex&outcome=completed",
    ] {
        let (mut seen, mut path) = (Vec::new(), format!("/v1/requests?limit=5{filter}"));
        loop {
            let answer = node.get(&path).await;
            seen.extend(ids(&answer));
            // What is newer than the first page is not in the others.
            write(&node, vec![request(at(now, -60_000), &ada, &[(&ada, "served", None)])]).await;
            match answer.json()["next_cursor"].as_str() {
                Some(cursor) => path = format!("/v1/requests?limit=5{filter}&cursor={cursor}"),
                None => break,
            }
        }
        let newer = seen.len() - 23;
        assert_eq!(seen[newer..].iter().cloned().collect::<HashSet<_>>(), all, "{filter}");
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "each once");
    }
}

#[tokio::test]
async fn a_list_keeps_to_its_filters() {
    let world = World::new().await;
    let node = world.node().await;
    let now = now(&node);
    node.connect("grace", &world.sim.account(crate::support::world::GRACE)).await;
    let (ada, grace) = (provider(&node, CODEX), provider(&node, "grace"));
    // The same account twice in one request is one row.
    let mut both = request(
        at(now, 5_000),
        &ada,
        &[(&ada, "failed", Some("account")), (&grace, "failed", Some("upstream")), (&ada, "served", None)],
    );
    both.agent_key = Some("helper".into());
    both.served_model = Some("gpt-5.5-2026".into());
    let failed = request(at(now, 3_000), &ada, &[(&ada, "failed", Some("account"))]);
    let plain = request(at(now, 1_000), &ada, &[(&ada, "served", None)]);
    let [b, f, p] = [&both, &failed, &plain].map(|r| r.id.to_string());
    let rfc = |ago| at(now, ago).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let (middle, late) = (rfc(3_000), rfc(1_000));
    write(&node, vec![both, failed, plain]).await;
    for (query, expected) in [
        (String::new(), vec![&p, &f, &b]),
        ("account=grace".into(), vec![&b]),
        (format!("account={}", grace.0), vec![&b]),
        ("account=openai-codex".into(), vec![&p, &f, &b]),
        ("account=openai-codex&outcome=failed".into(), vec![&f]),
        ("account=nobody".into(), vec![]),
        ("agent=helper".into(), vec![&b]),
        ("agent=nobody".into(), vec![]),
        ("model=gpt-5.5".into(), vec![&p, &f, &b]),
        ("model=gpt-5.5-2026".into(), vec![&b]),
        ("outcome=completed".into(), vec![&p, &b]),
        (format!("from={middle}"), vec![&p, &f]),
        (format!("from={middle}&to={late}"), vec![&f]),
        (format!("to={middle}&account=openai-codex"), vec![&b]),
    ] {
        let found = ids(&node.get(&format!("/v1/requests?{query}")).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for (query, field) in [
        ("outcome=good", "outcome"),
        ("from=yesterday", "from"),
        ("to=1", "to"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
    ] {
        let answer = node.get(&format!("/v1/requests?{query}")).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{}", answer.text());
    }
    let row = &node.get("/v1/requests?account=grace").await.json()["requests"][0];
    assert_eq!((&row["pool_owner"], &row["selected_provider"]), (&json!(CODEX), &json!(CODEX)));
    assert_eq!((&row["attempt_count"], &row["used_failover"]), (&json!(3), &json!(false)));
    let traces = node.get("/v1/traces").await.json();
    assert_eq!(traces["traces"][2], *row, "the trace list has the same rows");
}

#[tokio::test]
async fn a_request_tells_its_decision_its_attempts_and_whose_fault_they_were() {
    let world = World::new().await;
    let node = world.node().await;
    // A NUL is nothing that Postgres can hold.
    let error = json!({"error": {"code": "usage_limit_reached", "message": "no\u{0}more"}});
    world.script(Script::status(429, error));
    let ask = json!({"model": "gpt-5.5", "input": "hi"});
    assert_eq!(node.post("/v1/responses", &ask).await.status, 429);
    node.forgive();
    assert_eq!(node.post("/v1/responses", &ask).await.status, 200);
    until("both are recorded", async || count(&node).await == 2).await;
    let list = ids(&node.get("/v1/requests").await);
    let detail = async |id: &str| node.get(&format!("/v1/requests/{id}")).await.json();
    let (served, failed) = (detail(&list[0]).await, detail(&list[1]).await);

    let attempt = &failed["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["fault"]), (&json!("failed"), &json!("account")), "{failed}");
    assert_eq!((&attempt["http_status"], &attempt["model"]), (&json!(429), &json!("gpt-5.5")));
    assert!(attempt["cause"].is_string() && attempt["started_at"].is_string(), "{attempt}");
    assert!(attempt["error_message"].as_str().unwrap().contains("no\u{fffd}more"), "{attempt}");
    assert_eq!(failed["decision"]["attempts"], json!([CODEX]));
    assert_eq!(failed["selected_provider"], CODEX);
    assert_eq!(failed["provider_name"], Value::Null);

    let attempt = &served["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["fault"]), (&json!("served"), &Value::Null), "{served}");
    assert!(attempt["first_event_ms"].as_i64().unwrap() <= attempt["duration_ms"].as_i64().unwrap());
    assert_eq!((&served["pool_owner"], &served["provider_name"]), (&json!(CODEX), &json!(CODEX)));
}

#[tokio::test]
async fn a_record_that_postgres_refuses_takes_no_other_with_it() {
    let world = World::new().await;
    let node = world.node().await;
    let now = now(&node);
    let ada = provider(&node, CODEX);
    let mut records: Vec<_> = (0..20).map(|n| request(at(now, n), &ada, &[(&ada, "served", None)])).collect();
    // There is no such tenant.
    records[7].tenant = TenantId(Uuid::from_u128(9));
    for record in records {
        node.app.gateway.recorder.record(record);
    }
    until("the others are written", async || count(&node).await == 19).await;
    until("the lost one is counted", async || {
        node.app.metrics.encode().contains("gateway_records_dropped_total 1\n")
    })
    .await;
}

#[tokio::test]
async fn what_is_older_than_thirty_days_goes_with_its_attempts() {
    let world = World::new().await;
    let node = world.node().await;
    let now = now(&node);
    let ada = provider(&node, CODEX);
    let days = |n: i64| n * 24 * 3_600_000;
    let records: Vec<_> = [0, days(29), days(31), days(400)]
        .map(|ago| request(at(now, ago), &ada, &[(&ada, "failed", Some("account")), (&ada, "served", None)]))
        .into();
    write(&node, records).await;
    assert_eq!(node.app.traces.prune().await.unwrap(), 2);
    assert_eq!(node.app.traces.prune().await.unwrap(), 0);
    let attempts: i64 = sqlx::query_scalar("select count(*) from attempts")
        .fetch_one(&mut *node.app.db.work().await.unwrap())
        .await
        .unwrap();
    assert_eq!((count(&node).await, attempts), (2, 4));
}
