//! The strategies of the reference as a table of scripted situations.

use super::*;
use crate::domain::pool::config::Strategy;
use crate::domain::quota::readiness::{Headroom, WindowRoom};
use crate::domain::quota::window::WindowKind;
use chrono::TimeDelta;
use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

const NAMES: [&str; 6] = ["owner", "b", "c", "d", "e", "f"];

fn now() -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1000)
}

fn in_seconds(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

fn id(index: usize) -> ProviderId {
    ProviderId(uuid::Uuid::from_u128(index as u128 + 1))
}

/// What an account can be in: one word each.
fn account(index: usize, state: &str) -> AccountSnapshot<'static> {
    let shut = |reason, seconds, told, soft| Gate::Shut { reason, until: in_seconds(seconds), told, soft };
    let used_up =
        |seconds| Readiness::Exhausted { until: Some(in_seconds(seconds)), window: WindowKind::FiveHour };
    let ready = AccountSnapshot {
        id: id(index),
        name: NAMES[index],
        availability: Availability::Ready,
        gate: Gate::Open,
        busy: false,
        quota: Readiness::Unknown,
        lists_model: None,
    };
    match state {
        "ready" => ready,
        "probe" => AccountSnapshot { gate: Gate::Probe, ..ready },
        "disabled" => AccountSnapshot { availability: Availability::Disabled, ..ready },
        "draining" => AccountSnapshot { availability: Availability::Draining, ..ready },
        "signed out" => AccountSnapshot { availability: Availability::SignedOut, ..ready },
        "reauth" => AccountSnapshot { availability: Availability::NeedsReauth, ..ready },
        "exhausted" => AccountSnapshot { quota: used_up(7000), ..ready },
        "paused" => AccountSnapshot { gate: shut(BlockReason::RateLimit, 5, true, false), ..ready },
        "failing" => AccountSnapshot { gate: shut(BlockReason::Failing, 15, false, true), ..ready },
        "overloaded" => AccountSnapshot { gate: shut(BlockReason::Overload, 120, false, true), ..ready },
        "busy" => AccountSnapshot { busy: true, ..ready },
        "lacks model" => AccountSnapshot { lists_model: Some(false), ..ready },
        "has model" => AccountSnapshot { lists_model: Some(true), ..ready },
        "nearly back" => AccountSnapshot { quota: used_up(60), ..ready },
        "without credits" => {
            AccountSnapshot { gate: shut(BlockReason::SpendLimit, 3600, false, false), ..ready }
        }
        other => panic!("{other}"),
    }
}

fn pool(strategy: Strategy, states: &[&str]) -> PoolSnapshot<'static> {
    let accounts = states.iter().enumerate().map(|(i, state)| account(i, state)).collect();
    PoolSnapshot { strategy, accounts, primary: 0, home: None, last: None, bound: false }
}

fn plan(pool: &PoolSnapshot<'_>) -> Plan {
    decide(pool, &mut Rotation::new(0), now())
}

