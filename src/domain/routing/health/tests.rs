use super::*;
use crate::domain::routing::failover::Next;
use proptest::prelude::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn failed(cause: Cause, began: i64) -> Failed<'static> {
    let fault = match cause {
        Cause::Client | Cause::ForeignContent => Fault::Client,
        _ => Fault::Upstream,
    };
    Failed {
        model: "m",
        verdict: Verdict { cause, fault, next: Next::MoveOn },
        message: "it broke",
        began: at(began),
        resets_at: None,
        retry_after: None,
        incident: false,
        unlisted: false,
    }
}

fn is_shut(health: &Health, second: i64) -> bool {
    matches!(health.gate("m", at(second)), Gate::Shut { .. })
}

#[test]
fn the_breaker_opens_half_opens_with_one_probe_doubles_and_closes() {
    let mut health = Health::default();
    for second in 0..5 {
        assert_eq!(health.gate("m", at(second)), Gate::Open);
        health.failed(&failed(Cause::ServerError, second), at(second));
    }
    // Open for 15 s, softly: as a last resort it may be asked.
    let shut = health.gate("m", at(5));
    assert!(
        matches!(shut, Gate::Shut { reason: BlockReason::Failing, soft: true, told: false, .. }),
        "{shut:?}"
    );
    assert!(is_shut(&health, 18));
    assert_eq!(health.gate("m", at(19)), Gate::Probe);
    health.begin_probe(at(19));
    assert!(is_shut(&health, 19), "one probe at a time");
    health.failed(&failed(Cause::ServerError, 19), at(20));
    assert!(is_shut(&health, 49), "30 s the second time");
    assert_eq!(health.gate("m", at(50)), Gate::Probe);
    health.begin_probe(at(50));
    assert_eq!(health.answers("m", at(50)).len(), 1);
    assert_eq!(health.gate("m", at(50)), Gate::Open);
    health.succeeded(at(51));
    assert_eq!(health.streak(), (0, None));
}

#[test]
fn a_planned_request_is_judged_anew_when_it_begins() {
    let mut health = Health::default();
    assert_eq!(health.begin("m", false, at(0)), Ok(false));
    for second in 0..5 {
        health.failed(&failed(Cause::ServerError, second), at(second));
    }
    assert!(health.begin("m", false, at(6)).is_err(), "the breaker opened since the decision");
    assert_eq!(health.begin("m", true, at(6)), Ok(false), "as a last resort");
    assert_eq!(health.begin("m", false, at(20)), Ok(true), "the probe");
    assert!(health.begin("m", false, at(20)).is_err(), "two were decided at the same time: one probes");
    let refused = Failed { resets_at: Some(at(9_000)), ..failed(Cause::SpendLimit, 20) };
    health.failed(&refused, at(21));
    assert!(health.begin("m", true, at(22)).is_err(), "spent is no matter of doubt");
}

#[test]
fn the_cool_down_of_the_breaker_is_never_longer_than_five_minutes() {
    let mut health = Health::default();
    let mut now = 0;
    for _ in 0..40 {
        health.failed(&failed(Cause::Timeout, now), at(now));
        if let Gate::Shut { until, .. } = health.gate("m", at(now)) {
            assert!(until - at(now) <= TimeDelta::minutes(5));
            now = (until - DateTime::<Utc>::UNIX_EPOCH).num_seconds();
        }
    }
    assert!(now > 300);
}

#[test]
fn an_account_without_credits_is_left_alone_until_the_upstreams_reset() {
    let mut health = Health::default();
    let limit = Failed { resets_at: Some(at(7000)), ..failed(Cause::SpendLimit, 0) };
    assert!(health.failed(&limit, at(1)).is_some());
    let gate = health.gate("any", at(6999));
    assert_eq!(
        gate,
        Gate::Shut { reason: BlockReason::SpendLimit, until: at(7000), told: true, soft: false },
        "for every model, and not even as a last resort"
    );
    assert_eq!(health.gate("any", at(7000)), Gate::Probe);
}

#[test]
fn the_good_end_of_a_request_that_began_before_the_block_lifts_nothing() {
    let mut health = Health::default();
    health.failed(&Failed { resets_at: Some(at(7000)), ..failed(Cause::SpendLimit, 5) }, at(6));
    assert!(health.answers("m", at(4)).is_empty());
    assert!(is_shut(&health, 7));
    assert_eq!(health.answers("m", at(8)).len(), 1, "a later one shows that it can serve");
    assert_eq!(health.gate("m", at(8)), Gate::Open);
}

#[test]
fn four_kinds_of_429_four_consequences() {
    let gate = |cause, resets_at: Option<i64>, wait: Option<i64>| {
        let mut health = Health::default();
        let failed = Failed {
            resets_at: resets_at.map(at),
            retry_after: wait.map(TimeDelta::seconds),
            ..failed(cause, 0)
        };
        health.failed(&failed, at(0));
        (health.gate("m", at(0)), health.gate("other", at(0)))
    };
    let shut = |reason, until, told, soft| Gate::Shut { reason, until: at(until), told, soft };
    assert_eq!(
        gate(Cause::UsageLimit, Some(900), None),
        (Gate::Open, Gate::Open),
        "it is kept with the quota's other evidence, by meter"
    );
    let rate = shut(BlockReason::RateLimit, 7, true, false);
    assert_eq!(gate(Cause::RateLimit, None, Some(7)), (rate, rate));
    assert_eq!(
        gate(Cause::Overload, None, None),
        (shut(BlockReason::Overload, 120, false, true), Gate::Open),
        "a property of the model on the account"
    );
    assert_eq!(gate(Cause::Client, None, None), (Gate::Open, Gate::Open), "the account is fine");
}

