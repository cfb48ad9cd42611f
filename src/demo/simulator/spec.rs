//! What a simulated OpenAI is made of: its accounts and its habits.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{ids, models};

/// Which loopback ports the issuer takes in a `redirect_uri`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectPorts {
    /// 1455 and 1457 only: what is registered for the real client id.
    Registered,
    /// Any port, for tests that cannot own 1455.
    Any,
}

/// Which windows an account's plan has, and in which slot they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowShape {
    /// Five hours in `primary`, the week in `secondary`.
    FiveHoursAndWeek,
    /// The week in `primary`, no second window (some Pro plans).
    WeekOnly,
    /// Thirty days in `primary`, no second window (the free plan).
    MonthOnly,
}

/// The whole simulated OpenAI.
#[derive(Clone, Debug)]
pub struct SimulatorSpec {
    /// The people who can sign in, in the order of the sign-in page.
    pub accounts: Vec<AccountSpec>,
    /// Where to listen; port 0 picks a free one. Loopback only: the control endpoints ask for no key.
    pub bind: SocketAddr,
    /// The pause before every event of a stream. Zero in tests, about 15 ms where a person watches.
    pub pace: Duration,
    /// Which ports a `redirect_uri` may name.
    pub redirect_ports: RedirectPorts,
    /// Refuse a classic request without `instructions`, as the backend did for older clients.
    pub require_instructions: bool,
    /// How long a used refresh token still works. Zero: the first reuse ends the family.
    pub reuse_grace: Duration,
    /// The poll interval told to the device flow; whole seconds go over the wire.
    pub device_interval: Duration,
    /// How long a device code can be approved.
    pub device_lifetime: Duration,
    /// The models of the Chat Completions endpoint (`/compat/v1`).
    pub compat_models: Vec<String>,
    /// Makes the ids and tokens of two simulators differ.
    pub seed: u64,
}

impl SimulatorSpec {
    /// These accounts, a free loopback port, no pauses.
    pub fn new(accounts: Vec<AccountSpec>) -> Self {
        Self {
            accounts,
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            pace: Duration::ZERO,
            redirect_ports: RedirectPorts::Registered,
            require_instructions: false,
            reuse_grace: Duration::ZERO,
            device_interval: Duration::from_secs(1),
            device_lifetime: Duration::from_mins(15),
            compat_models: vec!["sim-chat".into(), "sim-reasoner".into()],
            seed: 0,
        }
    }

    /// One account per address, all with the defaults of [`AccountSpec::new`].
    pub fn with_emails<'a>(emails: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(emails.into_iter().map(AccountSpec::new).collect())
    }

    /// What `gateway demo` shows: three accounts in different states and one to connect, at a pace a person can
    /// read.
    pub fn demo() -> Self {
        let mut ada = AccountSpec::new("ada@example.com");
        (ada.five_hour_used, ada.weekly_used) = (12.0, 31.0);
        let mut grace = AccountSpec::new("grace@example.com");
        "pro".clone_into(&mut grace.plan);
        (grace.five_hour_used, grace.weekly_used) = (47.0, 34.0);
        grace.five_hour_resets_in = Duration::from_mins(95);
        let mut linus = AccountSpec::new("linus@example.com");
        (linus.five_hour_used, linus.weekly_used) = (90.0, 38.0);
        // It runs dry while a person watches, and is back before they leave.
        (linus.five_hour_cost, linus.five_hour_resets_in) = (0.25, Duration::from_mins(25));
        // Nobody's yet: for trying the sign-in.
        let new = AccountSpec::new("new@example.com");
        let mut spec = Self::new(vec![ada, grace, linus, new]);
        spec.pace = Duration::from_millis(15);
        spec.redirect_ports = RedirectPorts::Any;
        spec
    }
}

/// One ChatGPT account (one person in one workspace).
#[derive(Clone, Debug)]
pub struct AccountSpec {
    /// The address, which also names the account in this simulator.
    pub email: String,
    /// The raw plan name: `plus`, `pro`, `team`, `free`, …
    pub plan: String,
    /// The workspace; the value of the `chatgpt-account-id` header. Seats of one team share it.
    pub account_id: String,
    /// The person, `user-…`.
    pub user_id: String,
    /// Percent of the five-hour window used at the start.
    pub five_hour_used: f64,
    /// Percent of the week (or of the month, see `windows`) used at the start.
    pub weekly_used: f64,
    /// Percent of the five-hour window that one answer costs. Zero for an account that never runs dry.
    pub five_hour_cost: f64,
    /// Percent of the longer window that one answer costs.
    pub weekly_cost: f64,
    /// When the five-hour window resets, from the start.
    pub five_hour_resets_in: Duration,
    /// When the longer window resets, from the start.
    pub weekly_resets_in: Duration,
    /// Which windows the plan has.
    pub windows: WindowShape,
    /// Bought credits; with a balance the account goes on past 100 %.
    pub credits: Option<String>,
    /// Credits that reset a window on demand.
    pub reset_credits: u32,
    /// How long an access token lives.
    pub access_token_ttl: Duration,
    /// The slugs this account may use.
    pub models: Vec<String>,
}

impl AccountSpec {
    /// A Plus account with some quota used, ten-day tokens and every listed model.
    pub fn new(email: &str) -> Self {
        let digest = ids::digest(&["account", email]);
        Self {
            email: email.to_owned(),
            plan: "plus".into(),
            account_id: ids::uuid_shaped(&digest),
            user_id: format!("user-{}", ids::alphanumeric(&ids::digest(&["user", email]), 24)),
            five_hour_used: 10.0,
            weekly_used: 20.0,
            five_hour_cost: 0.1,
            weekly_cost: 0.02,
            five_hour_resets_in: Duration::from_hours(3),
            weekly_resets_in: Duration::from_hours(4 * 24),
            windows: WindowShape::FiveHoursAndWeek,
            credits: None,
            reset_credits: 0,
            access_token_ttl: Duration::from_hours(10 * 24),
            models: models::listed(),
        }
    }
}