fn names(pool: &PoolSnapshot<'_>, plan: &Plan) -> String {
    plan.attempts.iter().map(|index| pool.accounts[*index].name).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_strategies_of_the_reference_behave_as_it_says() {
    use Strategy::{PrimaryFirst, PriorityOrder};
    #[rustfmt::skip]
    let table: &[(Strategy, &[&str], &str, Why)] = &[
        // the owner while it can serve; extras only on failure
        (PrimaryFirst,  &["ready", "ready", "ready"],        "owner b c", Why::Owner),
        (PrimaryFirst,  &["exhausted", "ready", "ready"],    "b c",       Why::Next),
        (PrimaryFirst,  &["probe", "ready"],                 "owner b",   Why::Owner),
        (PrimaryFirst,  &["ready"],                          "owner",     Why::Only),
        // a disabled or signed-out owner does not take the pool down
        (PrimaryFirst,  &["disabled", "ready"],              "b",         Why::Next),
        (PrimaryFirst,  &["signed out", "ready"],            "b",         Why::Next),
        (PrimaryFirst,  &["reauth", "ready"],                "b",         Why::Next),
        // owner, then extras in order; the first that can serve
        (PriorityOrder, &["ready", "ready", "ready"],        "owner b c", Why::Owner),
        (PriorityOrder, &["exhausted", "exhausted", "ready"], "c",        Why::Next),
        (PriorityOrder, &["nearly back", "ready", "ready"], "b c",       Why::Next),
        // an account that cannot serve is left out; one that may be able to is the last resort
        (PriorityOrder, &["failing", "ready", "paused"],     "b owner",   Why::Next),
        (PriorityOrder, &["overloaded", "failing"],          "b owner",   Why::LastResort),
        (PriorityOrder, &["busy", "ready"],                  "b",         Why::Next),
        (PriorityOrder, &["lacks model", "has model"],       "b",         Why::Next),
        (PriorityOrder, &["lacks model", "lacks model"],     "owner b",   Why::Owner),
        (PriorityOrder, &["exhausted", "reauth"],            "",          Why::Nobody),
    ];
    for (strategy, states, order, why) in table {
        let pool = pool(*strategy, states);
        let plan = plan(&pool);
        assert_eq!((names(&pool, &plan).as_str(), plan.why), (*order, *why), "{strategy:?} {states:?}");
    }
}

#[test]
fn every_exclusion_says_why_and_until_when() {
    let pool = pool(
        Strategy::PriorityOrder,
        &["disabled", "signed out", "reauth", "exhausted", "paused", "nearly back"],
    );
    let told: Vec<_> = plan(&pool).excluded.iter().map(|e| (e.reason, e.until)).collect();
    assert_eq!(
        told,
        [
            (ExclusionReason::Disabled, None),
            (ExclusionReason::SignedOut, None),
            (ExclusionReason::NeedsReauth, None),
            (ExclusionReason::Exhausted, Some(in_seconds(7000))),
            (ExclusionReason::CoolingDown, Some(in_seconds(5))),
            (ExclusionReason::Exhausted, Some(in_seconds(60))),
        ]
    );
}

#[test]
fn a_decision_is_described_in_words_and_by_codes() {
    let pool = pool(Strategy::PriorityOrder, &["disabled", "ready", "failing"]);
    let told = plan(&pool).describe(&pool);
    assert_eq!((&told["why"], &told["why_code"]), (&Why::Next.to_string().into(), &"next".into()));
    assert_eq!((&told["attempts"][0], &told["last_resort"][0]), (&"b".into(), &"c".into()));
    assert_eq!(told["excluded"][0]["reason"], "disabled");
    assert_eq!(serde_json::to_value(Why::LastResort).ok(), Some("last_resort".into()));
}

/// Eight users, three accounts, 600 requests: each account within 2 %.
#[test]
fn round_robin_is_fair() {
    let mut rotation = Rotation::new(7);
    let mut served = [0_i32; 3];
    for _request in 0..600 {
        let pool = pool(Strategy::RoundRobin, &["ready", "ready", "ready"]);
        served[decide(&pool, &mut rotation, now()).attempts[0]] += 1;
    }
    for count in served {
        assert!((count - 200).abs() <= 4, "{served:?}");
    }
}

#[test]
fn round_robin_stays_fair_when_members_come_and_go() {
    let mut rotation = Rotation::new(1);
    let mut served = [0_i32; 4];
    // The second account fails for a third of the time: its turns go to all others, not to its neighbour.
    for request in 0..900 {
        let second = if (300..600).contains(&request) { "exhausted" } else { "ready" };
        let pool = pool(Strategy::RoundRobin, &["ready", second, "ready", "ready"]);
        served[decide(&pool, &mut rotation, now()).attempts[0]] += 1;
    }
    let others = [served[0], served[2], served[3]];
    assert!(others.iter().all(|n| (n - 250).abs() <= 3), "{served:?}");
    assert!((served[1] - 150).abs() <= 3, "it comes back without a burst: {served:?}");
    // A member that joins starts where the others are.
    let joined = |rotation: &mut Rotation| {
        let pool = pool(Strategy::RoundRobin, &["ready", "ready", "ready", "ready", "ready"]);
        decide(&pool, rotation, now()).attempts[0]
    };
    let turns: Vec<usize> = (0..50).map(|_| joined(&mut rotation)).collect();
    let news = turns.iter().filter(|index| **index == 4).count();
    assert!((9..=11).contains(&news), "{turns:?}");
}

/// Conversations of several turns stay, and the accounts are even all the same.
#[test]
fn conversations_that_stay_count_as_turns() {
    let mut rotation = Rotation::new(2);
    let mut served = [0_i32; 3];
    for _conversation in 0..90 {
        let mut home = None;
        for _turn in 0..3 {
            let ready = ["ready", "ready", "ready"];
            let pool = PoolSnapshot { home, last: home, ..pool(Strategy::RoundRobin, &ready) };
            let first = decide(&pool, &mut rotation, now()).attempts[0];
            served[first] += 1;
            home = Some(first);
        }
    }
    assert!(served.iter().all(|n| (n - 90).abs() <= 3), "{served:?}");
}

#[test]
fn processes_that_start_together_do_not_all_begin_with_the_same_account() {
    let firsts: std::collections::HashSet<usize> = (0..3)
        .map(|offset| {
            let pool = pool(Strategy::RoundRobin, &["ready", "ready", "ready"]);
            decide(&pool, &mut Rotation::new(offset), now()).attempts[0]
        })
        .collect();
    assert_eq!(firsts.len(), 3);
}

#[test]
fn a_conversation_stays_on_its_home_and_comes_back_from_a_loan() {
    let at_home = |states: &[&str], home, last| {
        let pool = PoolSnapshot { home, last, ..pool(Strategy::RoundRobin, states) };
        let plan = plan(&pool);
        (pool.accounts[plan.attempts[0]].name, plan.why)
    };
    let ready = ["ready", "ready", "ready"];
    assert_eq!(at_home(&ready, Some(2), Some(2)), ("c", Why::Home));
    assert_eq!(at_home(&ready, Some(2), Some(1)), ("c", Why::Home), "back from the loan");
    assert_eq!(at_home(&["ready", "ready", "exhausted"], Some(2), Some(1)), ("b", Why::Loan));
    assert_eq!(at_home(&["ready", "exhausted", "exhausted"], Some(2), Some(1)), ("owner", Why::Turn));
    // The reference's order is stronger than a home: heavy and light are kept apart.
    let ordered = PoolSnapshot { home: Some(1), last: Some(1), ..pool(Strategy::PriorityOrder, &ready) };
    assert_eq!(plan(&ordered).attempts[0], 0);
}

#[test]
fn a_compacted_conversation_goes_to_the_account_that_can_read_it_or_nowhere() {
    let bound = |states: &[&str]| {
        let pool =
            PoolSnapshot { home: Some(1), last: Some(1), bound: true, ..pool(Strategy::RoundRobin, states) };
        let plan = plan(&pool);
        (names(&pool, &plan), plan.excluded.len())
    };
    assert_eq!(bound(&["ready", "ready", "ready"]), ("b".into(), 2));
    assert_eq!(bound(&["ready", "exhausted", "ready"]), (String::new(), 3));
}

fn with_room(index: usize, remaining: f64, resets_in_hours: i64, capacity: f64) -> AccountSnapshot<'static> {
    let week = WindowRoom {
        kind: WindowKind::Weekly,
        length: TimeDelta::days(7),
        remaining,
        resets_at: Some(now() + TimeDelta::hours(resets_in_hours)),
    };
    let headroom = Headroom { windows: vec![week], capacity }.into();
    AccountSnapshot { quota: Readiness::Available { headroom }, ..account(index, "ready") }
}

