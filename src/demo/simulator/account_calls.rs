//! The calls around a turn: models, usage, account check, reset credits, settings.

use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequest, Request, State as Shares};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::net::Conn;
use super::refusal::Refusal;
use super::script::Endpoint;
use super::state::{Account, Shared};
use super::{ids, models, oauth};

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let conn =
            request.extensions().get::<ConnectInfo<Conn>>().map(|info| info.0.clone()).unwrap_or_default();
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let headers = request.headers().clone();
        let bytes = bytes::Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let body = Arc::new(serde_json::from_slice(&bytes).unwrap_or(Value::Null));
        Ok(Self { conn, method, uri, headers, body })
    }
}

pub(super) async fn model_list(Shares(shared): Shares<Arc<Shared>>, call: Call) -> Response {
    let query = oauth::form(call.uri.query().unwrap_or_default());
    let known =
        call.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    call.serve(&shared, Some(Endpoint::Models), |shared, account| {
        if query.get("client_version").is_none_or(String::is_empty) {
            return Refusal::missing("client_version").into_response();
        }
        let slugs = shared.lock().accounts[account].spec.models.clone();
        let etag = models::etag(&slugs);
        if known.as_ref() == Some(&etag) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
        }
        ([(header::ETAG, etag)], Json(models::native_list(&slugs))).into_response()
    })
    .await
}

fn credits_left(account: &Account) -> usize {
    (account.spec.reset_credits as usize).saturating_sub(account.redeemed.len())
}

pub(super) async fn usage(Shares(shared): Shares<Arc<Shared>>, call: Call) -> Response {
    call.serve(&shared, Some(Endpoint::Usage), |shared, account| {
        let mut state = shared.lock();
        let account = &mut state.accounts[account];
        let left = credits_left(account);
        Json(account.meter.usage(&account.spec, left, ids::now_ms())).into_response()
    })
    .await
}

pub(super) async fn accounts_check(Shares(shared): Shares<Arc<Shared>>, call: Call) -> Response {
    call.serve(&shared, Some(Endpoint::AccountsCheck), |shared, account| {
        let spec = &shared.lock().accounts[account].spec;
        let structure = if matches!(spec.plan.as_str(), "team" | "business" | "enterprise" | "edu") {
            "workspace"
        } else {
            "personal"
        };
        Json(json!({
            "accounts": [{
                "id": spec.account_id, "plan_type": spec.plan, "workspace_backend_origin": "NO_CONSTRAINT",
                "account_routing_override": "NO_CONSTRAINT", "name": null, "profile_picture_url": null,
                "structure": structure,
            }],
            "account_ordering": [spec.account_id],
            "default_account_id": spec.account_id,
        }))
        .into_response()
    })
    .await
}

fn credit(account: &Account, number: u32) -> Value {
    let id = format!("rlrc_{}_{number}", ids::hex(&ids::digest(&["credit", &account.spec.email]), 12));
    let redeemed = account.redeemed.values().any(|redeemed| *redeemed == id);
    let day = |offset: i64| {
        chrono::DateTime::from_timestamp_millis(ids::now_ms() + offset * 86_400_000)
            .unwrap_or_default()
            .to_rfc3339()
    };
    json!({
        "id": id, "reset_type": "weekly", "status": if redeemed { "redeemed" } else { "available" },
        "granted_at": day(-20), "expires_at": day(10), "title": null, "description": null,
        "redeem_started_at": null, "redeemed_at": if redeemed { json!(day(0)) } else { Value::Null },
    })
}

pub(super) async fn reset_credits(Shares(shared): Shares<Arc<Shared>>, call: Call) -> Response {
    call.serve(&shared, None, |shared, account| {
        let account = &shared.lock().accounts[account];
        let credits: Vec<Value> =
            (1..=account.spec.reset_credits).map(|number| credit(account, number)).collect();
        Json(json!({
            "credits": credits, "available_count": credits_left(account),
            "total_earned_count": account.spec.reset_credits,
            "immediate_reset_purchase_eligible": false, "history_enabled": true,
        }))
        .into_response()
    })
    .await
}

pub(super) async fn consume_reset_credit(Shares(shared): Shares<Arc<Shared>>, call: Call) -> Response {
    let body = Arc::clone(&call.body);
    call.serve(&shared, None, |shared, account| {
        let Some(request) = body["redeem_request_id"].as_str().filter(|id| !id.is_empty()) else {
            return Refusal::missing("redeem_request_id").into_response();
        };
        let account = &mut shared.lock().accounts[account];
        if account.redeemed.contains_key(request) {
            return Json(json!({ "code": "already_redeemed", "windows_reset": 0 })).into_response();
        }
        let mut credits = (1..=account.spec.reset_credits).map(|number| credit(account, number));
        let wanted = |credit: &Value| {
            credit["status"] == "available"
                && (body["credit_id"].is_null() || body["credit_id"] == credit["id"])
        };
        let Some(mut found) = credits.find(wanted) else {
            return Json(json!({ "code": "no_credit", "windows_reset": 0 })).into_response();
        };
        drop(credits);
        let id = found["id"].as_str().unwrap_or_default().to_owned();
        account.redeemed.insert(request.to_owned(), id);
        let windows_reset = account.meter.clear();
        found["status"] = json!("redeemed");
        Json(json!({ "code": "reset", "credit": found, "windows_reset": windows_reset })).into_response()
    })
    .await
}

pub(super) async fn user_settings(Shares(shared): Shares<Arc<Shared>>, call: Call) -> Response {
    let work = |_: &Shared, _| Json(json!({ "commit_attribution_enabled": false })).into_response();
    call.serve(&shared, None, work).await
}
