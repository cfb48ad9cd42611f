//! Every route of the API's document, asked by everybody.

use crate::keys::{Key, OTHER, add_tenant};
use crate::support::world::{Answer, Node, World};
use axum::body::Body;
use gateway::domain::access::{Permission, Role};
use gateway::domain::ids::MASTER_TENANT;
use gateway::store::db::Db;
use serde_json::{Value, json};

/// Routes that take no token, and why that is right.
const PUBLIC: [(&str, &str); 9] = [
    ("get /healthz", "tells nothing but that the process lives"),
    ("get /readyz", "tells a load balancer whether to send requests"),
    ("get /metrics", "numbers without names; the listener's network decides who reads them"),
    ("get /v1/auth/methods", "tells how one can sign in"),
    ("post /v1/auth/sign-in", "is how one signs in"),
    ("post /v1/auth/session", "is how one signs in"),
    ("get /v1/invitations/by-token", "needs the token of an invitation's link"),
    ("post /v1/invitations/accept", "needs the token of an invitation's link"),
    ("delete /v1/auth/session", "forgets a cookie, whatever it is worth"),
];

/// A route of the document.
pub struct Route {
    pub method: String,
    /// With something in the place of every parameter.
    pub path: String,
    pub name: String,
    pub takes_body: bool,
    /// `None`: public. Empty: whoever is signed in.
    needs: Option<Vec<Permission>>,
    /// The least that its body may be.
    body: Value,
}

/// The least value that a schema takes.
fn least(document: &Value, schema: &Value) -> Value {
    if let Some(named) = schema["$ref"].as_str() {
        return least(document, document.pointer(named.trim_start_matches('#')).unwrap());
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("string") => "x".into(),
        Some("integer" | "number") => 1.into(),
        Some("boolean") => false.into(),
        Some("array") => json!([]),
        _ => {
            let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let member = |name: &str| (name.to_owned(), least(document, &schema["properties"][name]));
            Value::Object(needed.map(member).collect())
        }
    }
}

pub fn routes() -> Vec<Route> {
    let document: Value = serde_json::from_str(&gateway::http::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let needs = operation["security"].as_array().map(|ways| {
                let scopes = ways.iter().flat_map(|way| way["token"].as_array().unwrap());
                let named = |scope: &Value| {
                    let found = Permission::ALL.into_iter().find(|p| *scope == p.as_str());
                    found.unwrap_or_else(|| panic!("{method} {path}: there is no permission {scope}"))
                };
                scopes.map(named).collect()
            });
            let parts = path.split('/').map(|part| {
                let id = part == "{id}";
                if id {
                    "0193a5b0-7000-7000-8000-00000000abcd"
                } else if part.starts_with('{') {
                    "unknown"
                } else {
                    part
                }
            });
            let path_asked = parts.collect::<Vec<_>>().join("/");
            all.push(Route {
                method: method.to_uppercase(),
                path: path_asked,
                name: format!("{method} {path}"),
                takes_body: operation.get("requestBody").is_some(),
                needs,
                body: least(&document, &operation["requestBody"]["content"]["application/json"]["schema"]),
            });
        }
    }
    assert!(all.len() > 50, "{}", all.len());
    all
}

#[tokio::test]
async fn every_route_says_which_permission_it_needs() {
    for route in routes() {
        let is_public = PUBLIC.iter().any(|(public, _)| *public == route.name);
        assert_eq!(
            route.needs.is_none(),
            is_public,
            "{}: security((\"token\" = [\"…\"])) is missing",
            route.name
        );
    }
}

#[tokio::test]
async fn nobody_gets_past_a_route_without_a_token_that_is_right() {
    let world = World::new().await;
    let node = world.bare_node().await;
    for route in routes().iter().filter(|route| route.needs.is_some()) {
        for token in ["", "Bearer", "Bearer gw_wrong", "Basic Z3c6Z3c=", "Bearer gw_test_token_"] {
            let headers = [("authorization", token)];
            let answer = node.request(&route.method, &route.path, &headers, Body::from("{}")).await;
            assert_eq!(answer.status, 401, "{} with \"{token}\": {}", route.name, answer.text());
        }
    }
}

/// Asks a route as somebody, and leaves when the head of the answer is there: an event stream has no end.
async fn ask(node: &Node, route: &Route, path: &str, key: &Key) -> Answer {
    let headers = [("authorization", key.bearer.as_str()), ("content-type", "application/json")];
    node.request(&route.method, path, &headers, Body::from(route.body.to_string())).await
}

/// Streams do not end by themselves: nobody is asked for more than a refusal of them.
fn is_endless(route: &Route) -> bool {
    route.name == "get /v1/events"
}

