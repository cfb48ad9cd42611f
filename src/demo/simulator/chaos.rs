//! Faults by chance. What happens to a call follows from the seed, the account, the prompt, and how often the account was
//! asked with that prompt: whatever else runs at the same time, the same call fails alike.

use axum::http::{HeaderMap, HeaderValue};
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{self, Ruling};
use super::net::Conn;
use super::refusal::Refusal;
use super::script::{Cut, CutMode, Failure, FailureFrame, StreamScript};
use super::state::Shared;
use super::{answer, ids};

/// An access token that was issued this recently is not found expired: a fresh one is what cures.
const YOUNG_MS: i64 = 5_000;
/// Prompts that are remembered at most.
const REMEMBERED: usize = 100_000;

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection is reset before the answer's head.
    Reset,
    /// Nothing comes, until the client gives up.
    Hang,
    /// 429 `usage_limit_reached`; it names when the window ends.
    UsageLimit,
    /// 429 `rate_limit_exceeded` with `Retry-After`.
    RateLimit,
    /// 500, 502, or 504 with a page.
    ServerError,
    /// 503 `server_is_overloaded`.
    Overloaded,
    /// 401 `token_expired`; the token is good for nothing from then on.
    TokenExpired,
    /// 402 `deactivated_workspace`.
    PaymentRequired,
    /// 403 with JSON.
    Forbidden,
    /// 403 with a page.
    Blocked,
    /// The usage limit inside a 200 stream, before any output.
    UsageLimitInStream,
    /// No room inside a 200 stream, before any output.
    OverloadedInStream,
    /// An error inside a 200 stream, before any output.
    ServerErrorInStream,
    /// A good end without anything in it.
    Empty,
    /// The stream ends before any output, without a terminal event.
    EndsEarly,
    /// After some text the body ends.
    LateEnd,
    /// After some text the connection is reset.
    LateReset,
    /// After some text comes `response.failed`.
    LateFailed,
    /// After some text comes an `error` event.
    LateError,
}

impl Fault {
    /// Every one that comes before the first event with text.
    pub const EARLY: [Self; 15] = [
        Self::Reset,
        Self::Hang,
        Self::UsageLimit,
        Self::RateLimit,
        Self::ServerError,
        Self::Overloaded,
        Self::TokenExpired,
        Self::PaymentRequired,
        Self::Forbidden,
        Self::Blocked,
        Self::UsageLimitInStream,
        Self::OverloadedInStream,
        Self::ServerErrorInStream,
        Self::Empty,
        Self::EndsEarly,
    ];

    /// Every one that comes after it.
    pub const LATE: [Self; 4] = [Self::LateEnd, Self::LateReset, Self::LateFailed, Self::LateError];

    /// Whether the client has seen text before it.
    pub fn is_late(self) -> bool {
        Self::LATE.contains(&self)
    }
}

/// How many calls fail, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chaos {
    /// Of the chance.
    pub seed: u64,
    /// Percent of the model calls that fail with one of `early`.
    pub early_percent: f64,
    /// Each as likely as the others; naming one twice doubles its share.
    pub early: Vec<Fault>,
    /// Percent of the model calls that fail with one of `late`.
    pub late_percent: f64,
    /// As `early`.
    pub late: Vec<Fault>,
    /// Prompts that never fail early here, except by an expired token.
    pub spare: Option<Spare>,
    /// Seconds to the end of a used-up window and in `Retry-After`; at least 1.
    pub wait_seconds: u32,
}

/// A share of all prompts, by their digest: two accounts with `of: 2` and `at: 0` and `1` never both fail early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spare {
    /// Into how many shares prompts are divided.
    pub of: u64,
    /// Which one is spared.
    pub at: u64,
}

impl Default for Chaos {
    /// Every kind of fault, 30 % of the calls, a third of them after the first text.
    fn default() -> Self {
        Self {
            seed: 0,
            early_percent: 20.0,
            early: Fault::EARLY.to_vec(),
            late_percent: 10.0,
            late: Fault::LATE.to_vec(),
            spare: None,
            wait_seconds: 1,
        }
    }
}

/// The numbers that decide about one call.
struct Chance {
    luck: f64,
    kind: u64,
    detail: u64,
}

impl Chance {
    fn new(seed: u64, email: &str, prompt: &str, nth: usize) -> Self {
        let digest = ids::digest(&["chaos", &seed.to_string(), email, prompt, &nth.to_string()]);
        let number = |at: usize| u64::from_be_bytes(digest[at..at + 8].try_into().expect("eight bytes"));
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let luck = (number(0) >> 11) as f64 / (1_u64 << 53) as f64 * 100.0;
        Self { luck, kind: number(8), detail: number(16) }
    }
}

