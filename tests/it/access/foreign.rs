//! What belongs to another tenant is to everybody else as if it were not there: by the answer, and by the work done for it,
//! which is what an attacker could take the time of.

use super::everybody::Asker;
use super::routes::{Route, guarded};
use crate::keys::{Key, OTHER, add_tenant};
use crate::people::{Browser, id_of, member, member_of, owner};
use crate::support::statements::Statements;
use crate::support::world::{Answer, Node, World};
use axum::Router;
use axum::body::Body;
use gateway::domain::access::Role;
use gateway::domain::ids::MASTER_TENANT;
use gateway::store::db::Db;
use regex::Regex;
use serde_json::{Value, json};

/// What no tenant has, as long as what they have.
const UNKNOWN: &str = "0193a5b0-7000-7000-8000-00000000abcd";

/// What a sign-in makes up: states, codes, ids and times.
const RANDOM: &str = r"[A-Za-z0-9_-]{16,}|\d{4}-\d\d-\d\dT[0-9:.]+Z|found `.` at \d+";
/// A provider's name, and another one.
const THEIRS: [&str; 2] = ["workhorse", "nightmare"];

/// A route, what is sent to it with a name, and two names: one that the default tenant has, and one that nobody has.
type Ask<'a> = (&'a str, fn(&str) -> Value, &'a str, &'a str);

/// Something of the default tenant.
struct Thing {
    /// Of the paths that name one.
    before: &'static str,
    name: String,
    /// A name of the same kind that nothing has.
    unknown: String,
}

/// One of each thing that a path names.
async fn things(world: &World, node: &Node, owner: &Browser) -> Vec<Thing> {
    let made = |answer: Answer, member: &str| {
        assert!(answer.status < 300, "{}", answer.text());
        answer.json()[member].as_str().unwrap().to_owned()
    };
    let key = Key::of(node, MASTER_TENANT, Role::Viewer).await;
    let agent = made(node.post("/v1/agents", &json!({"agent_key": "helper"})).await, "id");
    let body =
        json!({"name": THEIRS[0], "provider_type": "openai_compat", "api_base": world.sim.compat_base()});
    let provider = made(node.post("/v1/providers", &body).await, "id");
    let body = json!({"name": "tools", "url": "http://127.0.0.1:1/mcp"});
    let server = made(node.post("/v1/mcp/servers", &body).await, "id");
    let body = json!({"kind": "member", "role": "viewer"});
    let invitation = made(node.post("/v1/invitations", &body).await, "id");
    member(owner, node, "ada@example.com", "viewer").await;
    let user = id_of(owner, "ada@example.com").await;
    let sessions = owner.get("/v1/account/sessions").await.json();
    let browser = sessions["sessions"][0]["id"].as_str().unwrap().to_owned();
    let rows = rows(&world.db.db).await;
    let ids = [
        ("/v1/keys/", &key.id),
        ("/v1/agents/", &agent),
        ("/v1/providers/", &provider),
        ("/v1/mcp/servers/", &server),
        ("/v1/invitations/", &invitation),
        ("/v1/users/", &user),
        ("/v1/account/sessions/", &browser),
        ("/v1/sessions/", &rows[0]),
        ("/v1/requests/", &rows[1]),
        ("/v1/runs/", &rows[2]),
    ];
    let named =
        |before, name: &str, unknown: &str| Thing { before, name: name.into(), unknown: unknown.into() };
    let mut all: Vec<Thing> = ids.into_iter().map(|(before, id)| named(before, id, UNKNOWN)).collect();
    all.push(named("/v1/auth/chatgpt/", THEIRS[0], THEIRS[1]));
    all.push(named("/v1/models/", THEIRS[0], THEIRS[1]));
    all.push(named("/v1/models/", "agent:helper", "agent:nobody"));
    all
}

