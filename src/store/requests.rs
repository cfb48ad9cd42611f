//! The record of what was served: one row per request and one per attempt, written behind the answer.

use crate::domain::ids::{KeyId, ProviderId, RequestId, TenantId};
use crate::domain::responses::event::Usage;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

mod read;
pub mod usage;

pub use read::*;

/// One request of a client, as it ended.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    pub id: RequestId,
    pub tenant: TenantId,
    /// The API key that asked.
    pub key: Option<KeyId>,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    /// Until the first event that the client could see.
    pub first_event_ms: Option<i64>,
    /// `responses` or `chat_completions`.
    pub endpoint: &'static str,
    /// `codex` or `other`.
    pub client: &'static str,
    /// As the client named it.
    pub model: String,
    pub served_model: Option<String>,
    pub agent_key: Option<String>,
    pub session_key: Option<String>,
    /// The conversation that it belongs to, as a hash, where accounts were chosen for it.
    pub conversation: Option<u128>,
    /// Who served.
    pub provider: Option<(ProviderId, String)>,
    /// The provider that was asked for, whose pool it was when it has one.
    pub pool_owner: Option<(ProviderId, String)>,
    /// `None` where only one account was in play.
    pub strategy: Option<&'static str>,
    /// What was to be tried and what was left out, each with its reason: the plan as JSON.
    pub decision: Option<Value>,
    /// `completed`, `incomplete`, `failed`, `cancelled` or `refused`.
    pub status: &'static str,
    pub http_status: u16,
    pub error: Option<(String, String)>,
    pub usage: Option<Usage>,
    /// In the order in which they were made.
    pub attempts: Vec<AttemptRecord>,
}

/// One try at one account.
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    pub provider: ProviderId,
    pub provider_name: String,
    pub started_at: DateTime<Utc>,
    /// As it was named to the upstream.
    pub model: String,
    /// `served`, `failed` or `cancelled`.
    pub outcome: &'static str,
    /// Code and text.
    pub error: Option<(String, String)>,
    /// How it failed, in one word: stable, for programs.
    pub cause: Option<&'static str>,
    /// `client`, `account` or `upstream`; what a client did wrong counts against no account.
    pub fault: Option<&'static str>,
    /// Of the upstream's refusal, where it had one.
    pub http_status: Option<u16>,
    /// From the attempt's own begin until the first event that the client could see.
    pub first_event_ms: Option<i64>,
    pub duration_ms: i64,
}

/// The longest name that is stored, in characters: a client's `model` can be megabytes.
const MOST_OF_A_NAME: usize = 256;
/// The longest error text that is stored, in characters.
const MOST_OF_A_TEXT: usize = 4_000;
/// The longest cause that is stored, in characters.
const MOST_OF_A_CAUSE: usize = 64;

impl RequestRecord {
    /// What went wrong first, in one word: at the first attempt that failed, also where another account answered then;
    /// where none was made, the code of the refusal.
    fn cause(&self) -> Option<String> {
        let failed = self.attempts.iter().find(|a| a.outcome == "failed");
        let at_an_account = failed.and_then(|a| a.cause.or_else(|| Some(a.error.as_ref()?.0.as_str())));
        let own = self.error.as_ref().filter(|_| matches!(self.status, "failed" | "refused"));
        at_an_account.or_else(|| Some(own?.0.as_str())).map(|cause| clean(cause, MOST_OF_A_CAUSE))
    }

    /// What choosing, waiting and other accounts took before the first event, beyond the time of the account that
    /// answered.
    fn added_ms(&self) -> Option<i64> {
        let served = self.attempts.iter().rfind(|a| a.outcome == "served")?;
        Some((self.first_event_ms? - served.first_event_ms?).max(0))
    }

    /// The record as Postgres takes it: without NUL characters, which neither `text` nor `jsonb` can hold, and without
    /// texts of any length. Whatever comes from a client or an upstream passes through here.
    fn storable(&self) -> Self {
        let error = |error: &Option<(String, String)>| {
            error.as_ref().map(|(code, text)| (name(code), clean(text, MOST_OF_A_TEXT)))
        };
        let mut record = self.clone();
        record.model = name(&self.model);
        for text in [&mut record.served_model, &mut record.agent_key, &mut record.session_key] {
            *text = text.as_deref().map(name);
        }
        record.error = error(&self.error);
        if let Some(decision) = &mut record.decision {
            clean_json(decision);
        }
        for attempt in &mut record.attempts {
            attempt.model = name(&attempt.model);
            attempt.error = error(&attempt.error);
        }
        record
    }
}

