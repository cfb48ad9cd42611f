//! Every route of the API's document, and which permission it says that it needs.

use gateway::domain::access::{Permission, Role};
use serde_json::{Value, json};

/// Routes that take no token, and why that is right.
const PUBLIC: [(&str, &str); 11] = [
    ("get /healthz", "tells nothing but that the process lives"),
    ("get /readyz", "tells a load balancer whether to send requests"),
    ("get /metrics", "numbers without names; the listener's network decides who reads them"),
    ("get /v1/auth/methods", "tells how one can sign in"),
    ("post /v1/auth/sign-in", "is how one signs in"),
    ("post /v1/auth/session", "is how one signs in"),
    ("get /v1/auth/oidc/{name}/start", "is how one signs in"),
    ("get /v1/auth/oidc/{name}/callback", "needs the state and the cookie of a sign-in that was begun"),
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
    /// What its query takes.
    pub query: Vec<String>,
    /// `None`: public. Empty: whoever is signed in.
    pub needs: Option<Vec<Permission>>,
    /// The least that its body may be.
    pub body: Value,
}

impl Route {
    /// Streams do not end by themselves.
    pub fn is_endless(&self) -> bool {
        self.name == "get /v1/events"
    }

    /// The permission without which a role is refused; `None`: it may.
    pub fn refuses(&self, role: Role) -> Option<Permission> {
        self.needs.iter().flatten().copied().find(|permission| !role.may(*permission))
    }
}

/// Those that are not open to everybody.
pub fn guarded() -> impl Iterator<Item = Route> {
    routes().into_iter().filter(|route| route.needs.is_some())
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

fn query(operation: &Value) -> Vec<String> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let taken = all.filter(|parameter| parameter["in"] == "query");
    taken.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
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
                query: query(operation),
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
