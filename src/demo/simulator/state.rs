//! What the simulator remembers, behind one lock that is never held across an `await`.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Method, Uri};
use serde::Serialize;
use serde_json::Value;

use super::chaos::{Chaos, Fault};
use super::device::Device;
use super::ids;
use super::limits::Meter;
use super::oauth::AuthCode;
use super::refusal::Refusal;
use super::script::{Endpoint, Script};
use super::spec::{AccountSpec, SimulatorSpec};
use super::tokens::{TokenBook, TokenSet};
use tokio::sync::Semaphore;

/// The handle under which the Chat Completions endpoint keeps its scripts and counters.
pub const COMPAT: &str = "compat";

/// How many requests an account remembers.
const REMEMBERED: usize = 64;

/// What an account was asked, since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Finished sign-ins (code exchanges).
    pub sign_ins: u64,
    /// Token requests with a refresh token of this account, whatever became of them.
    pub refresh_attempts: u64,
    /// Those that rotated the token.
    pub refreshes: u64,
    /// Those that brought a used token back.
    pub reused_refresh_tokens: u64,
    /// Calls of the revoke endpoint.
    pub revocations: u64,
    /// Model requests that carried a token of this account, refused ones included.
    pub responses: u64,
    /// Model requests refused because their body is not what the backend takes.
    pub refused: u64,
    /// Model requests refused because a window was full.
    pub limited: u64,
    /// Requests of any kind refused with 401.
    pub unauthorized: u64,
    /// Answers written to their end.
    pub completed: u64,
    /// Answers whose reader left before the end.
    pub cancelled: u64,
    /// Answers being written now.
    pub in_flight: u64,
    /// The most that were written at once.
    pub max_in_flight: u64,
    /// `GET /wham/usage`.
    pub usage_polls: u64,
    /// `GET /codex/models`.
    pub model_polls: u64,
    /// `GET /wham/accounts/check`.
    pub account_checks: u64,
    /// Model requests that failed at random, by the kind of fault.
    pub faults: BTreeMap<Fault, u64>,
}

/// A request as it came.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedRequest {
    /// `POST`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, raw; empty when there was none.
    pub query: String,
    /// Names in lower case, in wire order.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed: JSON as its value, a form as an object of strings, nothing as null.
    pub body: Arc<Value>,
}

impl RecordedRequest {
    pub(super) fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: Arc<Value>) -> Self {
        let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body,
        }
    }

    /// The first header of this (lower case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct Queue {
    next: VecDeque<Script>,
    default: Option<Script>,
}

/// One account with what happened to it.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) spec: AccountSpec,
    pub(super) meter: Meter,
    pub(super) counters: Counters,
    pub(super) requests: VecDeque<RecordedRequest>,
    /// Prompt cache keys seen, so that the second request reports cached tokens.
    pub(super) cache_keys: HashSet<String>,
    /// Ids of redeemed reset credits, by redeem request id.
    pub(super) redeemed: BTreeMap<String, String>,
    pub(super) chaos: Option<Chaos>,
    /// What chance made of the calls with each prompt, one after the other.
    pub(super) struck: HashMap<String, Vec<Option<Fault>>>,
    scripts: HashMap<Endpoint, Queue>,
    /// Lets held scripts go on, one for each permit.
    pub(super) gate: Arc<Semaphore>,
}