fn pick<T: Copy>(list: &[T], number: u64) -> Option<T> {
    let len = u64::try_from(list.len()).ok().filter(|len| *len > 0)?;
    list.get(usize::try_from(number % len).ok()?).copied()
}

impl Chaos {
    fn spares(&self, prompt: &str) -> bool {
        self.spare.is_some_and(|Spare { of, at }| {
            let digest = ids::digest(&["spare", prompt]);
            u64::from(digest[0]) % of.max(1) == at
        })
    }

    /// `can_expire` expires the token that the call carries, if it is of an age to.
    fn draw(&self, chance: &Chance, prompt: &str, mut can_expire: impl FnMut() -> bool) -> Option<Fault> {
        if chance.luck < self.late_percent {
            return pick(&self.late, chance.kind);
        }
        if chance.luck >= self.late_percent + self.early_percent {
            return None;
        }
        let drawn = pick(&self.early, chance.kind)?;
        if self.spares(prompt) {
            return Some(Fault::TokenExpired).filter(|_| drawn == Fault::TokenExpired && can_expire());
        }
        if drawn == Fault::TokenExpired && !can_expire() {
            let others: Vec<Fault> =
                self.early.iter().copied().filter(|fault| *fault != Fault::TokenExpired).collect();
            return pick(&others, chance.detail);
        }
        Some(drawn)
    }
}

/// Lets chance decide about a model call, and carries out what needs no stream.
pub(super) async fn strike(
    shared: &Shared,
    account: usize,
    headers: &HeaderMap,
    body: &Value,
    conn: &Conn,
) -> Ruling {
    let Some((fault, detail, wait)) = decide(shared, account, headers, body) else {
        return Ruling::Proceed;
    };
    let now_ms = ids::now_ms();
    let resets_at = (now_ms + 1_000 * i64::from(wait)).div_euclid(1_000) + 1;
    let refuse = |refusal: Refusal| Ruling::Answer(refusal.into_response());
    let error = |status, kind: &str, code: &str, message: &str| {
        Refusal::error(status, Some(kind), None, Some(code), message)
    };
    match fault {
        Fault::Reset => Ruling::Answer(call::lose(conn)),
        Fault::Hang => std::future::pending().await,
        Fault::UsageLimit => refuse(Refusal::new(
            429,
            json!({ "error": {
                "type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
                "resets_at": resets_at, "resets_in_seconds": (resets_at - now_ms.div_euclid(1_000)).max(0),
            } }),
        )),
        Fault::RateLimit => {
            let message = "Rate limit reached for requests per minute";
            refuse(
                error(429, "requests", "rate_limit_exceeded", message)
                    .header("retry-after", wait.to_string()),
            )
        }
        Fault::ServerError => {
            let page = |status| Refusal::new(status, json!("<html><h1>Bad gateway</h1></html>"));
            refuse(match detail % 3 {
                0 => error(500, "server_error", "server_error", "The server had an error"),
                1 => page(502),
                _ => page(504),
            })
        }
        Fault::Overloaded => refuse(error(
            503,
            "service_unavailable_error",
            "server_is_overloaded",
            "Our servers are currently overloaded. Please try again later.",
        )),
        Fault::TokenExpired => refuse(Refusal::token_expired()),
        Fault::PaymentRequired => {
            refuse(Refusal::new(402, json!({ "detail": { "code": "deactivated_workspace" } })))
        }
        Fault::Forbidden => refuse(Refusal::new(403, json!({ "detail": "Forbidden" }))),
        Fault::Blocked => {
            let page = json!("<!DOCTYPE html><html><title>Just a moment...</title></html>");
            refuse(Refusal::new(403, page).header("cf-mitigated", "challenge"))
        }
        in_stream => Ruling::Stream(Box::new(stream(in_stream, detail, resets_at))),
    }
}

/// The fault, a number for its details, and the seconds to wait.
fn decide(shared: &Shared, account: usize, headers: &HeaderMap, body: &Value) -> Option<(Fault, u64, u32)> {
    let mut state = shared.lock();
    let state = &mut *state;
    let account = &mut state.accounts[account];
    let chaos = account.chaos.as_ref()?;
    let asked = body["input"].as_array().and_then(|input| input.iter().rfind(|item| item["role"] == "user"));
    let prompt = asked.map(|item| answer::text_of(&item["content"])).unwrap_or_default();
    if account.struck.len() >= REMEMBERED && !account.struck.contains_key(&prompt) {
        account.struck.clear();
    }
    let nth = account.struck.get(&prompt).map_or(0, Vec::len);
    let chance = Chance::new(chaos.seed, &account.spec.email, &prompt, nth);
    let token =
        headers.get("authorization").map(HeaderValue::as_bytes).and_then(|t| t.strip_prefix(b"Bearer "));
    let token = token.and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default();
    let tokens = &mut state.tokens;
    let fault = chaos.draw(&chance, &prompt, || tokens.expire_aged(token, YOUNG_MS, ids::now_ms()));
    let wait = chaos.wait_seconds.max(1);
    account.struck.entry(prompt).or_default().push(fault);
    let fault = fault?;
    *account.counters.faults.entry(fault).or_default() += 1;
    Some((fault, chance.detail, wait))
}