fn aware(accounts: Vec<AccountSnapshot<'static>>) -> PoolSnapshot<'static> {
    PoolSnapshot { accounts, ..pool(Strategy::QuotaAware, &[]) }
}

#[test]
fn quota_aware_takes_what_would_lapse_and_spares_what_is_nearly_gone() {
    let first = |accounts: Vec<AccountSnapshot<'static>>| plan(&aware(accounts)).attempts[0];
    // Half left: with a day to go it would lapse, with six days to go it has to last.
    assert_eq!(first(vec![with_room(0, 0.5, 144, 1.0), with_room(1, 0.5, 24, 1.0)]), 1);
    assert_eq!(first(vec![with_room(0, 0.9, 144, 1.0), with_room(1, 0.2, 144, 1.0)]), 0);
    // Nearly nothing left is spared, though it would lapse.
    assert_eq!(first(vec![with_room(0, 0.01, 6, 1.0), with_room(1, 0.6, 144, 1.0)]), 1);
}

#[test]
fn quota_aware_rotates_accounts_that_are_nearly_equal_weighed_by_their_capacity() {
    let mut rotation = Rotation::new(0);
    let mut served = [0; 3];
    for _ in 0..300 {
        let accounts =
            vec![with_room(0, 0.80, 140, 1.0), with_room(1, 0.82, 140, 1.0), with_room(2, 0.1, 140, 1.0)];
        served[decide(&aware(accounts), &mut rotation, now()).attempts[0]] += 1;
    }
    assert!(served[0] >= 140 && served[1] >= 140 && served[2] == 0, "{served:?}");
    let mut served = [0; 2];
    for _ in 0..330 {
        let accounts = vec![with_room(0, 0.8, 140, 10.0), with_room(1, 0.8, 140, 1.0)];
        served[decide(&aware(accounts), &mut rotation, now()).attempts[0]] += 1;
    }
    assert!((served[0] - 300_i32).abs() <= 8, "a plan ten times as large gets ten times as much: {served:?}");
}

const STATES: [&str; 13] = [
    "ready",
    "probe",
    "disabled",
    "signed out",
    "reauth",
    "exhausted",
    "paused",
    "failing",
    "overloaded",
    "busy",
    "lacks model",
    "nearly back",
    "without credits",
];

proptest! {
    #[test]
    fn a_plan_partitions_the_pool(
        states in prop::collection::vec(0..STATES.len(), 1..6),
        strategy in prop::sample::select(Strategy::ALL.to_vec()),
        offset in 0..9usize,
        home in prop::option::of(0..6usize),
    ) {
        let states: Vec<&str> = states.into_iter().map(|n| STATES[n]).collect();
        let home = home.filter(|index| *index < states.len());
        let pool = PoolSnapshot { home, last: home, ..pool(strategy, &states) };
        let plan = decide(&pool, &mut Rotation::new(offset), now());
        let mut all: Vec<usize> = plan.attempts.iter().copied().chain(plan.excluded.iter().map(|e| e.index)).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..states.len()).collect::<Vec<_>>());
        for (place, index) in plan.attempts.iter().enumerate() {
            let soft = matches!(pool.accounts[*index].gate, Gate::Shut { soft: true, .. });
            let hard = matches!(pool.accounts[*index].gate, Gate::Shut { soft: false, .. });
            prop_assert!(!hard);
            prop_assert_eq!(soft, place >= plan.last_resort_from);
        }
        // Nobody can serve exactly when nobody is attempted.
        prop_assert_eq!(plan.why == Why::Nobody, plan.attempts.is_empty());
    }
}

