//! Requests of then under the strategies of now.

use super::*;
use crate::domain::pool::config::Strategy;
use crate::domain::quota::readiness::{Headroom, WindowRoom};
use crate::domain::quota::window::WindowKind;
use proptest::prelude::*;
use std::sync::Arc;

const NAMES: [&str; 3] = ["owner", "b", "c"];

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_300_000, 0).expect("a time") + TimeDelta::minutes(minutes)
}

fn accounts() -> Vec<(ProviderId, &'static str)> {
    NAMES.iter().zip(1..).map(|(name, n)| (ProviderId(uuid::Uuid::from_u128(n)), *name)).collect()
}

fn past(minute: i64, conversation: Option<u128>, served: usize) -> Past {
    Past {
        at: at(minute),
        conversation: conversation.map(ConversationKey),
        excluded: Vec::new(),
        troubled: Vec::new(),
        failed: Vec::new(),
        served: Some(served),
        quota: vec![Readiness::Unknown; 3],
    }
}

fn told(strategy: Strategy, primary: usize, requests: &[Past]) -> Replayed {
    let accounts = accounts();
    let rules = Rules {
        strategy,
        affinity: Affinity::Conversation,
        accounts: &accounts,
        primary,
        conversation_ttl: TimeDelta::hours(1),
    };
    replay(&rules, requests)
}

#[test]
fn turns_are_taken_by_all_and_an_order_asks_the_first() {
    let requests: Vec<Past> = (0..9).map(|n| past(n, None, 0)).collect();
    let in_turn = told(Strategy::RoundRobin, 0, &requests);
    assert_eq!(in_turn.served, [(9, 3), (0, 3), (0, 3)]);
    assert_eq!((in_turn.moved, in_turn.unserved), (6, 0));
    let first = told(Strategy::PrimaryFirst, 0, &requests);
    assert_eq!((first.served, first.moved), (vec![(9, 9), (0, 0), (0, 0)], 0));
    let primary = told(Strategy::PriorityOrder, 2, &requests);
    assert_eq!((primary.served, primary.moved), (vec![(9, 0), (0, 0), (0, 9)], 9));
}

#[test]
fn a_conversation_stays_together_also_in_another_order() {
    let requests: Vec<Past> = (0..12_u8).map(|n| past(n.into(), Some(u128::from(n / 4)), 0)).collect();
    assert_eq!(told(Strategy::RoundRobin, 0, &requests).served, [(12, 4), (0, 4), (0, 4)]);
}

#[test]
fn who_was_left_out_or_failed_then_is_not_asked_now() {
    let mut out = past(0, None, 1);
    out.excluded = vec![0];
    out.failed = vec![2];
    let mut nobody = past(1, None, 0);
    nobody.served = None;
    nobody.failed = vec![0, 1, 2];
    let mut trouble = past(2, None, 1);
    trouble.troubled = vec![0];
    let told = told(Strategy::PrimaryFirst, 0, &[out, nobody, trouble]);
    assert_eq!(told, Replayed { served: vec![(0, 0), (2, 2), (0, 0)], moved: 0, unserved: 1 });
}

#[test]
fn the_quota_of_then_decides_where_the_strategy_goes_by_it() {
    let headroom = |remaining| {
        let room = WindowRoom {
            kind: WindowKind::Weekly,
            length: TimeDelta::days(7),
            remaining,
            resets_at: Some(at(1_440)),
        };
        Readiness::Available { headroom: Arc::new(Headroom { windows: vec![room], capacity: 1.0 }) }
    };
    let mut request = past(0, None, 0);
    request.quota = vec![headroom(0.2), headroom(0.9), headroom(0.3)];
    assert_eq!(told(Strategy::QuotaAware, 0, &[request]).served, [(1, 0), (0, 1), (0, 0)]);
}

proptest! {
    #[test]
    fn every_request_is_counted_once(
        requests in prop::collection::vec((prop::option::of(0..4_u128), prop::collection::vec(0..3_usize, 0..3),
            prop::collection::vec(0..3_usize, 0..3), prop::option::of(0..3_usize)), 0..40),
        strategy in 0..4_usize, primary in 0..3_usize,
    ) {
        let requests: Vec<Past> = requests.into_iter().zip(0..).map(|((key, excluded, failed, served), minute)| Past {
            excluded, failed, served, ..past(minute, key, 0)
        }).collect();
        let told = told(Strategy::ALL[strategy], primary, &requests);
        let (actual, simulated): (u32, u32) =
            told.served.iter().fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
        let count = |n: usize| u32::try_from(n).expect("few");
        prop_assert_eq!(simulated + told.unserved, count(requests.len()));
        prop_assert_eq!(actual, count(requests.iter().filter(|r| r.served.is_some()).count()));
        prop_assert!(told.moved <= simulated.min(actual));
    }
}
