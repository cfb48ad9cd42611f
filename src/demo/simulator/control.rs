//! The control API, for tests in other processes: `/__sim/…`. No key; loopback only.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shares};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::chaos::Chaos;
use super::refusal::Refusal;
use super::script::{Endpoint, Script};
use super::state::{AccountHandle, Shared};
use super::{UsageChange, device, ids};

pub(super) fn router() -> axum::Router<Arc<Shared>> {
    axum::Router::new()
        .route("/__sim/accounts", get(list))
        .route("/__sim/accounts/{email}", get(one))
        .route("/__sim/accounts/{email}/{action}", post(act))
        .route("/__sim/device/{user_code}", post(decide_device))
        .route("/__sim/reset", post(reset_all))
        .route("/__sim/chaos", post(chaos_for_all))
}

fn refuse(status: u16, text: impl std::fmt::Display) -> Refusal {
    Refusal::new(status, json!({ "error": text.to_string() }))
}

fn handle(shared: &Arc<Shared>, email: &str) -> Result<AccountHandle, Refusal> {
    let index = shared.find(email).ok_or_else(|| refuse(404, format!("no account `{email}`")))?;
    Ok(AccountHandle { shared: Arc::clone(shared), index })
}

fn summary(account: &AccountHandle) -> Value {
    account.with(|account| {
        let left = (account.spec.reset_credits as usize).saturating_sub(account.redeemed.len());
        json!({
            "email": account.spec.email, "plan": account.spec.plan, "account_id": account.spec.account_id,
            "user_id": account.spec.user_id, "models": account.spec.models,
            "usage": account.meter.usage(&account.spec, left, ids::now_ms()),
            "counters": account.counters,
        })
    })
}

async fn list(Shares(shared): Shares<Arc<Shared>>) -> Json<Value> {
    let accounts =
        (0..=shared.compat()).map(|index| summary(&AccountHandle { shared: Arc::clone(&shared), index }));
    Json(json!({ "accounts": accounts.collect::<Vec<_>>() }))
}

async fn one(Shares(shared): Shares<Arc<Shared>>, Path(email): Path<String>) -> Response {
    let account = match handle(&shared, &email) {
        Ok(account) => account,
        Err(missing) => return missing.into_response(),
    };
    let mut answer = summary(&account);
    answer["last_requests"] = json!(account.last_requests());
    Json(answer).into_response()
}

/// The body of `…/script`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(default)]
    on: Endpoint,
    script: Script,
    /// How often; ignored for a default.
    #[serde(default = "once")]
    times: usize,
    /// For every call from now on, instead of the next ones.
    #[serde(default)]
    default: bool,
}

fn once() -> usize {
    1
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expiry {
    /// `access` (the default), `refresh`, or `all`.
    what: Option<String>,
}

fn read<T: for<'de> Deserialize<'de>>(body: &str) -> Result<T, Refusal> {
    let body = if body.trim().is_empty() { "{}" } else { body };
    serde_json::from_str(body).map_err(|error| refuse(400, error))
}

/// The body of `…/chaos`: nothing ends it.
fn read_chaos(body: &str) -> Result<Option<Chaos>, Refusal> {
    if body.trim().is_empty() { Ok(None) } else { read(body).map(Some) }
}

async fn act(
    Shares(shared): Shares<Arc<Shared>>,
    Path((email, action)): Path<(String, String)>,
    body: String,
) -> Response {
    match handle(&shared, &email).and_then(|account| perform(&account, &action, &body)) {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn perform(account: &AccountHandle, action: &str, body: &str) -> Result<Value, Refusal> {
    match action {
        "script" => {
            let order: Order = read(body)?;
            if order.default {
                account.set_default_on(order.on, order.script);
            } else {
                for _ in 0..order.times {
                    account.script_on(order.on, order.script.clone());
                }
            }
        }
        "expire" => {
            let expiry: Expiry = read(body)?;
            let what = expiry.what.as_deref().unwrap_or("access");
            if matches!(what, "access" | "all") {
                account.expire_access_tokens();
            }
            if matches!(what, "refresh" | "all") {
                account.expire_refresh_tokens();
            }
        }
        "revoke" => account.revoke_tokens(),
        "chaos" => account.set_chaos(read_chaos(body)?),
        "usage" => account.set_usage(read::<UsageChange>(body)?),
        "models" => account.set_models(read::<Vec<String>>(body)?),
        "auth-json" => return Ok(account.auth_json()),
        "tokens" => return Ok(json!(account.mint_tokens())),
        "reset" => account.reset(),
        other => return Err(refuse(404, format!("no action `{other}`"))),
    }
    Ok(summary(account))
}

#[derive(Deserialize)]
struct DeviceDecision {
    /// The account to sign in; absent or null: deny.
    account: Option<String>,
}

async fn decide_device(
    Shares(shared): Shares<Arc<Shared>>,
    Path(code): Path<String>,
    body: String,
) -> Response {
    let decision: DeviceDecision = match read(&body) {
        Ok(decision) => decision,
        Err(refusal) => return refusal.into_response(),
    };
    match device::decide(&shared, &code, decision.account.as_deref()) {
        Ok(()) => Json(json!({})).into_response(),
        Err(problem) => refuse(400, problem).into_response(),
    }
}

/// The same for every account, each with a chance of its own.
async fn chaos_for_all(Shares(shared): Shares<Arc<Shared>>, body: String) -> Response {
    let chaos: Option<Chaos> = match read_chaos(&body) {
        Ok(chaos) => chaos,
        Err(refusal) => return refusal.into_response(),
    };
    for index in 0..shared.compat() {
        AccountHandle { shared: Arc::clone(&shared), index }.set_chaos(chaos.clone());
    }
    Json(json!({})).into_response()
}

async fn reset_all(Shares(shared): Shares<Arc<Shared>>) -> Json<Value> {
    for index in 0..=shared.compat() {
        AccountHandle { shared: Arc::clone(&shared), index }.reset();
    }
    Json(json!({}))
}
