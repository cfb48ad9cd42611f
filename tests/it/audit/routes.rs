//! Every route that changes something: one entry, by whoever asked, in the transaction of the change.

use super::{CLIENT, Desk};
use crate::support::world::{GRACE, LINUS};
use gateway::demo::simulator::COMPAT_KEY;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use std::collections::BTreeSet;

/// Routes that are no reading and write no entry, and why that is right.
const UNRECORDED: [(&str, &str); 15] = [
    ("post /v1/responses", "is use: requests are their own record"),
    ("post /v1/chat/completions", "is use: requests are their own record"),
    ("post /v1/agents/{id}/runs", "is use: runs are their own record"),
    ("post /v1/runs/{id}/cancel", "is use: runs are their own record"),
    ("post /v1/runs/{id}/resume", "is use: runs are their own record"),
    ("post /v1/auth/session", "signs in: the sessions are their own record"),
    ("delete /v1/auth/session", "signs out: the sessions are their own record"),
    ("post /v1/auth/sign-in", "signs in: the sessions are their own record"),
    ("delete /v1/account/sessions/{id}", "signs out: the sessions are their own record"),
    ("post /v1/account/sessions/revoke-others", "signs out: the sessions are their own record"),
    ("post /v1/account/totp", "changes nothing until a code confirms it"),
    ("post /v1/account/identities", "changes nothing until it ends"),
    ("post /v1/auth/chatgpt/{provider}/start", "changes nothing until it ends"),
    ("post /v1/providers/{id}/verify", "asks the upstream"),
    ("post /v1/mcp/servers/{id}/reconnect", "stores nothing"),
];

/// What people change about themselves: `tests/it/people/account.rs` looks at their entries.
const THEIR_OWN: [&str; 6] = [
    "put /v1/account",
    "post /v1/account/password",
    "post /v1/account/totp/confirm",
    "delete /v1/account/totp",
    "delete /v1/account/identities/{id}",
    "post /v1/invitations/accept",
];

/// What entries tell of.
const TABLES: [&str; 13] = [
    "api_keys",
    "limits",
    "invitations",
    "memberships",
    "tenants",
    "providers",
    "grants",
    "pools",
    "pool_accounts",
    "agents",
    "mcp_servers",
    "sessions",
    "session_items",
];

struct Walk {
    desk: Desk,
    seen: BTreeSet<String>,
    entries: usize,
}

impl Walk {
    async fn dump(&self) -> String {
        let mut all = String::new();
        for table in TABLES {
            let sql =
                format!("select coalesce(string_agg(t::text, ' ' order by t::text), '') from {table} t");
            let rows: String =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.desk.world.db.pool).await.unwrap();
            all.push_str(&rows);
        }
        all
    }

    /// From now on no entry can be written, or they can be again.
    async fn block(&self, blocked: bool) {
        let sql = if blocked {
            "alter table audit_entries add constraint blocked check (false) not valid"
        } else {
            "alter table audit_entries drop constraint blocked"
        };
        self.desk.world.db.db.owner().await.unwrap().execute(sql).await.unwrap();
    }

    /// The request while its entry can't be written.
    async fn fails_without_its_entry(&self, method: &str, path: &str, body: &Value) {
        let before = self.dump().await;
        self.block(true).await;
        let answer = self.desk.send(method, path, body).await;
        self.block(false).await;
        assert_eq!(answer.status, 500, "{method} {path}: {}", answer.text());
        assert_eq!(self.dump().await, before, "{method} {path} was done without its entry");
        assert_eq!(self.desk.log().await.len(), self.entries);
    }

    /// The request, which writes this one entry: the entry.
    async fn writes(&mut self, route: &str, path: &str, body: Value, action: &str) -> Value {
        let (method, _) = route.split_once(' ').unwrap();
        let answer = self.desk.send(&method.to_uppercase(), path, &body).await;
        assert!((200..300).contains(&answer.status), "{route}: {}", answer.text());
        let log = self.desk.log().await;
        assert_eq!(log.len(), self.entries + 1, "{route}: {log:?}");
        let entry = log.last().unwrap().clone();
        assert_eq!(entry["action"], action, "{entry}");
        assert_eq!(entry["object"]["type"], action.split('.').next().unwrap(), "{entry}");
        assert_eq!(entry["actor"], json!({"kind": "token", "name": "token", "address": CLIENT}), "{entry}");
        assert_eq!(entry["request_id"].as_str(), answer.header("x-request-id"), "{entry}");
        self.seen.insert(route.to_owned());
        self.entries += 1;
        entry
    }

    async fn change(&mut self, route: &str, path: &str, body: Value, action: &str) -> Value {
        let (method, _) = route.split_once(' ').unwrap();
        self.fails_without_its_entry(&method.to_uppercase(), path, &body).await;
        self.writes(route, path, body, action).await
    }

    async fn begin(&self, provider: &str, email: &str) -> String {
        let path = format!("/v1/auth/chatgpt/{provider}/start");
        let begun = self.desk.send("POST", &path, &json!({"method": "browser", "force": true})).await.json();
        self.desk.world.sim.authorize(begun["auth_url"].as_str().unwrap(), Some(email)).unwrap()
    }
}