#[tokio::test]
async fn every_role_may_on_every_route_what_the_table_says_and_nothing_else() {
    let world = World::new().await;
    let node = world.bare_node().await;
    for role in [Role::Viewer, Role::Operator, Role::Admin] {
        let key = Key::of(&node, MASTER_TENANT, role).await;
        for route in routes() {
            let Some(needs) = &route.needs else { continue };
            let allowed = needs.iter().all(|permission| role.may(*permission));
            if allowed && is_endless(&route) {
                continue;
            }
            let answer = ask(&node, &route, &route.path, &key).await;
            let said = format!("{} as {}: {} {}", route.name, role.as_str(), answer.status, answer.text());
            // Another refusal than the table's has a code of its own: a key is no person, say.
            let refused = answer.status == 403 && {
                let body = answer.json();
                body["code"].as_str().or(body["error"]["code"].as_str()) == Some("forbidden")
            };
            assert_eq!(refused, !allowed, "{said}");
            assert_ne!(answer.status, 401, "{said}");
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn a_key_that_is_over_gets_past_no_route() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let [revoked, expired] =
        [Key::of(&node, MASTER_TENANT, Role::Admin).await, Key::of(&node, MASTER_TENANT, Role::Admin).await];
    assert_eq!(node.post(&format!("/v1/keys/{}/revoke", revoked.id), &json!({})).await.status, 200);
    sqlx::query("update api_keys set expires_at = now() where id = $1::uuid")
        .bind(&expired.id)
        .execute(&world.db.pool)
        .await
        .unwrap();
    node.app.keys.reload().await.unwrap();
    for route in routes().iter().filter(|route| route.needs.is_some()) {
        for key in [&revoked, &expired] {
            let answer = ask(&node, route, &route.path, key).await;
            assert_eq!(answer.status, 401, "{}: {}", route.name, answer.text());
        }
    }
    node.stop().await;
}

/// One of each thing that a route names, in the default tenant: the path's part before `{…}` and the id there.
async fn things(world: &World, node: &Node) -> Vec<(&'static str, String)> {
    let key = Key::of(node, MASTER_TENANT, Role::Viewer).await;
    let made = |answer: Answer, member: &str| {
        assert!(answer.status < 300, "{}", answer.text());
        answer.json()[member].as_str().unwrap().to_owned()
    };
    let agent = made(node.post("/v1/agents", &json!({"agent_key": "helper"})).await, "id");
    let body =
        json!({"name": "local", "provider_type": "openai_compat", "api_base": world.sim.compat_base()});
    let provider = made(node.post("/v1/providers", &body).await, "id");
    let body = json!({"name": "tools", "url": "http://127.0.0.1:1/mcp"});
    let server = made(node.post("/v1/mcp/servers", &body).await, "id");
    let ids = rows(&world.db.db).await;
    vec![
        ("/v1/keys/", key.id),
        ("/v1/agents/", agent),
        ("/v1/providers/", provider),
        ("/v1/mcp/servers/", server),
        ("/v1/sessions/", ids[0].clone()),
        ("/v1/requests/", ids[1].clone()),
        ("/v1/runs/", ids[2].clone()),
    ]
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

#[tokio::test]
async fn another_tenants_admin_finds_its_things_as_if_they_were_not_there() {
    let world = World::new().await;
    let node = world.bare_node().await;
    add_tenant(&world).await;
    let things = things(&world, &node).await;
    let theirs = Key::of(&node, OTHER, Role::Admin).await;
    let ours = Key::of(&node, MASTER_TENANT, Role::Admin).await;
    let unknown = "0193a5b0-7000-7000-8000-00000000abcd";
    let mut asked = 0;
    for route in routes().iter().filter(|route| route.needs.is_some() && route.path.contains(unknown)) {
        let Some((_, id)) = things.iter().find(|(before, _)| route.path.starts_with(before)) else {
            continue;
        };
        let mut seen = Vec::new();
        for id in [id.as_str(), unknown] {
            let answer = ask(&node, route, &route.path.replace(unknown, id), &theirs).await;
            let mut body = answer.text().replace(id, "<id>");
            if let Some(request) = answer.header("x-request-id") {
                body = body.replace(request, "<request>");
            }
            seen.push((answer.status, body));
        }
        assert_eq!(seen[0], seen[1], "{}", route.name);
        asked += 1;
    }
    assert!(asked > 25, "{asked}");
    // They are all still there, and their own admin finds them.
    for (before, id) in &things {
        let answer = ours.get(&node, &format!("{before}{id}")).await;
        assert_eq!(answer.status, 200, "{before}: {}", answer.text());
    }
    node.stop().await;
}

#[test]
fn the_readme_has_the_table_of_permissions() {
    let readme = include_str!("../../../README.md");
    let row = |permission: &Permission| {
        let marks = Role::ALL.map(|role| if role.may(*permission) { " ✓ |" } else { "  |" });
        format!("| `{}` |{}", permission.as_str(), marks.concat())
    };
    let rows: Vec<String> = Permission::ALL.iter().map(row).collect();
    let table = rows.join("\n");
    let without_words = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        if cells.len() == 8 { format!("|{}|{}", cells[1], cells[3..].join("|")) } else { String::new() }
    };
    let found: Vec<String> = readme.lines().map(without_words).collect();
    for row in &rows {
        assert!(found.contains(row), "README.md lacks the row {row}; the table is\n{table}");
    }
}
