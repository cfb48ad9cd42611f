//! The pure engine through random histories: accounts that fail, run out, come and go, under clocks that jump, also
//! back. After every step holds what must always hold.
//!
//! A seed is a history. One that failed, again and alone, step by step:
//!
//! ```sh
//! GATEWAY_TEST_SIM_SEED=7 cargo test --test it routing_sim:: -- --nocapture
//! ```
//!
//! `GATEWAY_TEST_SIM_HISTORIES` runs more of them than `make test` does.

use chrono::{DateTime, TimeDelta, Utc};
use gateway::domain::ids::ProviderId;
use gateway::domain::pool::config::Strategy;
use gateway::domain::quota::debit::Ledger;
use gateway::domain::quota::evidence::Evidence;
use gateway::domain::quota::parse::{LimitRefusal, MeterReading, Observation, WindowReading};
use gateway::domain::quota::readiness::{Readiness, readiness};
use gateway::domain::quota::window::{MeterId, Source, WindowLength};
use gateway::domain::responses::error::UpstreamError;
use gateway::domain::routing::affinity::{ConversationKey, Homes};
use gateway::domain::routing::decide::{AccountSnapshot, Availability, Plan, PoolSnapshot, decide};
use gateway::domain::routing::failover::{Cause, Failure, Next, Verdict, classify};
use gateway::domain::routing::health::{BlockReason, Failed, Gate, Health};
use gateway::domain::routing::incident::Incidents;
use gateway::domain::routing::rotation::Rotation;
use std::collections::{HashMap, VecDeque};

/// Histories of one run.
const HISTORIES: u64 = 1_000;
/// Steps of one history.
const STEPS: usize = 120;
const MODELS: [&str; 2] = ["large", "small"];
/// A window that is used up, in hundredths of a percent.
const FULL: u32 = 10_000;
/// An account that was left alone has its turn again after so many rounds of its pool.
const ROUNDS: usize = 3;

/// Splitmix: the same numbers for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to `below - 1`.
    fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() % (below.max(1) as u64)).unwrap()
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn span(&mut self, from_ms: usize, to_ms: usize) -> TimeDelta {
        TimeDelta::milliseconds(i64::try_from(from_ms + self.below(to_ms - from_ms)).unwrap())
    }
}

/// What an account does to whoever asks it, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Connection,
    Timeout,
    Server,
    Page,
    Empty,
    Broken,
    Overload,
    Rate,
    Payment,
    Forbidden,
    Spend,
    NoSuchModel,
}

const TROUBLES: [Trouble; 12] = [
    Trouble::Connection,
    Trouble::Timeout,
    Trouble::Server,
    Trouble::Page,
    Trouble::Empty,
    Trouble::Broken,
    Trouble::Overload,
    Trouble::Rate,
    Trouble::Payment,
    Trouble::Forbidden,
    Trouble::Spend,
    Trouble::NoSuchModel,
];

