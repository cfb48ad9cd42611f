//! Every route of the API's document, asked by everybody.

use crate::support::world::World;
use axum::body::Body;
use gateway::domain::access::Permission;
use serde_json::Value;

/// Routes that take no token, and why that is right.
const PUBLIC: [(&str, &str); 5] = [
    ("get /healthz", "tells nothing but that the process lives"),
    ("get /readyz", "tells a load balancer whether to send requests"),
    ("get /metrics", "numbers without names; the listener's network decides who reads them"),
    ("post /v1/auth/session", "is how one signs in"),
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
