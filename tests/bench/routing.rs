//! What routing adds to a request: the snapshot of the pool, the decision with its description, the place on the account
//! and what its answer changes. Through the program's own parts, in this process, on one thread.

use crate::rig::{Database, MODEL};
use crate::stats::{median, percentile};
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::app::App;
use gateway::app::boot;
use gateway::app::health::{Accounts, Conversation, SlotOutcome, conversation_key};
use gateway::config::Config;
use gateway::domain::catalogue::{GrantFacts, Model, Provider};
use gateway::domain::ids::{MASTER_TENANT, ProviderId};
use gateway::domain::pool::config::{Affinity, Strategy};
use gateway::domain::pool::effective::{EffectivePool, Source};
use gateway::domain::provider::{CHATGPT_OAUTH, ProviderType};
use gateway::domain::quota::readiness::Readiness;
use gateway::domain::responses::error::UpstreamError;
use gateway::domain::responses::event::Usage;
use gateway::domain::routing::decide::decide;
use gateway::domain::routing::failover::{Failure, classify};
use gateway::lifecycle::Shutdown;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const STRATEGIES: [Strategy; 4] =
    [Strategy::PrimaryFirst, Strategy::PriorityOrder, Strategy::RoundRobin, Strategy::QuotaAware];
/// Accounts of a pool, and the most microseconds that routing may add with so many.
const POOLS: [(usize, f64); 2] = [(10, 20.0), (1_000, 200.0)];

/// Measures every strategy with a small pool and with a large one; the lines to print.
pub async fn measure(quick: bool) -> anyhow::Result<String> {
    let database = Database::new().await?;
    let directory = tempfile::Builder::new().prefix("gateway-bench-").tempdir()?;
    let mut config = Config::default();
    config.database.url = Some(database.url.as_str().to_owned().into());
    directory.path().clone_into(&mut config.data_dir);
    config.encryption_key = Some("5a".repeat(32).into());
    let shutdown = Shutdown::new();
    let running = boot::start(Arc::new(config), shutdown.clone(), false).await?;
    // Nothing beside what is measured.
    shutdown.begin();
    shutdown.tasks().stop();
    shutdown.tasks().ended().await;
    let mut lines = "accounts  strategy        routing µs/request (p50  p99)   decide alone".to_owned();
    let mut verdicts = Vec::new();
    for (count, aim) in POOLS {
        let mut worst: f64 = 0.0;
        for strategy in STRATEGIES {
            let bed = Bed::new(&running.app, count, strategy)?;
            let rounds = if quick { 200 } else { 2_000 };
            // The first of them fill caches.
            let mut whole: Vec<Duration> = (0..rounds + rounds / 10).map(|n| bed.request(n)).collect();
            whole.drain(..rounds / 10);
            let alone: Vec<f64> = (0..rounds).map(|_| bed.decide().as_secs_f64() * 1e6).collect();
            let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
            let (middle, late) = (micros(percentile(&mut whole, 50)), micros(percentile(&mut whole, 99)));
            worst = worst.max(middle);
            let name = strategy.as_str();
            write!(lines, "\n{count:>8}  {name:<14} {middle:>19.1} {late:>11.1} {:>14.1}", median(&alone))?;
            bed.is_still_true()?;
        }
        let word = if worst < aim { "met" } else { "MISSED" };
        verdicts.push(format!("{worst:.1} µs with {count} accounts (aim {aim:.0} µs: {word})"));
    }
    write!(lines, "\nrouting adds at most {}", verdicts.join(", "))?;
    running.close().await;
    database.drop().await?;
    Ok(lines)
}

/// A pool in which most accounts are well, and some in each kind of trouble.
struct Bed {
    app: Arc<App>,
    accounts: Arc<Accounts>,
    pool: EffectivePool,
}