fn stream(fault: Fault, detail: u64, resets_at: i64) -> StreamScript {
    let events = usize::try_from(detail % 24).unwrap_or_default() + 1;
    let late = |script: StreamScript| StreamScript { from_text: true, ..script };
    let cut =
        |mode| late(StreamScript { cut: Some(Cut { after_events: events, mode }), ..Default::default() });
    let broke = |frame| {
        let failure = Failure::after(events, "server_error", "The server had an error");
        late(StreamScript::failing(Failure { frame, ..failure }))
    };
    match fault {
        Fault::UsageLimitInStream => {
            let mut failure =
                Failure::before_output("usage_limit_reached", "The usage limit has been reached");
            failure.extra.insert("resets_at".into(), json!(resets_at));
            StreamScript::failing(failure)
        }
        Fault::OverloadedInStream => {
            let failure = Failure::before_output("server_is_overloaded", "Our servers are overloaded");
            // Both frames by which it is told.
            let frame = if detail.is_multiple_of(2) { FailureFrame::Failed } else { FailureFrame::Error };
            StreamScript::failing(Failure { frame, ..failure })
        }
        Fault::ServerErrorInStream => {
            StreamScript::failing(Failure::before_output("server_error", "The server had an error"))
        }
        Fault::Empty => StreamScript { empty: true, ..Default::default() },
        Fault::EndsEarly => StreamScript::cut_after(2, CutMode::Eof),
        Fault::LateEnd => cut(CutMode::Eof),
        Fault::LateReset => cut(CutMode::Reset),
        Fault::LateFailed => broke(FailureFrame::Failed),
        Fault::LateError => broke(FailureFrame::Error),
        Fault::Reset
        | Fault::Hang
        | Fault::UsageLimit
        | Fault::RateLimit
        | Fault::ServerError
        | Fault::Overloaded
        | Fault::TokenExpired
        | Fault::PaymentRequired
        | Fault::Forbidden
        | Fault::Blocked => unreachable!("it was answered without a stream"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn drawn(chaos: &Chaos, email: &str) -> Vec<Option<Fault>> {
        let draw = |n: usize| {
            let prompt = format!("prompt {n}");
            chaos.draw(&Chance::new(chaos.seed, email, &prompt, 0), &prompt, || true)
        };
        (0..4_000).map(draw).collect()
    }

    #[test]
    fn the_shares_are_as_asked_for_and_every_kind_comes() {
        let all = drawn(&Chaos::default(), "ada");
        let late = all.iter().flatten().filter(|fault| fault.is_late()).count();
        let early = all.iter().flatten().count() - late;
        assert!((340..460).contains(&late) && (720..880).contains(&early), "{early} early, {late} late");
        let kinds: BTreeMap<Fault, usize> = all.iter().flatten().fold(BTreeMap::new(), |mut kinds, fault| {
            *kinds.entry(*fault).or_default() += 1;
            kinds
        });
        assert_eq!(kinds.len(), Fault::EARLY.len() + Fault::LATE.len(), "{kinds:?}");
    }

    #[test]
    fn chance_follows_from_the_seed_and_the_account() {
        let chaos = Chaos::default();
        assert_eq!(drawn(&chaos, "ada"), drawn(&chaos, "ada"));
        assert_ne!(drawn(&chaos, "ada"), drawn(&chaos, "grace"));
        assert_ne!(drawn(&chaos, "ada"), drawn(&Chaos { seed: 1, ..chaos.clone() }, "ada"));
    }

    #[test]
    fn two_accounts_that_spare_each_others_prompts_never_both_fail_early() {
        let sparing =
            |at| Chaos { early_percent: 90.0, spare: Some(Spare { of: 2, at }), ..Chaos::default() };
        let early = |fault: Option<Fault>| fault.is_some_and(|f| !f.is_late() && f != Fault::TokenExpired);
        let both = drawn(&sparing(0), "ada").into_iter().zip(drawn(&sparing(1), "grace"));
        assert_eq!(both.filter(|(a, b)| early(*a) && early(*b)).count(), 0);
    }

    #[test]
    fn a_token_that_is_too_young_to_expire_lets_another_fault_take_its_place() {
        let chaos = Chaos { early_percent: 100.0, late_percent: 0.0, ..Chaos::default() };
        for n in 0..500 {
            let fault = chaos.draw(&Chance::new(0, "ada", "p", n), "p", || false);
            assert!(fault.is_some_and(|fault| fault != Fault::TokenExpired));
        }
    }
}