fn changing_routes() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&gateway::http::openapi()).unwrap();
    let mut all = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if ["post", "put", "patch", "delete"].contains(&method.as_str()) {
                all.insert(format!("{method} {path}"));
            }
        }
    }
    all
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one walk over all routes that change something")]
async fn every_changing_route_writes_one_entry_or_does_nothing_when_that_can_not_be_written() {
    let desk = Desk::new().await;
    let mut secrets =
        vec![COMPAT_KEY.to_owned(), "sk-another-0123456789abcdef".into(), "in-the-environment".into()];
    let mut walk = Walk { desk, seen: BTreeSet::new(), entries: 0 };

    // Sign-ins.
    let account = walk.desk.world.ada();
    let auth_json = account.auth_json();
    for key in ["id_token", "access_token", "refresh_token"] {
        secrets.push(auth_json["tokens"][key].as_str().unwrap().to_owned());
    }
    let one = "/v1/auth/chatgpt/openai-codex";
    let body = json!({ "auth_json": auth_json });
    let route = "post /v1/auth/chatgpt/{provider}/import";
    let entry = walk.change(route, &format!("{one}/import"), body, "provider.import").await;
    assert_eq!(
        (&entry["object"]["name"], &entry["after"]["account"]),
        (&json!("openai-codex"), &json!("ada@example.com"))
    );
    assert_eq!(entry.get("before"), None, "it is new");
    let two = "/v1/auth/chatgpt/codex-b";
    let body = json!({"redirect_url": walk.begin("codex-b", GRACE).await});
    // A code works once: the next one is another sign-in's.
    walk.fails_without_its_entry("POST", &format!("{two}/callback"), &body).await;
    let body = json!({"redirect_url": walk.begin("codex-b", GRACE).await});
    let route = "post /v1/auth/chatgpt/{provider}/callback";
    walk.writes(route, &format!("{two}/callback"), body, "provider.connect").await;
    let body = json!({"redirect_url": walk.begin("codex-b", LINUS).await});
    let entry = walk.writes(route, &format!("{two}/callback"), body, "provider.connect").await;
    let accounts = (&entry["before"]["account"], &entry["after"]["account"]);
    assert_eq!(accounts, (&json!(GRACE), &json!(LINUS)), "who was there, and who is");
    walk.begin("codex-b", LINUS).await;
    let route = "post /v1/auth/chatgpt/{provider}/cancel";
    walk.change(route, &format!("{two}/cancel"), json!({}), "provider.cancel_sign_in").await;
    let route = "post /v1/auth/chatgpt/{provider}/logout";
    let entry = walk.change(route, &format!("{two}/logout"), json!({}), "provider.sign_out").await;
    assert_eq!(entry["before"]["account"], LINUS);

    // Providers.
    let local = json!({"name": "local", "provider_type": "openai_compat",
                       "api_base": walk.desk.world.sim.compat_base(), "api_key": COMPAT_KEY});
    let entry = walk.change("post /v1/providers", "/v1/providers", local, "provider.create").await;
    assert_eq!(entry["after"]["api_key"], "***");
    let route = "put /v1/providers/{id}";
    let update =
        json!({"enabled": false, "api_key": "sk-another-0123456789abcdef", "settings": {"note": "x"}});
    let entry = walk.change(route, "/v1/providers/local", update, "provider.update").await;
    assert_eq!(entry["before"], json!({"enabled": true, "settings": {}, "api_key": "***"}));
    assert_eq!(entry["after"], json!({"enabled": false, "settings": {"note": "x"}, "api_key": "***"}));
    let pool =
        json!({"settings": {"codex_pool": {"strategy": "round_robin", "extra_provider_names": ["codex-b"]}}});
    let entry = walk.change(route, "/v1/providers/openai-codex", pool, "provider.update").await;
    assert_eq!(entry["before"], json!({"codex_pool": null}));
    assert_eq!(entry["after"]["codex_pool"]["extra_provider_names"], json!(["codex-b"]));
    let route = "post /v1/providers/{id}/release";
    walk.change(route, "/v1/providers/openai-codex/release", json!({}), "provider.release").await;
    let route = "delete /v1/providers/{id}";
    let entry = walk.change(route, "/v1/providers/codex-b?detach=true", json!({}), "provider.delete").await;
    assert_eq!(entry["before"]["detached_from"], json!({"pools": ["openai-codex"], "agents": []}));

    // Agents and their conversations.
    let agent = json!({"agent_key": "helper", "model": "gpt-5.5", "system_prompt": "Be kind."});
    walk.change("post /v1/agents", "/v1/agents", agent, "agent.create").await;
    let update = json!({"system_prompt": "Be brief.", "model": "gpt-5.5"});
    let entry = walk.change("put /v1/agents/{id}", "/v1/agents/helper", update, "agent.update").await;
    assert_eq!(entry["before"], json!({"system_prompt": "Be kind."}));
    assert_eq!(entry["after"], json!({"system_prompt": "Be brief."}));
    walk.desk.node.app.placements.check_due().await.unwrap();
    walk.desk.node.app.models.refresh_due().await;
    let said = json!({"message": "My name is Ada", "session_key": "one"});
    let answer = walk.desk.send("POST", "/v1/agents/helper/runs", &said).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sessions = walk.desk.send("GET", "/v1/sessions", &Value::Null).await.json();
    let session = format!("/v1/sessions/{}", sessions["sessions"][0]["id"].as_str().unwrap());
    let entry =
        walk.change("patch /v1/sessions/{id}", &session, json!({"title": "Ada's"}), "session.rename").await;
    assert_eq!(entry["before"], json!({"title": "My name is Ada"}));
    let path = format!("{session}/rewind");
    let body = json!({"before_seq": 2});
    let entry = walk.change("post /v1/sessions/{id}/rewind", &path, body, "session.rewind").await;
    assert_eq!(entry["before"]["from_seq"], 2);
    assert!(entry["before"]["items"].as_i64().unwrap() >= 1, "{entry}");
    walk.change("delete /v1/sessions/{id}", &session, json!({}), "session.delete").await;
    walk.change("delete /v1/agents/{id}", "/v1/agents/helper", json!({}), "agent.delete").await;

    // MCP servers.
    let server = json!({"name": "tools", "command": "true", "args": ["-v"], "enabled": false,
                        "env": {"TOKEN": "in-the-environment", "OTHER": "in-the-environment"}});
    let entry = walk.change("post /v1/mcp/servers", "/v1/mcp/servers", server, "mcp_server.create").await;
    assert_eq!(entry["after"]["env"], json!({"OTHER": "***", "TOKEN": "***"}));
    let update = json!({"env": {"TOKEN": "in-the-environment-too", "OTHER": "***"}, "timeout_seconds": 5});
    let route = "put /v1/mcp/servers/{id}";
    let entry = walk.change(route, "/v1/mcp/servers/tools", update, "mcp_server.update").await;
    assert_eq!(entry["before"], json!({"timeout_seconds": 60, "env": {"TOKEN": "***"}}));
    let route = "delete /v1/mcp/servers/{id}";
    walk.change(route, "/v1/mcp/servers/tools", json!({}), "mcp_server.delete").await;

    // Tenants.
    let tenant = json!({"slug": "blue", "name": "Blue"});
    walk.change("post /v1/tenants", "/v1/tenants", tenant, "tenant.create").await;
    let route = "put /v1/tenants/{id}";
    let entry = walk.change(route, "/v1/tenants/blue", json!({"slug": "navy"}), "tenant.update").await;
    assert_eq!((&entry["before"], &entry["after"]), (&json!({"slug": "blue"}), &json!({"slug": "navy"})));
    let route = "delete /v1/tenants/{id}";
    walk.change(route, "/v1/tenants/navy?confirm=navy", json!({}), "tenant.delete").await;

    // Keys.
    let key = json!({"name": "ci", "limits": [{"meter": "requests", "window": "minute", "amount": 5}]});
    let entry = walk.change("post /v1/keys", "/v1/keys", key, "key.create").await;
    assert_eq!(entry["after"]["limits"], json!([{"meter": "requests", "window": "minute", "amount": 5}]));
    let key = format!("/v1/keys/{}", entry["object"]["id"].as_str().unwrap());
    let update = json!({"name": "build", "limits": []});
    let entry = walk.change("put /v1/keys/{id}", &key, update, "key.update").await;
    assert_eq!(entry["before"]["name"], "ci");
    let entry =
        walk.change("post /v1/keys/{id}/revoke", &format!("{key}/revoke"), json!({}), "key.revoke").await;
    assert!(entry["after"]["revoked_at"].is_string(), "{entry}");
    walk.change("delete /v1/keys/{id}", &key, json!({}), "key.delete").await;

    // People.
    let route = "post /v1/invitations";
    let invite = json!({"kind": "member", "role": "viewer", "email": "grace@example.com"});
    let entry =
        walk.change(route, route.split_once(' ').unwrap().1, invite.clone(), "invitation.create").await;
    assert_eq!(entry["after"]["role"], "viewer");
    let path = format!("/v1/invitations/{}", entry["object"]["id"].as_str().unwrap());
    walk.change("delete /v1/invitations/{id}", &path, json!({}), "invitation.withdraw").await;
    let invited = walk.desk.send("POST", "/v1/invitations", &invite).await.json();
    let token = invited["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let accept = json!({"token": token, "password": "correct horse battery"});
    let accepted = walk.desk.send("POST", "/v1/invitations/accept", &accept).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    secrets.extend([token, "correct horse battery".to_owned()]);
    walk.entries += 2;
    let log = walk.desk.log().await;
    let entry = log.last().unwrap();
    assert_eq!((&entry["action"], &entry["actor"]["kind"]), (&json!("invitation.accept"), &json!("user")));
    assert_eq!(entry["actor"]["name"], "grace@example.com");
    let user = format!("/v1/users/{}", entry["actor"]["id"].as_str().unwrap());
    let entry = walk.change("put /v1/users/{id}", &user, json!({"role": "operator"}), "user.update").await;
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({"role": "viewer"}), &json!({"role": "operator"}))
    );
    walk.change("delete /v1/users/{id}", &user, json!({}), "user.remove").await;
    walk.seen.extend(THEIR_OWN.map(str::to_owned));

    let unrecorded: BTreeSet<String> = UNRECORDED.iter().map(|(route, _)| (*route).to_owned()).collect();
    let known: BTreeSet<String> = walk.seen.union(&unrecorded).cloned().collect();
    assert_eq!(changing_routes(), known, "each changing route writes an entry, or says above why not");
    let verified = walk.desk.node.app.audit.verify(&[]).await.unwrap();
    assert_eq!(verified[0].end.as_ref().unwrap().seq, i64::try_from(walk.entries).unwrap());

    // Nothing of it is a secret.
    let stored: Vec<String> = sqlx::query_scalar("select t::text from audit_entries t")
        .fetch_all(&walk.desk.world.db.pool)
        .await
        .unwrap();
    let stored = stored.join("\n");
    let shape =
        regex::Regex::new(r"gw_\w{12}|\bsk-[\w-]{12}|eyJ[\w-]+\.[\w-]+\.|aes-gcm:|\brt_\w{8}|code=").unwrap();
    assert!(!shape.is_match(&stored), "{:?}", shape.find(&stored));
    for secret in secrets {
        assert!(!stored.contains(&secret), "{secret}");
    }
    walk.desk.node.stop().await;
}