impl Trouble {
    fn failure(self, wait: f64) -> Failure {
        let http = |status, wait, body: &str| {
            Failure::Refused(UpstreamError::from_http(status, wait, body.as_bytes()))
        };
        match self {
            Self::Connection => Failure::Connection("refused".into()),
            Self::Timeout => Failure::Timeout,
            Self::Server => http(502, None, ""),
            Self::Page => http(403, None, "<html>"),
            Self::Empty => Failure::EmptyCompletion,
            Self::Broken => Failure::EndedEarly,
            Self::Overload => http(503, None, r#"{"error":{"code":"server_is_overloaded"}}"#),
            Self::Rate => http(429, Some(wait), r#"{"error":{"code":"rate_limit_exceeded"}}"#),
            Self::Payment => http(402, None, r#"{"detail":{"code":"deactivated_workspace"}}"#),
            Self::Forbidden => http(403, None, r#"{"detail":"Forbidden"}"#),
            Self::Spend => http(429, None, r#"{"error":{"code":"insufficient_quota"}}"#),
            Self::NoSuchModel => http(
                400,
                None,
                r#"{"detail":"The 'x' model is not supported when using Codex with a ChatGPT account."}"#,
            ),
        }
    }
}

/// One account: how it is, and what the engine knows of it.
struct Account {
    id: ProviderId,
    name: String,
    member: bool,
    availability: Availability,
    trouble: Option<(Trouble, DateTime<Utc>)>,
    /// Of its five hours, in hundredths of a percent.
    used: u32,
    resets_at: DateTime<Utc>,
    /// Of one answer.
    cost: u32,

    health: Health,
    evidence: Evidence,
    ledger: Ledger,
    /// It was told that nothing is left, until then.
    told_out: Option<DateTime<Utc>>,
    /// The figures that it told of the present window.
    told: Vec<(DateTime<Utc>, u32)>,
    /// Decisions since it was first, while it could serve in all of them.
    waited: usize,
    /// Requests of conversations that live on it: it is ahead by so many turns.
    ahead: usize,
}

/// A request on its way.
struct Open {
    account: usize,
    model: &'static str,
    began: DateTime<Utc>,
    probes: bool,
    rest: VecDeque<(usize, bool)>,
    conversation: Option<ConversationKey>,
}

struct World {
    chance: Chance,
    now: DateTime<Utc>,
    /// The latest time that the clock has shown. While it shows an earlier one, news seem older than what is known: an
    /// account may be asked once more, and its refusal is a lease.
    latest: DateTime<Utc>,
    strategy: Strategy,
    stays: bool,
    accounts: Vec<Account>,
    rotation: Rotation,
    homes: Homes,
    incidents: Incidents,
    open: Vec<Open>,
    /// Where each conversation was served first.
    expected_homes: HashMap<ConversationKey, ProviderId>,
    loud: bool,
}

fn five_hours() -> WindowLength {
    WindowLength::from_seconds(18_000).unwrap()
}

impl World {
    fn new(seed: u64, loud: bool) -> Self {
        let mut chance = Chance(seed);
        // Mostly small pools: more of what happens concerns the same accounts.
        let count = 1 + if chance.percent(5) { chance.below(50) } else { chance.below(8) };
        let start = DateTime::from_timestamp(1_795_300_000, 0).unwrap();
        let strategies =
            [Strategy::PrimaryFirst, Strategy::PriorityOrder, Strategy::RoundRobin, Strategy::QuotaAware];
        let accounts = (0..count)
            .map(|n| Account {
                id: ProviderId(uuid::Uuid::from_u128(n as u128 + 1)),
                name: format!("a{n}"),
                member: true,
                availability: Availability::Ready,
                trouble: None,
                used: u32::try_from(chance.below(9_000)).unwrap(),
                resets_at: start + chance.span(60_000, 18_000_000),
                cost: [0, 50, 300, 2_500][chance.below(4)],
                health: Health::default(),
                evidence: Evidence::default(),
                ledger: Ledger::default(),
                told_out: None,
                told: Vec::new(),
                waited: 0,
                ahead: 0,
            })
            .collect();
        Self {
            strategy: strategies[chance.below(4)],
            stays: chance.percent(50),
            rotation: Rotation::new(chance.below(1_000)),
            homes: Homes::new(TimeDelta::minutes(60), 1_000),
            incidents: Incidents::default(),
            open: Vec::new(),
            expected_homes: HashMap::new(),
            now: start,
            latest: start,
            accounts,
            chance,
            loud,
        }
    }

    #[expect(clippy::print_stdout, reason = "a history that failed is read")]
    fn say(&self, text: impl FnOnce() -> String) {
        if self.loud {
            println!("{} {}", self.now.format("%H:%M:%S%.3f"), text());
        }
    }

    fn step(&mut self) {
        // No two things happen in the same instant.
        self.now += TimeDelta::microseconds(17);
        match self.chance.below(100) {
            0..45 => self.request(),
            45..78 => self.finish(),
            78..84 => self.trouble(),
            84..86 => self.membership(),
            86..88 => self.availability(),
            88..90 => self.poll(),
            _ => self.time_goes_by(),
        }
        self.latest = self.latest.max(self.now);
        self.what_must_hold();
    }

    fn time_goes_by(&mut self) {
        let by = match self.chance.below(20) {
            0..2 => -self.chance.span(1, 5_000),
            2..10 => self.chance.span(1, 2_000),
            10..16 => self.chance.span(1_000, 30_000),
            16..19 => self.chance.span(30_000, 900_000),
            _ => self.chance.span(900_000, 20_000_000),
        };
        self.now += by;
        self.say(|| format!("the clock goes on by {by}"));
        let now = self.now;
        for account in &mut self.accounts {
            account.roll(now);
        }
    }

    fn trouble(&mut self) {
        let trouble = TROUBLES[self.chance.below(TROUBLES.len())];
        // Sometimes it is everybody's.
        let everybody = self.chance.percent(15);
        let until = self.now + self.chance.span(500, 400_000);
        let one = self.chance.below(self.accounts.len());
        for (at, account) in self.accounts.iter_mut().enumerate() {
            if everybody || at == one {
                account.trouble = Some((trouble, until));
            }
        }
        let who = if everybody { "everybody".into() } else { self.accounts[one].name.clone() };
        self.say(|| format!("{who}: {trouble:?} until {until}"));
    }

    fn membership(&mut self) {
        let at = self.chance.below(self.accounts.len());
        let members = self.accounts.iter().filter(|account| account.member).count();
        let account = &mut self.accounts[at];
        account.member = !account.member || members == 1;
        account.waited = 0;
        let ids: Vec<ProviderId> = self.accounts.iter().filter(|a| a.member).map(|a| a.id).collect();
        if self.rotation.len() > 2 * ids.len() {
            self.rotation.retain(|id| ids.contains(&id));
        }
        self.say(|| {
            format!("{} {}", self.accounts[at].name, if self.accounts[at].member { "is in" } else { "left" })
        });
    }

    fn availability(&mut self) {
        let states =
            [Availability::Ready, Availability::Ready, Availability::Disabled, Availability::NeedsReauth];
        let (at, state) = (self.chance.below(self.accounts.len()), states[self.chance.below(4)]);
        self.accounts[at].availability = state;
        self.say(|| format!("{} is {state:?}", self.accounts[at].name));
    }

    /// The usage endpoint is asked, once a window was reset by hand; what it says can release the account early.
    fn poll(&mut self) {
        let (at, now) = (self.chance.below(self.accounts.len()), self.now);
        let bought = self.chance.percent(50);
        let account = &mut self.accounts[at];
        // One that has only begun cannot be told from its successor.
        if bought && self.latest <= now && account.resets_at < now + TimeDelta::minutes(290) {
            account.used = 0;
            account.resets_at = now + TimeDelta::hours(5);
            account.told.clear();
        }
        account.hear(Source::UsageApi, now, self.latest <= now);
        let is_free = matches!(account.readiness(MODELS[0], now), Readiness::Available { .. });
        if is_free {
            account.told_out = None;
        }
        self.say(|| format!("{} was polled, free: {is_free}", self.accounts[at].name));
    }

    fn members(&self) -> Vec<usize> {
        (0..self.accounts.len()).filter(|at| self.accounts[*at].member).collect()
    }

    fn request(&mut self) {
        let model = MODELS[usize::from(self.chance.percent(20))];
        let key = self.chance.percent(60).then(|| ConversationKey(self.chance.below(6) as u128));
        let now = self.now;
        let members = self.members();
        let home = key.and_then(|key| self.homes.get(key, now)).filter(|_| self.stays);
        let place = |id: ProviderId| members.iter().position(|at| self.accounts[*at].id == id);
        let snapshot = PoolSnapshot {
            strategy: self.strategy,
            accounts: members.iter().map(|at| self.accounts[*at].snapshot(model, now)).collect(),
            home: home.and_then(|home| place(home.home)),
            last: home.and_then(|home| place(home.last)),
            primary: 0,
            bound: false,
        };
        let plan = decide(&snapshot, &mut self.rotation, now);
        self.check_plan(&snapshot, &plan, &members, model);
        let lives = snapshot.home.is_some() || snapshot.last.is_some();
        drop(snapshot);
        let ready = &plan.attempts[..plan.last_resort_from];
        for (place, at) in members.iter().enumerate() {
            let account = &mut self.accounts[*at];
            // A conversation that stays at home passes the others by, and is a turn of its account.
            if ready.first() == Some(&place) || !lives && !ready.contains(&place) {
                account.waited = 0;
                account.ahead += usize::from(lives && ready.contains(&place));
            } else if !lives {
                account.waited += 1;
            }
            assert!(
                self.strategy != Strategy::RoundRobin
                    || account.waited <= (ROUNDS + account.ahead) * members.len(),
                "{} starves: passed by {} times among {}",
                account.name,
                account.waited,
                members.len()
            );
        }
        let last_resort = plan.last_resort_from;
        let rest =
            plan.attempts.iter().enumerate().map(|(n, place)| (members[*place], n >= last_resort)).collect();
        self.say(|| format!("a request for {model}: {:?}, {:?}", plan.attempts, plan.why));
        self.go_on(model, rest, key);
    }

    /// The attempt loop of `app::gateway`, up to the next attempt.
    fn go_on(
        &mut self,
        model: &'static str,
        mut rest: VecDeque<(usize, bool)>,
        conversation: Option<ConversationKey>,
    ) {
        while let Some((account, last_resort)) = rest.pop_front() {
            self.now += TimeDelta::microseconds(3);
            let began = self.now;
            let asked = &mut self.accounts[account];
            if asked.evidence.exhaustion(model, began).is_some() {
                continue;
            }
            let gate = asked.health.gate(model, began);
            match asked.health.begin(model, last_resort, began) {
                Err(Gate::Shut { soft: true, .. }) => rest.push_back((account, true)),
                Err(_) => {}
                Ok(probes) => {
                    assert_eq!(probes, gate == Gate::Probe);
                    self.check_attempt(account, model, last_resort);
                    self.open.push(Open { account, model, began, probes, rest, conversation });
                    return;
                }
            }
        }
    }

    /// One of the requests on their way hears something.
    fn finish(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let at = self.chance.below(self.open.len());
        let open = self.open.swap_remove(at);
        let now = self.now;
        if self.chance.percent(4) {
            // The client hung up.
            if open.probes {
                self.accounts[open.account].health.end_probe(open.began);
            }
            return;
        }
        let wait = f64::from(u32::try_from(self.chance.below(20)).unwrap());
        let by_chance = self.chance.percent(6).then(|| TROUBLES[self.chance.below(8)]);
        let account = &mut self.accounts[open.account];
        account.roll(now);
        account.trouble = account.trouble.filter(|(_, until)| now < *until);
        if account.used >= FULL {
            let resets_at = account.resets_at.timestamp();
            let body = format!(
                r#"{{"error":{{"type":"usage_limit_reached","resets_at":{resets_at},"limit_window_minutes":300}}}}"#
            );
            let told = DateTime::from_timestamp(resets_at, 0).filter(|at| *at > now);
            account.evidence.join(Evidence::of_refusal(LimitRefusal {
                at: now,
                model: open.model.into(),
                meter: None,
                length: Some(five_hours()),
                until: told,
            }));
            account.told_out = told.filter(|_| self.latest <= now);
            let failure = Failure::Refused(UpstreamError::from_http(429, None, body.as_bytes()));
            self.failed(open, &failure, told, None);
        } else if let Some(trouble) = account.trouble.map(|(trouble, _)| trouble).or(by_chance) {
            let failure = trouble.failure(wait);
            let retry_after = match &failure {
                Failure::Refused(error) => error.retry_after_seconds,
                _ => None,
            };
            #[expect(clippy::cast_possible_truncation, reason = "some seconds")]
            let retry_after = retry_after.map(|seconds| TimeDelta::milliseconds((seconds * 1e3) as i64));
            self.failed(open, &failure, None, retry_after);
        } else {
            self.served(&open);
        }
    }

    fn failed(
        &mut self,
        open: Open,
        failure: &Failure,
        resets_at: Option<DateTime<Utc>>,
        retry_after: Option<TimeDelta>,
    ) {
        let now = self.now;
        let Verdict { cause, next, .. } = classify(failure);
        assert_ne!(cause, Cause::Client, "{failure:?}");
        assert_eq!(next, Next::MoveOn);
        let account = &mut self.accounts[open.account];
        let incident = self.incidents.failed(account.id, cause, now);
        let failed = Failed {
            model: open.model,
            verdict: classify(failure),
            message: "",
            began: open.began,
            resets_at,
            retry_after,
            incident,
            unlisted: false,
        };
        account.health.failed(&failed, now);
        if incident {
            account.health.pardon();
        }
        self.say(|| format!("{} failed: {cause:?}, incident: {incident}", self.accounts[open.account].name));
        self.go_on(open.model, open.rest, open.conversation);
    }

    fn served(&mut self, open: &Open) {
        let now = self.now;
        let account = &mut self.accounts[open.account];
        account.health.answers(open.model, open.began);
        account.used += account.cost;
        account.hear(Source::Header, now, self.latest <= now);
        account.health.succeeded(now);
        self.incidents.succeeded(account.id, now);
        let by = account.id;
        self.say(|| format!("{} served", self.accounts[open.account].name));
        if let Some(key) = open.conversation {
            let members: Vec<ProviderId> = self.accounts.iter().filter(|a| a.member).map(|a| a.id).collect();
            let lives = self.homes.get(key, now).is_some_and(|home| members.contains(&home.home));
            if !lives {
                self.expected_homes.insert(key, by);
            }
            self.homes.served(key, by, |id| members.contains(&id), now);
            assert_eq!(
                self.homes.get(key, now).map(|home| home.home),
                self.expected_homes.get(&key).copied(),
                "a loan does not move a conversation"
            );
        }
    }

    fn check_plan(&self, pool: &PoolSnapshot<'_>, plan: &Plan, members: &[usize], model: &str) {
        let now = self.now;
        let mut all: Vec<usize> =
            plan.attempts.iter().copied().chain(plan.excluded.iter().map(|e| e.index)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..members.len()).collect::<Vec<_>>(), "a plan partitions the pool");
        let (ready, soft) = plan.attempts.split_at(plan.last_resort_from);
        for (place, at) in members.iter().enumerate() {
            let account = &self.accounts[*at];
            let name = &account.name;
            let of_model = |m: &Option<String>| m.as_deref().is_none_or(|m| m == model);
            let blocks: Vec<_> =
                account.health.blocks().iter().filter(|b| of_model(&b.model) && now < b.until).collect();
            let is_hard = blocks.iter().any(|block| !block.reason.is_soft());
            let out = matches!(pool.accounts[place].quota, Readiness::Exhausted { .. });
            let is_up = account.availability == Availability::Ready;
            let ended = account.health.blocks().iter().any(|b| of_model(&b.model) && now >= b.until);
            let probed = ended && self.probes(*at) > 0;
            if ready.contains(&place) {
                assert!(is_up && blocks.is_empty() && !out, "{name} can't serve: {blocks:?}, out: {out}");
                assert!(!probed, "{name} is being probed");
            } else if soft.contains(&place) {
                assert!(is_up && !is_hard && !out, "{name} is no last resort: {blocks:?}");
                assert!(!blocks.is_empty() || probed, "{name} can serve at once");
            } else {
                assert!(!is_up || is_hard || out, "{name} is left out without a reason");
            }
        }
        for excluded in &plan.excluded {
            assert!(excluded.until.is_none_or(|until| now < until), "{excluded:?} is over at {now}");
        }
        let rotates = matches!(self.strategy, Strategy::RoundRobin | Strategy::QuotaAware);
        if let Some(home) = pool.home.filter(|home| rotates && ready.contains(home)) {
            assert_eq!(plan.attempts[0], home, "a conversation comes back home");
        }
    }

    /// Probes of an account that somebody still waits for.
    fn probes(&self, account: usize) -> usize {
        let now = self.now;
        let probes = self.open.iter().filter(|open| open.probes && open.account == account);
        probes.filter(|open| now - open.began < TimeDelta::seconds(60)).count()
    }

    fn check_attempt(&self, account: usize, model: &str, last_resort: bool) {
        let (asked, now) = (&self.accounts[account], self.now);
        for block in asked.health.blocks() {
            let concerns = now < block.until && block.model.as_deref().is_none_or(|m| m == model);
            assert!(!concerns || last_resort && block.reason.is_soft(), "{} is asked, {block:?}", asked.name);
        }
        if let Some(until) = asked.told_out {
            assert!(now >= until, "{} is asked at {now}, used up until {until}", asked.name);
        }
    }

    fn what_must_hold(&mut self) {
        let now = self.now;
        for (at, account) in self.accounts.iter().enumerate() {
            for block in account.health.blocks() {
                let most = match block.reason {
                    BlockReason::Failing | BlockReason::Forbidden => TimeDelta::minutes(5),
                    BlockReason::Overload => TimeDelta::minutes(2),
                    BlockReason::RateLimit => TimeDelta::minutes(10),
                    BlockReason::SpendLimit
                    | BlockReason::NotIncluded
                    | BlockReason::PaymentRequired
                    | BlockReason::ModelNotInPlan => TimeDelta::hours(1),
                };
                assert!(
                    block.until > block.since && block.until - block.since <= most,
                    "no lease: {block:?}"
                );
            }
            // A probe that nobody waits for any more is young again on a clock that was set back.
            let probes = if self.latest <= now { self.probes(at) } else { 0 };
            assert!(probes <= 1, "{} is probed more than once at a time", account.name);
        }
        if self.latest <= now {
            let at = self.chance.below(self.accounts.len());
            self.accounts[at].check_quota(now);
        }
    }

    /// Everything is well again, and all leases have ended: everybody serves.
    fn heal(mut self) {
        self.now += TimeDelta::hours(6);
        self.open.clear();
        let now = self.now;
        for account in &mut self.accounts {
            account.trouble = None;
            account.availability = Availability::Ready;
            account.cost = 0;
            account.roll(now);
        }
        self.stays = false;
        let members = self.members();
        let mut served = vec![0_usize; self.accounts.len()];
        for _ in 0..6 * members.len() {
            self.now += TimeDelta::microseconds(17);
            let now = self.now;
            let snapshot = PoolSnapshot {
                strategy: self.strategy,
                accounts: members.iter().map(|at| self.accounts[*at].snapshot(MODELS[0], now)).collect(),
                home: None,
                last: None,
                primary: 0,
                bound: false,
            };
            let plan = decide(&snapshot, &mut self.rotation, now);
            self.check_plan(&snapshot, &plan, &members, MODELS[0]);
            assert_eq!(plan.last_resort_from, members.len(), "{:?}", plan.excluded);
            drop(snapshot);
            let first = members[plan.attempts[0]];
            served[first] += 1;
            let account = &mut self.accounts[first];
            account.health.begin(MODELS[0], false, now).unwrap();
            account.health.answers(MODELS[0], now);
            account.health.succeeded(now);
            assert_eq!(account.health.gate(MODELS[0], now), Gate::Open, "its first good answer frees it");
        }
        match self.strategy {
            Strategy::RoundRobin => {
                // Six rounds, in which whoever is ahead lets the others pass.
                let ahead: usize = self.accounts.iter().map(|account| account.ahead).sum();
                for at in members {
                    let least = 4_usize.saturating_sub(self.accounts[at].ahead);
                    assert!((least..=8 + ahead).contains(&served[at]), "{served:?}");
                }
            }
            Strategy::PrimaryFirst | Strategy::PriorityOrder => {
                assert_eq!(served[members[0]], 6 * members.len(), "the first in order");
            }
            Strategy::QuotaAware => {}
        }
    }
}

impl Account {
    fn snapshot(&self, model: &str, now: DateTime<Utc>) -> AccountSnapshot<'_> {
        AccountSnapshot {
            id: self.id,
            name: &self.name,
            availability: self.availability,
            gate: self.health.gate(model, now),
            busy: false,
            quota: self.readiness(model, now),
            lists_model: None,
        }
    }

    fn readiness(&self, model: &str, now: DateTime<Utc>) -> Readiness {
        readiness(&self.evidence, &self.ledger, None, model, now)
    }

    /// A window that has ended is followed by the next.
    fn roll(&mut self, now: DateTime<Utc>) {
        while self.resets_at <= now {
            self.used = 0;
            self.resets_at += TimeDelta::hours(5);
            self.told.clear();
        }
        self.told_out = self.told_out.filter(|until| now < *until);
    }

    /// It says how much is used. `is_news`: the clock was not set back below what is known.
    fn hear(&mut self, source: Source, now: DateTime<Utc>, is_news: bool) {
        let resets_at = DateTime::from_timestamp(self.resets_at.timestamp(), 0);
        let window = WindowReading { length: five_hours(), used: self.used, resets_at };
        let is_poll = source == Source::UsageApi;
        let is_out = self.used >= FULL;
        self.evidence.join(Evidence::of(&Observation {
            at: now,
            source,
            plan: None,
            meters: vec![MeterReading {
                meter: MeterId::main(),
                name: None,
                windows: vec![window],
                allowed: is_poll.then_some(!is_out),
                limit_reached: is_poll.then_some(is_out),
                spent: None,
            }],
            credits: None,
            reset_credits: None,
            models: Vec::new(),
        }));
        self.told.push((now, self.used));
        if is_out {
            self.told_out = resets_at.filter(|_| is_news);
        }
    }

    /// What is left is what was told to be left: not what is used, nothing of another window, nothing made up.
    fn check_quota(&self, now: DateTime<Utc>) {
        let Readiness::Available { headroom } = self.readiness(MODELS[0], now) else { return };
        for room in &headroom.windows {
            assert!((0.0..=1.0).contains(&room.remaining));
            let newest = self.told.iter().max_by_key(|(at, _)| *at).map(|(_, used)| *used);
            let most = self.told.iter().map(|(_, used)| *used).max();
            let (Some(newest), Some(most)) = (newest, most) else { continue };
            let left = |used: u32| (1.0 - f64::from(used) / f64::from(FULL)).max(0.0);
            let range = left(most) - 1e-9..=left(newest) + 1e-9;
            assert!(
                range.contains(&room.remaining),
                "{}: {} is left, told were {:?}",
                self.name,
                room.remaining,
                self.told
            );
        }
    }
}

fn run(seed: u64, loud: bool) {
    let mut world = World::new(seed, loud);
    for _ in 0..STEPS {
        world.step();
    }
    world.heal();
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[test]
fn whatever_happens_the_pool_keeps_its_promises() {
    if let Some(seed) = setting("GATEWAY_TEST_SIM_SEED") {
        return run(seed, true);
    }
    for seed in 0..setting("GATEWAY_TEST_SIM_HISTORIES").unwrap_or(HISTORIES) {
        let ran = std::panic::catch_unwind(|| run(seed, false));
        assert!(ran.is_ok(), "history {seed} failed; alone: GATEWAY_TEST_SIM_SEED={seed}");
    }
}