#[test]
fn a_last_resort_has_something_left_and_the_model() {
    let mut pool = pool(Strategy::PrimaryFirst, &["failing", "failing", "failing", "has model"]);
    pool.accounts[0].quota = account(0, "nearly back").quota;
    pool.accounts[1].lists_model = Some(false);
    pool.accounts[2].lists_model = Some(true);
    let plan = plan(&pool);
    assert_eq!(names(&pool, &plan), "d c");
    let reasons: Vec<_> = plan.excluded.iter().map(|e| e.reason).collect();
    assert_eq!(reasons, [ExclusionReason::Exhausted, ExclusionReason::ModelNotInPlan]);
}

#[test]
fn an_account_that_drains_keeps_its_conversations_and_takes_nothing_else() {
    for strategy in Strategy::ALL {
        let states = ["ready", "draining"];
        let plan = |home, last, bound| {
            let pool = PoolSnapshot { home, last, bound, ..pool(strategy, &states) };
            decide(&pool, &mut Rotation::new(0), now())
        };
        let drained =
            |plan: &Plan| plan.excluded.iter().any(|e| e.index == 1 && e.reason == ExclusionReason::Draining);
        // Nothing new, and nothing that lives elsewhere; what is only on loan there goes home.
        for (home, last) in [(None, None), (Some(0), Some(0)), (Some(0), Some(1))] {
            let plan = plan(home, last, false);
            assert!(drained(&plan) && plan.attempts == [0], "{strategy:?} {home:?} {last:?}: {plan:?}");
        }
        let at_home = plan(Some(1), Some(1), false);
        assert!(!drained(&at_home) && at_home.attempts.contains(&1), "{strategy:?}: {at_home:?}");
        // Only it can read the conversation.
        assert_eq!(plan(None, Some(1), true).attempts, [1], "{strategy:?}");
    }
}

#[test]
fn the_primary_account_is_asked_first_where_there_is_an_order_and_the_reason_says_which_it_is() {
    for strategy in [Strategy::PrimaryFirst, Strategy::PriorityOrder] {
        for (primary, states, attempts, why) in [
            (0, ["ready", "ready", "ready"], vec![0, 1, 2], Why::Owner),
            (2, ["ready", "ready", "ready"], vec![2, 0, 1], Why::Primary),
            (2, ["ready", "ready", "exhausted"], vec![0, 1], Why::Next),
            (2, ["disabled", "ready", "exhausted"], vec![1], Why::Next),
            (1, ["disabled", "ready", "ready"], vec![1, 2], Why::Primary),
        ] {
            let pool = PoolSnapshot { primary, ..pool(strategy, &states) };
            let plan = decide(&pool, &mut Rotation::new(0), now());
            assert_eq!((plan.attempts, plan.why), (attempts, why), "{strategy:?} {primary} {states:?}");
        }
    }
}