#[tokio::test]
async fn what_is_refused_or_changes_nothing_writes_nothing() {
    let desk = Desk::new().await;
    desk.agent("helper").await;
    for (method, path, body, status) in [
        ("POST", "/v1/agents", json!({"agent_key": "helper"}), 409),
        ("POST", "/v1/agents", json!({"agent_key": "No Key"}), 400),
        ("PUT", "/v1/agents/helper", json!({"status": "asleep"}), 400),
        ("DELETE", "/v1/agents/nobody", json!({}), 404),
        ("POST", "/v1/providers", json!({"name": "x", "provider_type": "nothing"}), 400),
        ("POST", "/v1/providers/nobody/release", json!({}), 404),
        ("DELETE", "/v1/sessions/0193a5b0-7000-7000-8000-00000000abcd", json!({}), 404),
        ("POST", "/v1/mcp/servers", json!({"name": "x", "command": "true", "url": "http://x"}), 400),
        ("POST", "/v1/auth/chatgpt/nobody/cancel", json!({}), 200),
        ("POST", "/v1/auth/chatgpt/nobody/logout", json!({}), 404),
        ("POST", "/v1/auth/chatgpt/x/import", json!({"auth_json": {}}), 400),
    ] {
        let answer = desk.send(method, path, &body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    assert_eq!(desk.log().await.len(), 1);
    desk.node.stop().await;
}

/// An account whose tokens the upstream refuses for good.
#[tokio::test]
async fn a_sign_in_that_the_gateway_gives_up_is_written_down_as_its_own_doing() {
    use gateway::domain::ids::MASTER_TENANT;
    use gateway::domain::token::ReauthReason;
    let desk = Desk::new().await;
    desk.node.connect("openai-codex", &desk.world.ada()).await;
    let id = desk.node.app.catalogues.current().tenant(MASTER_TENANT).provider("openai-codex").unwrap().id;
    let version = desk.node.app.tokens.get(MASTER_TENANT, id).await.unwrap().version;
    let reason = ReauthReason::Rejected { code: "token_revoked".into() };
    let tokens = &desk.node.app.tokens;
    assert!(tokens.mark_needs_reauth(MASTER_TENANT, id, version, reason.clone()).await.unwrap());
    assert!(!tokens.mark_needs_reauth(MASTER_TENANT, id, version, reason).await.unwrap());
    let log = desk.log().await;
    assert_eq!(log.len(), 2, "{log:?}");
    let entry = &log[1];
    assert_eq!(
        (&entry["action"], &entry["object"]["name"]),
        (&json!("provider.lose_sign_in"), &json!("openai-codex"))
    );
    assert_eq!(entry["actor"], json!({"kind": "gateway", "name": "gateway"}));
    assert_eq!(entry["before"], json!({"sign_in": "valid"}));
    assert_eq!(entry["after"]["sign_in"], "needs_reauth");
    desk.node.stop().await;
}