/// A session, a request and a run, as if somebody had asked.
async fn rows(db: &Db) -> Vec<String> {
    let mut tx = db.tenant(MASTER_TENANT).await.unwrap();
    let ids: Vec<uuid::Uuid> = (0..3).map(|_| uuid::Uuid::now_v7()).collect();
    for (sql, id) in [
        "insert into sessions (id, tenant_id, agent_key, session_key, created_at, updated_at)
         values ($1, gateway_tenant_id(), 'helper', 'k', now(), now())",
        "insert into requests (id, tenant_id, started_at, duration_ms, endpoint, client, model, status, http_status)
         values ($1, gateway_tenant_id(), now(), 1, 'responses', 'other', 'm', 'completed', 200)",
        "insert into runs (id, tenant_id, agent_key, endpoint, status, model, message, owner, started_at, ended_at)
         values ($1, gateway_tenant_id(), 'helper', 'runs', 'completed', 'm', 'm', 1, now(), now())",
    ]
    .iter()
    .zip(&ids)
    {
        sqlx::query(*sql).bind(id).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    ids.iter().map(ToString::to_string).collect()
}

/// What the other tenant's people see, and what it costs.
struct Look {
    router: Router,
    random: Regex,
    statements: Statements,
}

impl Look {
    /// The status, the body without what was asked for, and the statements that were run.
    async fn at(
        &self,
        asker: &Asker,
        route: &Route,
        path: &str,
        body: &Value,
        name: &str,
    ) -> (u16, String, Vec<String>) {
        self.statements.take();
        let answer = asker.ask(&self.router, route, path, Body::from(body.to_string())).await;
        // An agent's model is told of by the agent's key.
        let text = answer.text().replace(name.strip_prefix("agent:").unwrap_or(name), "<name>");
        let text = self.random.replace_all(&text, "<random>").into_owned();
        // That somebody was seen is written now and then, whatever they asked for.
        let seen = |statement: &String| statement.contains("last_seen_at = ");
        (answer.status, text, self.statements.take().into_iter().filter(|line| !seen(line)).collect())
    }

    async fn same(&self, asker: &Asker, route: &Route, both: [(&str, &Value, &str); 2]) {
        let mut seen = Vec::new();
        for (path, body, name) in both {
            seen.push(self.at(asker, route, path, body, name).await);
        }
        assert_eq!(seen[0], seen[1], "{} {}", route.name, both[0].0);
    }
}

#[tokio::test]
async fn another_tenants_admin_finds_its_things_as_if_they_were_not_there_and_at_the_same_cost() {
    let world = World::new().await;
    let node = world.bare_node().await;
    add_tenant(&world).await;
    let owner = owner(&node).await;
    let things = things(&world, &node, &owner).await;
    let theirs = Key::of(&node, OTHER, Role::Admin).await;
    let them = member_of(&owner, &node, "them@example.com", "admin", Some("other")).await;
    let askers = [Asker::key("their", Role::Admin, &theirs), Asker::person("their", Role::Admin, &them)];
    let random = Regex::new(RANDOM).unwrap();
    let look = Look { router: node.router(), random, statements: Statements::watch() };
    let (mut paths, mut filters) = (0, 0);
    for route in guarded() {
        for asker in &askers {
            for thing in things.iter().filter(|thing| route.path.starts_with(thing.before)) {
                let placeholder = if route.path.contains(UNKNOWN) { UNKNOWN } else { "unknown" };
                if !route.path.contains(placeholder) {
                    continue;
                }
                let path = |name: &str| route.path.replace(placeholder, name);
                let (here, nowhere) = (path(&thing.name), path(&thing.unknown));
                let both = [(&*here, &route.body, &*thing.name), (&*nowhere, &route.body, &*thing.unknown)];
                // The first asks for what is prepared once.
                for (path, body, name) in both {
                    look.at(asker, &route, path, body, name).await;
                }
                look.same(asker, &route, both).await;
                paths += 1;
            }
            // As a filter.
            for name in route.query.iter().filter(|_| !route.is_endless() && route.method == "GET") {
                for thing in &things {
                    let path = |value: &str| format!("{}?{name}={value}", route.path);
                    let (here, nowhere) = (path(&thing.name), path(&thing.unknown));
                    let both =
                        [(&*here, &route.body, &*thing.name), (&*nowhere, &route.body, &*thing.unknown)];
                    // The first asks for what is prepared once.
                    look.at(asker, &route, both[0].0, both[0].1, both[0].2).await;
                    look.same(asker, &route, both).await;
                    filters += 1;
                }
            }
        }
    }
    assert!(paths > 60 && filters > 100, "{paths} {filters}");
    drop(look);
    // They are all still there, and their own admin finds them.
    let ours = Key::of(&node, MASTER_TENANT, Role::Admin).await;
    for Thing { before, name, .. } in &things {
        if ["/v1/users/", "/v1/invitations/", "/v1/account/sessions/", "/v1/auth/chatgpt/"].contains(before) {
            continue;
        }
        let answer = ours.get(&node, &format!("{before}{name}")).await;
        assert!([200, 404].contains(&answer.status), "{before}{name}: {}", answer.text());
        // A provider is no model, and the agent's provider was never made.
        assert_eq!(answer.status == 200, *before != "/v1/models/", "{}", answer.text());
    }
    assert_eq!(owner.get("/v1/users").await.json()["users"].as_array().unwrap().len(), 2);
    assert_eq!(owner.get("/v1/invitations").await.json()["invitations"].as_array().unwrap().len(), 1);
    assert!(owner.is_in().await);
    node.stop().await;
}

#[tokio::test]
async fn another_tenants_names_in_a_body_or_a_header_are_as_unknown_ones() {
    let world = World::new().await;
    let node = world.bare_node().await;
    add_tenant(&world).await;
    let owner = owner(&node).await;
    let things = things(&world, &node, &owner).await;
    let theirs = Key::of(&node, OTHER, Role::Admin).await;
    let asker = Asker::key("their", Role::Admin, &theirs);
    let random = Regex::new(RANDOM).unwrap();
    let look = Look { router: node.router(), random, statements: Statements::watch() };
    let routes: Vec<Route> = guarded().collect();
    let route = |name: &str| routes.iter().find(|route| route.name == name).unwrap();
    let provider = things.iter().find(|thing| thing.before == "/v1/providers/").unwrap();
    let sent: [Ask<'_>; 7] = [
        ("post /v1/keys", |name| json!({"name": "k", "providers": [name]}), THEIRS[0], THEIRS[1]),
        ("post /v1/keys", |name| json!({"name": "k", "providers": [name]}), &provider.name, UNKNOWN),
        ("post /v1/keys", |name| json!({"name": "k", "agents": [name]}), "helper", "nobody"),
        ("post /v1/agents", |name| json!({"agent_key": "a", "provider": name}), THEIRS[0], THEIRS[1]),
        (
            "post /v1/responses",
            |name| json!({"model": format!("agent:{name}"), "input": "x"}),
            "helper",
            "nobody",
        ),
        (
            "post /v1/responses",
            |name| json!({"model": format!("{name}/m"), "input": "x"}),
            THEIRS[0],
            THEIRS[1],
        ),
        (
            "post /v1/chat/completions",
            |name| json!({"model": format!("{name}/m"), "messages": []}),
            THEIRS[0],
            THEIRS[1],
        ),
    ];
    for (name, body, here, nowhere) in sent {
        let route = route(name);
        let bodies = [body(here), body(nowhere)];
        look.at(&asker, route, &route.path, &bodies[1], nowhere).await;
        look.same(&asker, route, [(&route.path, &bodies[0], here), (&route.path, &bodies[1], nowhere)]).await;
    }
    node.stop().await;
}
