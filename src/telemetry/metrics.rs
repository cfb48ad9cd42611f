//! Every metric: its name, its labels, and the methods that count. Labels are enums, so that a name which a person
//! chose (an account, an agent, a model) can never become one.

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The `content-type` of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

macro_rules! label {
    ($(#[$meta:meta])* $name:ident { $($(#[$value_meta:meta])* $value:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
        pub enum $name { $($(#[$value_meta])* $value,)* }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$value,)*];

            /// The label's text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)* }
            }
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
                encoder.write_str(self.as_str())
            }
        }
    };
}

label! {
    /// The model routes.
    Endpoint { Responses = "responses", ChatCompletions = "chat_completions", Runs = "runs" }
}

label! {
    /// How a request ended; the same words as a trace's status.
    RequestOutcome {
        /// A whole answer.
        Completed = "completed",
        /// An answer that stopped at a limit.
        Incomplete = "incomplete",
        /// No account could answer, or the answer broke off.
        Failed = "failed",
        /// The client went away.
        Cancelled = "cancelled",
        /// The request itself was wrong.
        Refused = "refused",
    }
}

label! {
    /// What kind of client asked.
    Client { Codex = "codex", Other = "other" }
}

label! {
    /// What kind of provider was tried.
    ProviderKind {
        /// A ChatGPT account.
        ChatgptOauth = "chatgpt_oauth",
        /// Anything with OpenAI's API.
        OpenaiCompat = "openai_compat",
        /// Anthropic's API.
        AnthropicNative = "anthropic_native",
        /// The Claude command line.
        ClaudeCli = "claude_cli",
    }
}

label! {
    /// How one attempt at one account ended.
    AttemptOutcome { Served = "served", Failed = "failed", Cancelled = "cancelled" }
}

label! {
    /// A kind of token. Cached ones are among the input, reasoning ones among the output.
    TokenKind { Input = "input", CachedInput = "cached_input", Output = "output", Reasoning = "reasoning" }
}

label! {
    /// How a refresh of an account's grant ended.
    RefreshOutcome {
        /// New tokens.
        Refreshed = "refreshed",
        /// Another task or process had done it.
        AlreadyFresh = "already_fresh",
        /// The issuer could not be asked; the grant stays.
        Unavailable = "unavailable",
        /// The issuer refused for good; a person has to sign in.
        NeedsReauth = "needs_reauth",
    }
}

label! {
    /// What a limit of a key counts.
    LimitMeter { Requests = "requests", Tokens = "tokens", Concurrent = "concurrent", PoolShare = "pool_share" }
}

label! {
    /// How the wait for a place on a busy account ended.
    QueueOutcome {
        /// With a place.
        Served = "served",
        /// It took too long, or the gateway shut down.
        Refused = "refused",
        /// The client went away.
        Cancelled = "cancelled",
    }
}

label! {
    /// The state of a provider.
    ProviderState {
        /// It can serve.
        Ready = "ready",
        /// Its grant was refused.
        NeedsReauth = "needs_reauth",
        /// Switched off by a person.
        Disabled = "disabled",
        /// Never signed in, or signed out.
        SignedOut = "signed_out",
        /// Left alone for a while after a failure.
        CoolingDown = "cooling_down",
        /// Its quota is used up.
        Exhausted = "exhausted",
        /// It takes nothing new.
        Draining = "draining",
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    endpoint: Endpoint,
    outcome: RequestOutcome,
    client: Client,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EndpointLabel {
    endpoint: Endpoint,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AttemptLabels {
    provider_kind: ProviderKind,
    outcome: AttemptOutcome,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TokenLabel {
    kind: TokenKind,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RefreshLabel {
    outcome: RefreshOutcome,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabel {
    state: ProviderState,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LimitLabel {
    meter: LimitMeter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct QueueLabel {
    outcome: QueueOutcome,
}

/// The tokens of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenCounts {
    /// All input, the cached included.
    pub input: u64,
    /// Input that the provider had cached.
    pub cached_input: u64,
    /// All output, the reasoning included.
    pub output: u64,
    /// Output that was reasoning.
    pub reasoning: u64,
}

/// The process's metrics. Clones count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<EndpointLabel, Histogram>,
    first_event_seconds: Family<EndpointLabel, Histogram>,
    streams_active: Gauge,
    upstream_attempts: Family<AttemptLabels, Counter>,
    tokens: Family<TokenLabel, Counter>,
    token_refreshes: Family<RefreshLabel, Counter>,
    records_dropped: Counter,
    limit_refusals: Family<LimitLabel, Counter>,
    queue_waiting: Gauge,
    queue_seconds: Family<QueueLabel, Histogram>,
    providers: Family<StateLabel, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics at zero. A counter's `_total` and an info's `_info` are appended by the encoding.
    pub fn new() -> Self {
        let metrics = Self {
            registry: Arc::new(Registry::default()),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
            first_event_seconds: Family::new_with_constructor(|| Histogram::new(FIRST_EVENT_SECONDS)),
            streams_active: Gauge::default(),
            upstream_attempts: Family::default(),
            tokens: Family::default(),
            token_refreshes: Family::default(),
            records_dropped: Counter::default(),
            limit_refusals: Family::default(),
            queue_waiting: Gauge::default(),
            queue_seconds: Family::new_with_constructor(|| Histogram::new(FIRST_EVENT_SECONDS)),
            providers: Family::default(),
        };
        let mut registry = Registry::default();
        registry.register(
            "gateway_requests",
            "Requests to the model routes that ended",
            metrics.requests.clone(),
        );
        registry.register(
            "gateway_request_seconds",
            "From a request to the end of its answer",
            metrics.request_seconds.clone(),
        );
        registry.register(
            "gateway_first_event_seconds",
            "From a request to the first event that the client could see",
            metrics.first_event_seconds.clone(),
        );
        registry.register(
            "gateway_streams_active",
            "Answers that are being streamed",
            metrics.streams_active.clone(),
        );
        registry.register(
            "gateway_upstream_attempts",
            "Attempts at single accounts",
            metrics.upstream_attempts.clone(),
        );
        registry.register("gateway_tokens", "Tokens of answers", metrics.tokens.clone());
        registry.register(
            "gateway_token_refreshes",
            "Refreshes of accounts' grants",
            metrics.token_refreshes.clone(),
        );
        registry.register(
            "gateway_records_dropped",
            "Records of requests that were lost because the writer fell behind",
            metrics.records_dropped.clone(),
        );
        registry.register(
            "gateway_limit_refusals",
            "Requests that a limit of their key refused",
            metrics.limit_refusals.clone(),
        );
        registry.register(
            "gateway_queue_waiting",
            "Requests that wait for a place on a busy account",
            metrics.queue_waiting.clone(),
        );
        registry.register(
            "gateway_queue_seconds",
            "How long requests waited for a place on a busy account",
            metrics.queue_seconds.clone(),
        );
        registry.register("gateway_providers", "Providers by state", metrics.providers.clone());
        registry.register(
            "gateway_build",
            "The running version",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let metrics = Self { registry: Arc::new(registry), ..metrics };
        for kind in TokenKind::ALL {
            drop(metrics.tokens.get_or_create(&TokenLabel { kind: *kind }));
        }
        for outcome in RefreshOutcome::ALL {
            drop(metrics.token_refreshes.get_or_create(&RefreshLabel { outcome: *outcome }));
        }
        for meter in LimitMeter::ALL {
            drop(metrics.limit_refusals.get_or_create(&LimitLabel { meter: *meter }));
        }
        for state in ProviderState::ALL {
            metrics.set_providers(*state, 0);
        }
        metrics
    }

    /// A request ended, this long after it came.
    pub fn request(&self, endpoint: Endpoint, outcome: RequestOutcome, client: Client, took: Duration) {
        self.requests.get_or_create(&RequestLabels { endpoint, outcome, client }).inc();
        self.request_seconds.get_or_create(&EndpointLabel { endpoint }).observe(took.as_secs_f64());
    }

    /// The first event that the client could see came this long after its request.
    pub fn first_event(&self, endpoint: Endpoint, took: Duration) {
        self.first_event_seconds.get_or_create(&EndpointLabel { endpoint }).observe(took.as_secs_f64());
    }

    /// A stream is active until the guard is dropped.
    #[must_use]
    pub fn stream(&self) -> ActiveStream {
        self.streams_active.inc();
        ActiveStream(self.streams_active.clone())
    }

    /// An attempt at one account ended.
    pub fn attempt(&self, provider_kind: ProviderKind, outcome: AttemptOutcome) {
        self.upstream_attempts.get_or_create(&AttemptLabels { provider_kind, outcome }).inc();
    }

    /// An answer used these tokens.
    pub fn tokens(&self, counts: TokenCounts) {
        for (kind, count) in [
            (TokenKind::Input, counts.input),
            (TokenKind::CachedInput, counts.cached_input),
            (TokenKind::Output, counts.output),
            (TokenKind::Reasoning, counts.reasoning),
        ] {
            self.tokens.get_or_create(&TokenLabel { kind }).inc_by(count);
        }
    }

    /// A refresh of an account's grant ended.
    pub fn token_refresh(&self, outcome: RefreshOutcome) {
        self.token_refreshes.get_or_create(&RefreshLabel { outcome }).inc();
    }

    /// Records of requests were lost.
    pub fn records_dropped(&self, count: u64) {
        self.records_dropped.inc_by(count);
    }

    /// A limit of its key refused a request.
    pub fn limit_refused(&self, meter: LimitMeter) {
        self.limit_refusals.get_or_create(&LimitLabel { meter }).inc();
    }

    /// A request waits for a place on a busy account until this is ended; dropped, its client went away.
    #[must_use]
    pub fn queued(&self) -> Queued {
        self.queue_waiting.inc();
        Queued { metrics: self.clone(), since: Instant::now(), outcome: QueueOutcome::Cancelled }
    }

    /// How many providers are in this state now.
    pub fn set_providers(&self, state: ProviderState, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.providers.get_or_create(&StateLabel { state }).set(count);
    }

    /// All metrics as text of the type [`CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// Counts one stream as active until it is dropped.
pub struct ActiveStream(Gauge);

impl Drop for ActiveStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Counts one request as waiting until it is dropped.
pub struct Queued {
    metrics: Metrics,
    since: Instant,
    outcome: QueueOutcome,
}

impl Queued {
    /// The wait is over.
    pub fn end(mut self, outcome: QueueOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.metrics.queue_waiting.dec();
        let label = QueueLabel { outcome: self.outcome };
        self.metrics.queue_seconds.get_or_create(&label).observe(self.since.elapsed().as_secs_f64());
    }
}

/// Answers take from under a second to half an hour.
const REQUEST_SECONDS: [f64; 12] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0];

/// The first event takes from what the gateway itself costs to a long think.
const FIRST_EVENT_SECONDS: [f64; 12] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_and_labels_are_the_documented_ones() {
        let metrics = Metrics::new();
        let second = Duration::from_secs(1);
        metrics.request(Endpoint::Responses, RequestOutcome::Completed, Client::Codex, second);
        metrics.first_event(Endpoint::ChatCompletions, second);
        metrics.attempt(ProviderKind::ChatgptOauth, AttemptOutcome::Served);
        metrics.tokens(TokenCounts { input: 9, cached_input: 4, output: 3, reasoning: 1 });
        metrics.token_refresh(RefreshOutcome::NeedsReauth);
        metrics.records_dropped(2);
        metrics.set_providers(ProviderState::Ready, 3);
        metrics.limit_refused(LimitMeter::PoolShare);
        metrics.queued().end(QueueOutcome::Served);
        drop(metrics.queued());
        let waiting = metrics.queued();
        let stream = metrics.stream();
        let text = metrics.encode();
        drop((stream, waiting));
        for line in [
            "gateway_requests_total{endpoint=\"responses\",outcome=\"completed\",client=\"codex\"} 1",
            "gateway_request_seconds_count{endpoint=\"responses\"} 1",
            "gateway_first_event_seconds_bucket{le=\"1.0\",endpoint=\"chat_completions\"} 1",
            "gateway_streams_active 1",
            "gateway_upstream_attempts_total{provider_kind=\"chatgpt_oauth\",outcome=\"served\"} 1",
            "gateway_tokens_total{kind=\"input\"} 9",
            "gateway_tokens_total{kind=\"cached_input\"} 4",
            "gateway_tokens_total{kind=\"output\"} 3",
            "gateway_tokens_total{kind=\"reasoning\"} 1",
            "gateway_token_refreshes_total{outcome=\"needs_reauth\"} 1",
            "gateway_token_refreshes_total{outcome=\"refreshed\"} 0",
            "gateway_records_dropped_total 2",
            "gateway_limit_refusals_total{meter=\"pool_share\"} 1",
            "gateway_limit_refusals_total{meter=\"tokens\"} 0",
            "gateway_queue_waiting 1",
            "gateway_queue_seconds_count{outcome=\"served\"} 1",
            "gateway_queue_seconds_count{outcome=\"cancelled\"} 1",
            "gateway_providers{state=\"ready\"} 3",
            "gateway_providers{state=\"exhausted\"} 0",
            concat!("gateway_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        assert!(metrics.encode().contains("gateway_streams_active 0"));
    }

    #[test]
    fn clones_count_together() {
        let metrics = Metrics::new();
        metrics.clone().records_dropped(1);
        assert!(metrics.encode().contains("gateway_records_dropped_total 1"));
    }
}