impl Account {
    fn new(spec: AccountSpec, now_ms: i64) -> Self {
        let meter = Meter::new(&spec, now_ms);
        Self {
            spec,
            meter,
            counters: Counters::default(),
            requests: VecDeque::new(),
            cache_keys: HashSet::new(),
            redeemed: BTreeMap::new(),
            chaos: None,
            struck: HashMap::new(),
            scripts: HashMap::new(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    pub(super) fn remember(&mut self, request: RecordedRequest) {
        if self.requests.len() == REMEMBERED {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(super) fn next_script(&mut self, endpoint: Endpoint) -> Script {
        let Some(queue) = self.scripts.get_mut(&endpoint) else {
            return Script::Default;
        };
        queue.next.pop_front().or_else(|| queue.default.clone()).unwrap_or(Script::Default)
    }

    pub(super) fn enqueue(&mut self, endpoint: Endpoint, script: Script) {
        self.scripts.entry(endpoint).or_default().next.push_back(script);
    }

    pub(super) fn set_default(&mut self, endpoint: Endpoint, script: Script) {
        self.scripts.entry(endpoint).or_default().default = Some(script);
    }

    /// Whether this prompt was seen before (then its prefix is cached), and it is now.
    pub(super) fn cached(&mut self, key: &str) -> bool {
        if self.cache_keys.contains(key) {
            return true;
        }
        // A benchmark with a fresh key per request must not grow without end.
        if self.cache_keys.len() > 4096 {
            self.cache_keys.clear();
        }
        self.cache_keys.insert(key.to_owned());
        false
    }

    /// As in the beginning; tokens stay.
    pub(super) fn reset(&mut self, now_ms: i64) {
        let in_flight = self.counters.in_flight;
        *self = Self::new(self.spec.clone(), now_ms);
        self.counters.in_flight = in_flight;
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) accounts: Vec<Account>,
    pub(super) tokens: TokenBook,
    pub(super) codes: HashMap<String, AuthCode>,
    pub(super) devices: Vec<Device>,
}

/// The simulator as its handlers see it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) spec: SimulatorSpec,
    /// `http://127.0.0.1:<port>`; also the issuer.
    pub(super) url: String,
    serial: AtomicU64,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(spec: SimulatorSpec, url: String) -> Self {
        let now = ids::now_ms();
        let mut compat = AccountSpec::new(COMPAT);
        compat.models.clone_from(&spec.compat_models);
        let accounts =
            spec.accounts.iter().cloned().chain([compat]).map(|spec| Account::new(spec, now)).collect();
        let state =
            State { accounts, tokens: TokenBook::default(), codes: HashMap::new(), devices: Vec::new() };
        Self { spec, url, serial: AtomicU64::new(0), state: Mutex::new(state) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A digest nobody had before, the same in every run with the same requests.
    pub(super) fn fresh(&self, what: &str) -> [u8; 32] {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        ids::digest(&[what, &self.spec.seed.to_string(), &serial.to_string()])
    }

    /// The index of the account with this address.
    pub(super) fn find(&self, email: &str) -> Option<usize> {
        self.lock().accounts.iter().position(|account| account.spec.email.eq_ignore_ascii_case(email))
    }

    /// The index of the Chat Completions endpoint's pseudo-account.
    pub(super) fn compat(&self) -> usize {
        self.spec.accounts.len()
    }

    /// The account behind the headers of a `backend-api` call.
    pub(super) fn authenticate(&self, headers: &HeaderMap) -> Result<usize, Refusal> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(token) = text("authorization").and_then(|value| value.strip_prefix("Bearer ")) else {
            return Err(Refusal::new(401, serde_json::json!({ "detail": "Unauthorized" })));
        };
        let mut state = self.lock();
        let outcome = state.tokens.authenticate(token, ids::now_ms());
        if outcome.is_err()
            && let Some(owner) = state.tokens.owner_of_access(token)
        {
            state.accounts[owner].counters.unauthorized += 1;
        }
        let account = outcome?;
        if text("chatgpt-account-id") != Some(state.accounts[account].spec.account_id.as_str()) {
            return Err(Refusal::new(403, serde_json::json!({ "detail": "Forbidden" }))
                .header("x-openai-authorization-error", "account_mismatch"));
        }
        Ok(account)
    }
}

/// One account of a running simulator, as a test holds it. Panics in none of its methods.
#[derive(Clone, Debug)]
pub struct AccountHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) index: usize,
}

impl AccountHandle {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Account) -> T) -> T {
        work(&mut self.shared.lock().accounts[self.index])
    }

    /// The particulars it was made from, with later changes of its models.
    pub fn spec(&self) -> AccountSpec {
        self.with(|account| account.spec.clone())
    }

    /// The next model request (that is not refused for its body) does this. Scripts queue up.
    pub fn script(&self, script: Script) {
        self.script_on(Endpoint::Responses, script);
    }

    /// The next call of this endpoint does this.
    pub fn script_on(&self, endpoint: Endpoint, script: Script) {
        self.with(|account| account.enqueue(endpoint, script));
    }

    /// One script that is held, now or later, goes on.
    pub fn go_on(&self) {
        self.with(|account| account.gate.add_permits(1));
    }

    /// Forgets the scripts that are still queued.
    pub fn clear_scripts(&self) {
        self.with(|account| account.scripts.clear());
    }

    /// Every model request without a queued script does this.
    pub fn set_default(&self, script: Script) {
        self.set_default_on(Endpoint::Responses, script);
    }

    /// Every call of this endpoint without a queued script does this.
    pub fn set_default_on(&self, endpoint: Endpoint, script: Script) {
        self.with(|account| account.set_default(endpoint, script));
    }

    /// Model requests without a script fail at random from now on, or no more.
    pub fn set_chaos(&self, chaos: Option<Chaos>) {
        self.with(|account| account.chaos = chaos);
    }

    /// What chance made of the model requests with each prompt, one after the other; `None` is no fault.
    pub fn struck(&self) -> HashMap<String, Vec<Option<Fault>>> {
        self.with(|account| account.struck.clone())
    }

    /// What it was asked so far.
    pub fn counters(&self) -> Counters {
        self.with(|account| account.counters.clone())
    }

    /// The last requests of any kind that named this account, oldest first; at most 64.
    pub fn last_requests(&self) -> Vec<RecordedRequest> {
        self.with(|account| account.requests.iter().cloned().collect())
    }

    /// The bodies of its model requests among the last requests, oldest first.
    pub fn response_bodies(&self) -> Vec<Arc<Value>> {
        let model = |request: &&RecordedRequest| {
            request.method == "POST"
                && (request.path.ends_with("/responses") || request.path.ends_with("/chat/completions"))
        };
        self.with(|account| {
            account.requests.iter().filter(model).map(|request| Arc::clone(&request.body)).collect()
        })
    }

    /// Changes how much is used, when it resets, what an answer costs.
    pub fn set_usage(&self, change: super::UsageChange) {
        self.with(|account| account.meter.set(change, ids::now_ms()));
    }

    /// Changes which models it may use.
    pub fn set_models(&self, models: Vec<String>) {
        self.with(|account| account.spec.models = models);
    }

    /// Its access tokens answer 401 `token_expired` from now on; their `exp` does not know.
    pub fn expire_access_tokens(&self) {
        self.shared.lock().tokens.expire_access(self.index, ids::now_ms());
    }

    /// Its refresh tokens answer 401 `refresh_token_expired` from now on.
    pub fn expire_refresh_tokens(&self) {
        self.shared.lock().tokens.expire_refresh(self.index);
    }

    /// Its access tokens answer 401 `token_invalidated`, its refresh tokens `refresh_token_invalidated`.
    pub fn revoke_tokens(&self) {
        self.shared.lock().tokens.revoke_account(self.index);
    }

    /// A new sign-in without the pages.
    pub fn mint_tokens(&self) -> TokenSet {
        let mut state = self.shared.lock();
        let spec = state.accounts[self.index].spec.clone();
        state.tokens.sign_in(self.index, &spec, &self.shared.url, ids::now_ms())
    }

    /// The `auth.json` that the client would hold after a new sign-in.
    pub fn auth_json(&self) -> Value {
        let tokens = self.mint_tokens();
        let now = chrono::DateTime::from_timestamp_millis(ids::now_ms()).unwrap_or_default();
        serde_json::json!({
            "auth_mode": "chatgpt", "OPENAI_API_KEY": null,
            "tokens": {
                "id_token": tokens.id_token, "access_token": tokens.access_token,
                "refresh_token": tokens.refresh_token, "account_id": self.spec().account_id,
                "oauth_provenance": { "issuer": self.shared.url, "client_id": super::CLIENT_ID },
                "login_owner_id": ids::uuid_shaped(&self.shared.fresh("login")),
            },
            "last_refresh": now.to_rfc3339(),
        })
    }

    /// Usage, counters, scripts, remembered requests: as in the beginning. Tokens stay.
    pub fn reset(&self) {
        self.with(|account| account.reset(ids::now_ms()));
    }
}