impl Bed {
    fn new(app: &Arc<App>, count: usize, strategy: Strategy) -> anyhow::Result<Self> {
        let now = app.clock.now();
        let providers: Vec<Arc<Provider>> =
            (0..count).map(|n| provider(app, n, now).map(Arc::new)).collect::<anyhow::Result<_>>()?;
        let pool = EffectivePool {
            accounts: providers.into(),
            strategy,
            affinity: Affinity::Conversation,
            primary: None,
            active: true,
            source: Source::Provider,
        };
        // Nobody hears the news.
        let ((news, _), (moves, _)) = (tokio::sync::mpsc::unbounded_channel(), tokio::sync::mpsc::channel(1));
        let accounts = Accounts::new(app.clock.clone(), app.quotas.clone(), TimeDelta::hours(1), news, moves);
        let bed = Self { app: app.clone(), accounts: Arc::new(accounts), pool };
        for (n, provider) in bed.pool.accounts.iter().enumerate() {
            app.quotas.observe_headers(provider.id, &quota(n, now)?, now);
            let refusal = match n % 10 {
                7 => {
                    UpstreamError::from_http(429, Some(500.0), br#"{"error":{"code":"rate_limit_exceeded"}}"#)
                }
                8 => UpstreamError::from_http(503, None, br#"{"error":{"code":"server_is_overloaded"}}"#),
                _ => continue,
            };
            let slot = bed.accounts.begin(provider.id, MODEL, None, false);
            let mut slot = slot.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
            slot.failed(&SlotOutcome {
                retry_after: refusal.retry_after_seconds.map(|_| TimeDelta::seconds(500)),
                verdict: classify(&Failure::Refused(refusal)),
                message: "refused".into(),
                resets_at: None,
                unlisted: false,
            });
        }
        Ok(bed)
    }

    /// All that the gateway does of it for one request, in its order.
    fn request(&self, number: usize) -> Duration {
        let (accounts, pool) = (&self.accounts, &self.pool);
        let usage =
            Usage { input_tokens: 900, cached_input_tokens: 100, output_tokens: 200, reasoning_tokens: 0 };
        let began = Instant::now();
        let now = self.app.clock.now();
        // Two in three are the next turns of conversations.
        let name = format!("conversation-{}", if number.is_multiple_of(3) { number } else { number % 50 });
        let key = conversation_key(MASTER_TENANT, pool.accounts[0].id, &name);
        let conversation =
            Conversation { key: Some(key), home: accounts.home(key, now), stays: true, bound: false };
        let snapshot = accounts.snapshot(pool, MODEL, &conversation, None, now);
        let plan = accounts.with_rotation(pool, |rotation| decide(&snapshot, rotation, now));
        black_box(plan.describe(&snapshot));
        drop(snapshot);
        let provider = &pool.accounts[plan.attempts[0]];
        if let Ok(mut slot) = accounts.begin(provider.id, MODEL, None, false) {
            slot.answers();
            accounts.served(&conversation, pool, provider.id);
            self.app.quotas.observe_served(provider.id, MODEL, &usage, now);
            slot.succeeded();
        }
        began.elapsed()
    }

    /// The pure function alone.
    fn decide(&self) -> Duration {
        let now = self.app.clock.now();
        let snapshot = self.accounts.snapshot(&self.pool, MODEL, &Conversation::default(), None, now);
        self.accounts.with_rotation(&self.pool, |rotation| {
            let began = Instant::now();
            black_box(decide(&snapshot, rotation, now));
            began.elapsed()
        })
    }

    /// A measurement of accounts of which nothing is known would be worth nothing.
    fn is_still_true(&self) -> anyhow::Result<()> {
        let now = self.app.clock.now();
        let known = self.pool.accounts.iter().all(|provider| {
            !matches!(self.app.quotas.readiness(provider.id, MODEL, now), Readiness::Unknown)
        });
        anyhow::ensure!(known, "the accounts' quota was forgotten during the measurement");
        Ok(())
    }
}

fn provider(app: &App, n: usize, now: DateTime<Utc>) -> anyhow::Result<Provider> {
    let models = ["gpt-5.5", "gpt-5.5-mini", "gpt-5.1-codex", "gpt-5.1", "gpt-5"];
    Ok(Provider {
        id: ProviderId(app.clock.new_id()),
        tenant: MASTER_TENANT,
        name: format!("account-{n}"),
        display_name: None,
        kind: ProviderType::named(CHATGPT_OAUTH).context("the type of ChatGPT accounts")?,
        api_base: None,
        has_api_key: false,
        enabled: true,
        draining: false,
        settings: json!({}),
        pool: None,
        created_at: now,
        updated_at: now,
        grant: Some(GrantFacts {
            account_id: format!("account-{n}"),
            email: None,
            plan_type: Some("plus".into()),
            connected_at: now,
            access_expires_at: now + TimeDelta::days(10),
            needs_reauth: None,
            state_since: now,
            backend_base: None,
            routing_override: None,
        }),
        models: models.iter().filter_map(|id| Model::from_entry(&json!({"slug": id}))).collect(),
        models_fetched_at: Some(now),
    })
}

/// Both windows; every tenth account has used up one of them.
fn quota(n: usize, now: DateTime<Utc>) -> anyhow::Result<HeaderMap> {
    let used = if n % 10 == 9 { 100 } else { n * 7 % 90 };
    let seconds = now.timestamp();
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-codex-active-limit", "codex".to_owned()),
        ("x-codex-plan-type", "plus".to_owned()),
        ("x-codex-primary-used-percent", used.to_string()),
        ("x-codex-primary-window-minutes", "300".to_owned()),
        ("x-codex-primary-reset-at", (seconds + 9_000).to_string()),
        ("x-codex-secondary-used-percent", (n * 3 % 80).to_string()),
        ("x-codex-secondary-window-minutes", "10080".to_owned()),
        ("x-codex-secondary-reset-at", (seconds + 300_000).to_string()),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value)?);
    }
    Ok(headers)
}