/// A name as it is stored.
pub fn name(text: &str) -> String {
    clean(text, MOST_OF_A_NAME)
}

fn clean(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn clean_json(value: &mut Value) {
    match value {
        Value::String(text) => *text = clean(text, MOST_OF_A_TEXT),
        Value::Array(items) => items.iter_mut().for_each(clean_json),
        Value::Object(members) => members.values_mut().for_each(clean_json),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes a batch. Call it in a transaction. What is stored already stays as it is: a batch whose commit was not heard
/// of can be written again.
///
/// One statement per table, however many rows: at hundreds of answers per second a statement per row would cost the
/// database more than the answers cost the gateway.
pub async fn insert(conn: &mut PgConnection, records: &[RequestRecord]) -> sqlx::Result<()> {
    let records: Vec<RequestRecord> = records.iter().map(RequestRecord::storable).collect();
    let tokens = |pick: fn(&Usage) -> u64| {
        column(&records, |r| r.usage.as_ref().and_then(|u| i64::try_from(pick(u)).ok()))
    };
    sqlx::query(
        "insert into requests (id, tenant_id, started_at, duration_ms, first_event_ms, endpoint, client, model,
             served_model, agent_key, session_key, provider_id, provider_name, status, http_status, error_code,
             error_message, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, pool_owner_id,
             pool_owner_name, strategy, decision, attempt_count, selected_provider_id, selected_provider_name,
             key_id, counted_model, cause, added_ms, conversation)
         select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::text[],
             $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[], $13::text[], $14::text[],
             $15::integer[], $16::text[], $17::text[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[],
             $22::uuid[], $23::text[], $24::text[], $25::jsonb[], $26::integer[], $27::uuid[], $28::text[],
             $29::uuid[], $30::text[], $31::text[], $32::bigint[],
             $33::uuid[])
         on conflict do nothing",
    )
    .bind(column(&records, |r| r.id.0))
    .bind(column(&records, |r| r.tenant.0))
    .bind(column(&records, |r| r.started_at))
    .bind(column(&records, |r| r.duration_ms))
    .bind(column(&records, |r| r.first_event_ms))
    .bind(column(&records, |r| r.endpoint))
    .bind(column(&records, |r| r.client))
    .bind(column(&records, |r| r.model.as_str()))
    .bind(column(&records, |r| r.served_model.as_deref()))
    .bind(column(&records, |r| r.agent_key.as_deref()))
    .bind(column(&records, |r| r.session_key.as_deref()))
    .bind(column(&records, |r| r.provider.as_ref().map(|p| p.0.0)))
    .bind(column(&records, |r| r.provider.as_ref().map(|p| p.1.as_str())))
    .bind(column(&records, |r| r.status))
    .bind(column(&records, |r| i32::from(r.http_status)))
    .bind(column(&records, |r| r.error.as_ref().map(|e| e.0.as_str())))
    .bind(column(&records, |r| r.error.as_ref().map(|e| e.1.as_str())))
    .bind(tokens(|u| u.input_tokens))
    .bind(tokens(|u| u.cached_input_tokens))
    .bind(tokens(|u| u.output_tokens))
    .bind(tokens(|u| u.reasoning_tokens))
    .bind(column(&records, |r| r.pool_owner.as_ref().map(|p| p.0.0)))
    .bind(column(&records, |r| r.pool_owner.as_ref().map(|p| p.1.as_str())))
    .bind(column(&records, |r| r.strategy))
    .bind(column(&records, |r| r.decision.as_ref().map(Json)))
    .bind(column(&records, |r| i32::try_from(r.attempts.len()).unwrap_or(i32::MAX)))
    .bind(column(&records, |r| r.attempts.first().map(|a| a.provider.0)))
    .bind(column(&records, |r| r.attempts.first().map(|a| a.provider_name.as_str())))
    .bind(column(&records, |r| r.key.map(|key| key.0)))
    .bind(column(&records, |r| r.served_model.as_deref().unwrap_or(&r.model)))
    .bind(column(&records, RequestRecord::cause))
    .bind(column(&records, RequestRecord::added_ms))
    .bind(column(&records, |r| r.conversation.map(uuid::Uuid::from_u128)))
    .execute(&mut *conn)
    .await?;
    let attempts: Vec<_> = records
        .iter()
        .flat_map(|r| r.attempts.iter().zip(0_i32..).map(move |(a, seq)| (r, seq, a)))
        .collect();
    sqlx::query(
        "insert into attempts (request_id, seq, tenant_id, request_started_at, started_at, provider_id, provider_name,
             model, outcome, error_code, error_message, cause, fault, http_status, first_event_ms, duration_ms)
         select * from unnest($1::uuid[], $2::integer[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::uuid[],
             $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::integer[],
             $15::bigint[], $16::bigint[])
         on conflict do nothing",
    )
    .bind(column(&attempts, |(r, ..)| r.id.0))
    .bind(column(&attempts, |(_, seq, _)| *seq))
    .bind(column(&attempts, |(r, ..)| r.tenant.0))
    .bind(column(&attempts, |(r, ..)| r.started_at))
    .bind(column(&attempts, |(.., a)| a.started_at))
    .bind(column(&attempts, |(.., a)| a.provider.0))
    .bind(column(&attempts, |(.., a)| a.provider_name.as_str()))
    .bind(column(&attempts, |(.., a)| a.model.as_str()))
    .bind(column(&attempts, |(.., a)| a.outcome))
    .bind(column(&attempts, |(.., a)| a.error.as_ref().map(|e| e.0.as_str())))
    .bind(column(&attempts, |(.., a)| a.error.as_ref().map(|e| e.1.as_str())))
    .bind(column(&attempts, |(.., a)| a.cause))
    .bind(column(&attempts, |(.., a)| a.fault))
    .bind(column(&attempts, |(.., a)| a.http_status.map(i32::from)))
    .bind(column(&attempts, |(.., a)| a.first_event_ms))
    .bind(column(&attempts, |(.., a)| a.duration_ms))
    .execute(conn)
    .await?;
    Ok(())
}

fn column<'a, R, T>(rows: &'a [R], pick: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(pick).collect()
}

/// Removes requests from before `before` with their attempts, at most `limit`; how many went.
///
/// A request's id is made when it comes and holds the time of that, so the primary key finds the oldest: no index on
/// the time alone, across the tenants, has to be kept up to date for this.
pub async fn prune(conn: &mut PgConnection, before: DateTime<Utc>, limit: u32) -> sqlx::Result<u64> {
    let millis = u128::try_from(before.timestamp_millis()).unwrap_or_default();
    let done = sqlx::query(
        "delete from requests where id in (select id from requests where id < $1 order by id limit $2)",
    )
    .bind(uuid::Uuid::from_u128(millis << 80))
    .bind(i64::from(limit))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_postgres_cannot_hold_is_replaced_wherever_it_came_from() {
        let at = DateTime::UNIX_EPOCH;
        let bad = || "a\0b".to_owned();
        let attempt = AttemptRecord {
            provider: ProviderId(uuid::Uuid::nil()),
            provider_name: "one".into(),
            started_at: at,
            model: bad(),
            outcome: "failed",
            error: Some((bad(), "\0".repeat(5_000))),
            cause: Some("refused"),
            fault: Some("account"),
            http_status: Some(429),
            first_event_ms: None,
            duration_ms: 1,
        };
        let record = RequestRecord {
            id: RequestId(uuid::Uuid::nil()),
            tenant: TenantId(uuid::Uuid::nil()),
            key: None,
            started_at: at,
            duration_ms: 1,
            first_event_ms: None,
            endpoint: "responses",
            client: "other",
            model: "m\0".repeat(1_000),
            served_model: Some(bad()),
            agent_key: Some(bad()),
            session_key: Some(bad()),
            conversation: None,
            provider: None,
            pool_owner: None,
            strategy: None,
            decision: Some(json!({ "excluded": [{ "detail": bad() }] })),
            status: "failed",
            http_status: 502,
            error: Some((bad(), bad())),
            usage: None,
            attempts: vec![attempt],
        };
        let stored = record.storable();
        assert!(!format!("{stored:?}").contains("\\0"), "{stored:?}");
        assert_eq!(stored.model.chars().count(), MOST_OF_A_NAME);
        assert_eq!(stored.attempts[0].error.as_ref().unwrap().1.chars().count(), MOST_OF_A_TEXT);
        assert_eq!(stored.decision, Some(json!({ "excluded": [{ "detail": "a\u{fffd}b" }] })));
    }
}
