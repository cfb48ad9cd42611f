//! The issuer: authorize page, token endpoint, revocation. The device flow is next door.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{ConnectInfo, RawQuery, State as Shares};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use url::Url;

use super::call::{self, Ruling};
use super::net::Conn;
use super::refusal::Refusal;
use super::script::Endpoint;
use super::spec::RedirectPorts;
use super::state::{RecordedRequest, Shared};
use super::tokens::{CLIENT_ID, Refreshed, TokenSet};
use super::{html, ids};

/// How long an authorization code can be exchanged.
const CODE_LIFETIME_MS: i64 = 10 * 60 * 1000;

/// A code waiting for its exchange.
#[derive(Clone, Debug)]
pub(super) struct AuthCode {
    pub(super) account: usize,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) expires_ms: i64,
}

/// A valid authorize query.
#[derive(Debug, PartialEq, Eq)]
struct Authorize {
    redirect_uri: Url,
    raw_redirect_uri: String,
    challenge: String,
    state: String,
}

pub(super) type Form = HashMap<String, String>;

pub(super) fn form(text: &str) -> Form {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Authorize {
    fn parse(query: &str, ports: RedirectPorts) -> Result<Self, String> {
        let query = form(query);
        let get = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let is = |name: &str, wanted: &str| match get(name) {
            Some(value) if value == wanted => Ok(()),
            Some(value) => Err(format!("invalid_request: {name} is `{value}`, not `{wanted}`")),
            None => Err(format!("invalid_request: {name} is missing")),
        };
        is("response_type", "code")?;
        is("client_id", CLIENT_ID)?;
        is("code_challenge_method", "S256")?;
        let challenge = get("code_challenge").ok_or("invalid_request: code_challenge is missing")?;
        if challenge.len() != 43 || ids::from_base64url(challenge).is_none() {
            return Err("invalid_request: code_challenge is not a base64url SHA-256".into());
        }
        let state = get("state").ok_or("invalid_request: state is missing")?;
        let scopes: Vec<&str> = get("scope").unwrap_or_default().split(' ').collect();
        for needed in ["openid", "offline_access"] {
            if !scopes.contains(&needed) {
                return Err(format!("invalid_scope: {needed} is missing"));
            }
        }
        let raw = get("redirect_uri").ok_or("invalid_request: redirect_uri is missing")?;
        let refused = || format!("invalid_request: redirect_uri `{raw}` is not registered for this client");
        let redirect_uri = Url::parse(raw).map_err(|_| refused())?;
        let port = redirect_uri.port().ok_or_else(refused)?;
        let registered = redirect_uri.scheme() == "http"
            && matches!(redirect_uri.host_str(), Some("localhost" | "127.0.0.1"))
            && redirect_uri.path() == "/auth/callback"
            && redirect_uri.query().is_none()
            && (ports == RedirectPorts::Any || matches!(port, 1455 | 1457));
        if !registered {
            return Err(refused());
        }
        Ok(Self {
            redirect_uri,
            raw_redirect_uri: raw.to_owned(),
            challenge: challenge.to_owned(),
            state: state.to_owned(),
        })
    }

    fn redirect(&self, name: &str, value: &str) -> String {
        let mut target = self.redirect_uri.clone();
        target.query_pairs_mut().append_pair(name, value).append_pair("state", &self.state);
        target.into()
    }
}

/// A person's choice on the authorize page: where the browser goes next.
pub(super) fn decide(shared: &Shared, query: &str, email: Option<&str>) -> Result<String, String> {
    let request = Authorize::parse(query, shared.spec.redirect_ports)?;
    let Some(email) = email else {
        return Ok(request.redirect("error", "access_denied"));
    };
    let account = shared.find(email).filter(|index| *index != shared.compat());
    let account = account.ok_or_else(|| format!("there is no account `{email}`"))?;
    let code = format!("ac_{}", ids::base64url(shared.fresh("code")));
    let target = request.redirect("code", &code);
    let code_of = AuthCode {
        account,
        redirect_uri: request.raw_redirect_uri,
        challenge: request.challenge,
        expires_ms: ids::now_ms() + CODE_LIFETIME_MS,
    };
    shared.lock().codes.insert(code, code_of);
    Ok(target)
}

pub(super) async fn authorize_page(
    Shares(shared): Shares<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Response {
    match Authorize::parse(&query.unwrap_or_default(), shared.spec.redirect_ports) {
        Ok(_) => html::choose_account(shared.spec.accounts.iter().map(|account| account.email.as_str())),
        Err(problem) => html::problem(&problem),
    }
}

pub(super) async fn authorize_choice(
    Shares(shared): Shares<Arc<Shared>>,
    RawQuery(query): RawQuery,
    body: String,
) -> Response {
    let choice = form(&body);
    let email = match (choice.get("account"), choice.get("decision").map(String::as_str)) {
        (Some(email), _) => Some(email.as_str()),
        (None, Some("deny")) => None,
        (None, _) => return html::problem("no account was chosen"),
    };
    match decide(&shared, &query.unwrap_or_default(), email) {
        Ok(target) => {
            (StatusCode::FOUND, [("location", target), ("cache-control", "no-store".into())]).into_response()
        }
        Err(problem) => html::problem(&problem),
    }
}

fn grant_error(code: &str, description: &str) -> Refusal {
    Refusal::new(400, json!({ "error": code, "error_description": description }))
}

/// The fields of a token request, from JSON or a form.
fn fields(headers: &HeaderMap, body: &[u8]) -> Result<(Form, bool), Refusal> {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        let value: Value = serde_json::from_slice(body)
            .map_err(|_| grant_error("invalid_request", "The body is not JSON"))?;
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let map =
            value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect();
        return Ok((map, true));
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        return Ok((form(&String::from_utf8_lossy(body)), false));
    }
    Err(grant_error("invalid_request", "The content type is neither a form nor JSON"))
}

fn body_value(fields: &Form) -> Arc<Value> {
    Arc::new(json!(fields.iter().collect::<std::collections::BTreeMap<_, _>>()))
}

pub(super) async fn token(
    Shares(shared): Shares<Arc<Shared>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (fields, is_json) = match fields(&headers, &body) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal.into_response(),
    };
    let get = |name: &str| fields.get(name).map_or("", String::as_str);
    if get("client_id") != CLIENT_ID {
        let error = json!({ "error": "invalid_client", "error_description": "Unknown client" });
        return Refusal::new(401, error).into_response();
    }
    let grant = get("grant_type");
    let owner = {
        let mut state = shared.lock();
        let owner = match grant {
            "refresh_token" => state.tokens.owner_of_refresh(get("refresh_token")),
            "authorization_code" => state.codes.get(get("code")).map(|code| code.account),
            _ => None,
        };
        if let Some(index) = owner {
            let account = &mut state.accounts[index];
            account.remember(RecordedRequest::new(&method, &uri, &headers, body_value(&fields)));
            account.counters.refresh_attempts += u64::from(grant == "refresh_token");
        }
        owner
    };
    let ruling = match owner {
        Some(index) => call::rule(&shared, index, Endpoint::Token, &conn).await,
        None => Ruling::Proceed,
    };
    let lose = match ruling {
        Ruling::Answer(response) => return response,
        Ruling::Lose => true,
        Ruling::Proceed | Ruling::Stream(_) => false,
    };
    let outcome = match grant {
        "refresh_token" => refresh(&shared, get("refresh_token")),
        "authorization_code" if is_json => {
            Err(grant_error("invalid_request", "This grant takes a form, not JSON"))
        }
        "authorization_code" => exchange(&shared, get("code"), get("redirect_uri"), get("code_verifier")),
        other => Err(grant_error("unsupported_grant_type", &format!("Unsupported grant_type: {other}"))),
    };
    if lose {
        return call::lose(&conn);
    }
    match outcome {
        Ok(tokens) => ([("cache-control", "no-store")], axum::Json(tokens)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn refresh(shared: &Shared, refresh_token: &str) -> Result<TokenSet, Refusal> {
    let mut state = shared.lock();
    let owner = state.tokens.owner_of_refresh(refresh_token);
    let spec = state.accounts[owner.unwrap_or_else(|| shared.compat())].spec.clone();
    let grace = ids::millis(shared.spec.reuse_grace);
    let outcome = state.tokens.refresh(refresh_token, &spec, &shared.url, grace, ids::now_ms());
    let counters = owner.map(|index| &mut state.accounts[index].counters);
    match outcome {
        Refreshed::Rotated(tokens) => {
            if let Some(counters) = counters {
                counters.refreshes += 1;
            }
            Ok(tokens)
        }
        Refreshed::Reused(refusal) => {
            if let Some(counters) = counters {
                counters.reused_refresh_tokens += 1;
            }
            Err(refusal)
        }
        Refreshed::Refused(refusal) => Err(refusal),
    }
}

/// A code works once: whoever brings it uses it up, right or wrong.
fn exchange(shared: &Shared, code: &str, redirect_uri: &str, verifier: &str) -> Result<TokenSet, Refusal> {
    let mut state = shared.lock();
    let now = ids::now_ms();
    let found = state.codes.remove(code).filter(|code| code.expires_ms > now);
    let found =
        found.ok_or_else(|| grant_error("invalid_grant", "Unknown, used or expired authorization code"))?;
    if found.redirect_uri != redirect_uri {
        return Err(grant_error("invalid_grant", "redirect_uri differs from the authorization request"));
    }
    if !(43..=128).contains(&verifier.len()) || ids::challenge(verifier) != found.challenge {
        return Err(grant_error("invalid_grant", "code_verifier does not match the code_challenge"));
    }
    let account = &mut state.accounts[found.account];
    account.counters.sign_ins += 1;
    let spec = account.spec.clone();
    Ok(state.tokens.sign_in(found.account, &spec, &shared.url, now))
}

pub(super) async fn revoke(
    Shares(shared): Shares<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (fields, _) = match fields(&headers, &body) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal.into_response(),
    };
    let token = fields.get("token").map_or("", String::as_str);
    let mut state = shared.lock();
    let owner = state.tokens.owner_of_refresh(token).or_else(|| state.tokens.owner_of_access(token));
    if let Some(index) = owner {
        state.tokens.revoke_family(token);
        let account = &mut state.accounts[index];
        account.counters.revocations += 1;
        account.remember(RecordedRequest::new(&method, &uri, &headers, body_value(&fields)));
    }
    // RFC 7009: an unknown token is as good as a revoked one.
    axum::Json(json!({})).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::simulator::script;

    fn recorded() -> String {
        let fixture = script::json_fixture("oauth-authorize-url").expect("the fixture exists");
        let url = fixture["url"].as_str().expect("a URL");
        url.split_once('?').expect("a query").1.to_owned()
    }

    #[test]
    fn the_client_s_own_authorize_query_is_accepted() {
        let request = Authorize::parse(&recorded(), RedirectPorts::Registered).expect("valid");
        assert_eq!(request.raw_redirect_uri, "http://127.0.0.1:1455/auth/callback");
    }

    #[test]
    fn every_bent_authorize_query_is_refused() {
        let good = recorded();
        for (from, to) in [
            ("response_type=code", "response_type=token"),
            ("app_EMoamEEZ73f0CkXaXp7hrann", "app_other"),
            ("=S256", "=plain"),
            ("code_challenge=_kd-", "code_challenge="),
            ("&state=", "&other="),
            ("openid+", ""),
            ("+offline_access", ""),
            ("%3A1455", "%3A1456"),
            ("127.0.0.1", "127.0.0.2"),
            ("http%3A%2F%2F127", "https%3A%2F%2F127"),
            ("auth%2Fcallback", "callback"),
        ] {
            let bent = good.replacen(from, to, 1);
            assert_ne!(bent, good, "{from}");
            assert!(Authorize::parse(&bent, RedirectPorts::Registered).is_err(), "{from} -> {to}");
        }
        let other_port = good.replacen("%3A1455", "%3A4711", 1);
        assert!(Authorize::parse(&other_port, RedirectPorts::Any).is_ok());
        let localhost = good.replacen("127.0.0.1%3A1455", "localhost%3A1457", 1);
        assert!(Authorize::parse(&localhost, RedirectPorts::Registered).is_ok());
    }
}
