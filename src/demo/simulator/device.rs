//! The device flow: a code on one screen, an approval on another. The issuer makes the PKCE pair.

use std::sync::Arc;

use axum::extract::{RawQuery, State as Shares};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::oauth::{AuthCode, form};
use super::refusal::Refusal;
use super::state::Shared;
use super::tokens::CLIENT_ID;
use super::{html, ids};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Decision {
    Pending,
    Approved(usize),
    Denied,
}

/// One started device sign-in.
#[derive(Clone, Debug)]
pub(super) struct Device {
    id: String,
    user_code: String,
    expires_ms: i64,
    decision: Decision,
}

fn pending() -> Refusal {
    Refusal::error(
        403,
        Some("invalid_request_error"),
        None,
        Some("deviceauth_authorization_pending"),
        "Device authorization is pending. Please try again.",
    )
}

pub(super) async fn user_code(Shares(shared): Shares<Arc<Shared>>, body: axum::Json<Value>) -> Response {
    if body["client_id"] != CLIENT_ID {
        return Refusal::error(
            401,
            Some("invalid_request_error"),
            None,
            Some("invalid_client"),
            "Unknown client",
        )
        .into_response();
    }
    let unique = shared.fresh("device");
    let letters: String = unique[..4].iter().map(|byte| char::from(b'A' + byte % 26)).collect();
    let digits: String = unique[4..9].iter().map(|byte| char::from(b'0' + byte % 10)).collect();
    let device = Device {
        id: format!("deviceauth_{}", ids::hex(&unique, 32)),
        user_code: format!("{letters}-{digits}"),
        expires_ms: ids::now_ms() + ids::millis(shared.spec.device_lifetime),
        decision: Decision::Pending,
    };
    let expires_at = chrono::DateTime::from_timestamp_millis(device.expires_ms).unwrap_or_default();
    let answer = json!({
        "device_auth_id": device.id, "user_code": device.user_code,
        "interval": shared.spec.device_interval.as_secs().to_string(),
        "expires_at": expires_at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string(),
    });
    shared.lock().devices.push(device);
    axum::Json(answer).into_response()
}

pub(super) async fn poll(Shares(shared): Shares<Arc<Shared>>, body: axum::Json<Value>) -> Response {
    let mut state = shared.lock();
    let now = ids::now_ms();
    state.devices.retain(|device| device.expires_ms > now);
    let found = state.devices.iter().position(|device| body["device_auth_id"] == device.id);
    let Some(position) = found.filter(|at| body["user_code"] == state.devices[*at].user_code) else {
        let message = "Unknown or expired device code.";
        return Refusal::error(
            404,
            Some("invalid_request_error"),
            None,
            Some("deviceauth_not_found"),
            message,
        )
        .into_response();
    };
    let account = match state.devices[position].decision {
        Decision::Pending => return pending().into_response(),
        Decision::Denied => {
            state.devices.remove(position);
            let message = "The device sign-in was denied.";
            return Refusal::error(400, Some("invalid_request_error"), None, Some("access_denied"), message)
                .into_response();
        }
        Decision::Approved(account) => account,
    };
    state.devices.remove(position);
    let verifier = ids::base64url(shared.fresh("verifier"));
    let challenge = ids::challenge(&verifier);
    let code = format!("ac_{}", ids::base64url(shared.fresh("code")));
    let redirect_uri = format!("{}/deviceauth/callback", shared.url);
    let auth_code =
        AuthCode { account, redirect_uri, challenge: challenge.clone(), expires_ms: now + 600_000 };
    state.codes.insert(code.clone(), auth_code);
    axum::Json(json!({ "authorization_code": code, "code_challenge": challenge, "code_verifier": verifier }))
        .into_response()
}

/// A person's decision; `None` denies. Case and dashes of the code do not matter.
pub(super) fn decide(shared: &Shared, user_code: &str, email: Option<&str>) -> Result<(), String> {
    let plain = |code: &str| {
        code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
    };
    let decision = match email {
        None => Decision::Denied,
        Some(email) => {
            let account = shared.find(email).filter(|index| *index != shared.compat());
            Decision::Approved(account.ok_or_else(|| format!("there is no account `{email}`"))?)
        }
    };
    let (wanted, now) = (plain(user_code), ids::now_ms());
    let mut state = shared.lock();
    let open = |device: &&mut Device| {
        plain(&device.user_code) == wanted && device.expires_ms > now && device.decision == Decision::Pending
    };
    let device = state.devices.iter_mut().find(open);
    device.ok_or_else(|| "This code is unknown, used or expired.".to_owned())?.decision = decision;
    Ok(())
}

fn emails(shared: &Shared) -> impl Iterator<Item = &str> {
    shared.spec.accounts.iter().map(|account| account.email.as_str())
}

pub(super) async fn page(Shares(shared): Shares<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let query = form(&query.unwrap_or_default());
    html::enter_code(emails(&shared), query.get("user_code").map_or("", String::as_str), None)
}

pub(super) async fn submit(Shares(shared): Shares<Arc<Shared>>, body: String) -> Response {
    let fields = form(&body);
    let code = fields.get("user_code").map_or("", String::as_str);
    let account = fields.get("account").map(String::as_str);
    let denied = fields.get("decision").is_some_and(|decision| decision == "deny");
    if account.is_none() && !denied {
        return html::enter_code(emails(&shared), code, Some("Choose an account."));
    }
    match decide(&shared, code, account) {
        Ok(()) if account.is_some() => html::notice("Device signed in", "You can go back to your device."),
        Ok(()) => html::notice("Sign-in denied", "The device was not signed in."),
        Err(problem) => html::enter_code(emails(&shared), code, Some(&problem)),
    }
}

/// Where the exchange's `redirect_uri` points; a browser never goes there.
pub(super) async fn callback() -> Response {
    html::notice("Device signed in", "You can close this page.")
}