#[test]
fn what_a_plan_lacks_is_learnt_for_the_model_alone() {
    let mut health = Health::default();
    health.failed(&failed(Cause::ModelNotInPlan, 0), at(0));
    assert!(matches!(health.gate("m", at(1)), Gate::Shut { soft: false, .. }));
    assert_eq!(health.gate("other", at(1)), Gate::Open);
    assert_eq!(health.gate("m", at(3600)), Gate::Probe, "plans change");
    let mut health = Health::default();
    health.failed(&Failed { unlisted: true, ..failed(Cause::ModelNotInPlan, 0) }, at(0));
    assert!(health.is_clear(), "a name that nobody ever listed teaches nothing");
    for n in 0..1000 {
        let model = format!("model-{n}");
        health.failed(&Failed { model: &model, ..failed(Cause::Overload, 0) }, at(0));
    }
    assert!(health.blocks().len() <= 64, "clients choose the names");
}

#[test]
fn nobody_is_condemned_for_an_incident() {
    let mut health = Health::default();
    for second in 0..20 {
        health.failed(&Failed { incident: true, ..failed(Cause::ServerError, second) }, at(second));
    }
    assert_eq!(health.gate("m", at(20)), Gate::Open);
    assert_eq!(health.streak(), (20, Some(Cause::ServerError)));
}

#[test]
fn a_third_of_failures_by_chance_does_not_open_the_breaker() {
    let mut health = Health::default();
    for n in 0..600 {
        if n % 3 == 0 {
            health.failed(&failed(Cause::ServerError, n), at(n));
        } else {
            health.succeeded(at(n));
        }
        assert_eq!(health.gate("m", at(n)), Gate::Open);
    }
    for n in 600..611 {
        health.failed(&failed(Cause::ServerError, n), at(n));
    }
    assert!(is_shut(&health, 611));
}

#[test]
fn another_replicas_lease_is_taken_over_and_given_up_with_it() {
    let mut health = Health::default();
    let block = Block {
        model: None,
        reason: BlockReason::SpendLimit,
        since: at(10),
        until: at(500),
        told: true,
        opened: 0,
    };
    health.adopt(block.clone());
    health.adopt(Block { since: at(5), until: at(900), ..block });
    assert!(is_shut(&health, 499));
    assert_eq!(health.gate("m", at(500)), Gate::Probe, "the newer word counts");
    health.forget(None, BlockReason::SpendLimit, at(9));
    assert!(is_shut(&health, 499), "it was told of an older one");
    health.forget(None, BlockReason::SpendLimit, at(10));
    assert_eq!(health.gate("m", at(499)), Gate::Open);
}

#[test]
fn reasons_are_stored_under_their_own_names() {
    for reason in [BlockReason::Failing, BlockReason::Overload, BlockReason::ModelNotInPlan] {
        assert_eq!(BlockReason::named(reason.as_str()), Some(reason));
        assert_eq!(serde_json::to_value(reason).ok(), Some(reason.as_str().into()));
    }
    assert_eq!(BlockReason::named("tomorrow"), None);
}

#[test]
fn models_that_are_left_alone_are_told_once_each_with_the_weightiest_reason() {
    let mut health = Health::default();
    let block = |model: Option<&str>, reason, until| Block {
        model: model.map(str::to_owned),
        reason,
        since: at(0),
        until: at(until),
        told: false,
        opened: 0,
    };
    health.adopt(block(Some("n"), BlockReason::Overload, 900));
    health.adopt(block(Some("n"), BlockReason::ModelNotInPlan, 500));
    health.adopt(block(Some("m"), BlockReason::Overload, 300));
    health.adopt(block(None, BlockReason::RateLimit, 400));
    let told = |now| {
        let blocks = health.model_blocks(at(now)).into_iter();
        blocks.map(|b| (b.model, b.reason, (b.until - at(0)).num_seconds())).collect::<Vec<_>>()
    };
    let not_in_plan = ("n".to_owned(), BlockReason::ModelNotInPlan, 500);
    assert_eq!(told(0), [("m".to_owned(), BlockReason::Overload, 300), not_in_plan.clone()]);
    assert_eq!(told(300), [not_in_plan]);
    assert_eq!(told(900), []);
}

fn any_cause() -> impl Strategy<Value = Cause> {
    prop::sample::select(vec![
        Cause::Client,
        Cause::Connection,
        Cause::ServerError,
        Cause::Overload,
        Cause::UsageLimit,
        Cause::RateLimit,
        Cause::SpendLimit,
        Cause::PaymentRequired,
        Cause::Forbidden,
        Cause::ModelNotInPlan,
        Cause::Unauthorized,
        Cause::NeedsReauth,
    ])
}

proptest! {
    /// A block is a lease: whatever happened, after the longest wait the account is asked again.
    #[test]
    fn no_history_blocks_an_account_for_ever(
        steps in prop::collection::vec((any_cause(), 0..400i64, any::<bool>(), prop::option::of(0..9000i64)), 0..60)
    ) {
        let mut health = Health::default();
        let mut now = 0;
        for (cause, passed, good, wait) in steps {
            now += passed;
            if good {
                health.answers("m", at(now));
                health.succeeded(at(now));
            } else {
                let retry_after = wait.map(TimeDelta::seconds);
                health.failed(&Failed { retry_after, ..failed(cause, now) }, at(now));
            }
            for block in health.blocks() {
                prop_assert!(block.until > block.since);
            }
        }
        prop_assert!(!is_shut(&health, now + 9_000 + 3_600));
    }
}
