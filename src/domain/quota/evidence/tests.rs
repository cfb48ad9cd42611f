use super::*;
use crate::domain::quota::debit::Ledger;
use crate::domain::quota::readiness::{Readiness, readiness};
use proptest::prelude::*;

const FIVE: i64 = 18_000;
const WEEK: i64 = 604_800;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_300_000 + seconds, 0).expect("a time")
}

fn length(seconds: i64) -> WindowLength {
    WindowLength::from_seconds(seconds).expect("a length")
}

/// Windows as (length, percent, seconds of the reset).
fn said(source: Source, seconds: i64, windows: &[(i64, u32, i64)]) -> Observation {
    let windows = windows.iter().map(|(len, percent, reset)| WindowReading {
        length: length(*len),
        used: percent * 100,
        resets_at: Some(at(*reset)),
    });
    Observation {
        at: at(seconds),
        source,
        plan: None,
        meters: vec![MeterReading {
            meter: MeterId::main(),
            name: None,
            windows: windows.collect(),
            allowed: None,
            limit_reached: None,
            spent: None,
        }],
        credits: None,
        reset_credits: None,
        models: Vec::new(),
    }
}

fn flags(mut observation: Observation, allowed: bool, reached: bool) -> Observation {
    observation.meters[0].allowed = Some(allowed);
    observation.meters[0].limit_reached = Some(reached);
    observation
}

fn refused(seconds: i64, len: i64, until: Option<i64>) -> LimitRefusal {
    LimitRefusal {
        at: at(seconds),
        model: "m".into(),
        meter: None,
        length: Some(length(len)),
        until: until.map(at),
    }
}

fn known(observations: &[Observation]) -> Evidence {
    let mut evidence = Evidence::default();
    for said in observations {
        evidence.join(Evidence::of(said));
    }
    evidence
}

/// What is told of the five hours at a moment: percent and source.
fn five_hours(evidence: &Evidence, seconds: i64) -> Option<(f64, Source)> {
    let windows = evidence.windows(at(seconds));
    windows.iter().find(|w| w.length == length(FIVE)).map(|w| (w.used_percent, w.source))
}

fn until(evidence: &Evidence, seconds: i64) -> Option<Option<i64>> {
    let told = evidence.exhaustion("m", at(seconds))?;
    Some(told.until.map(|until| (until - at(0)).num_seconds()))
}

use Source::{Event, Header, UsageApi};

#[test]
fn a_real_turn_counts_more_than_the_usage_endpoint_until_its_lag_is_over() {
    let turn = said(Header, 0, &[(FIVE, 50, 9_000)]);
    let poll = |seconds, percent| said(UsageApi, seconds, &[(FIVE, percent, 9_000)]);
    for (what, others, expected) in [
        ("an older poll says more", vec![poll(-60, 60)], (50.0, Header)),
        ("a later poll says less: it lags", vec![poll(300, 40)], (50.0, Header)),
        ("a later poll says more: others use the account", vec![poll(300, 55)], (55.0, UsageApi)),
        ("a much later poll says less: it was given back", vec![poll(1_200, 10)], (10.0, UsageApi)),
        ("a later turn says less", vec![said(Event, 300, &[(FIVE, 10, 9_000)])], (10.0, Event)),
        ("a turn beside it is behind", vec![said(Header, 20, &[(FIVE, 49, 9_001)])], (50.0, Header)),
        ("a new window", vec![said(UsageApi, 60, &[(FIVE, 1, 18_060)])], (1.0, UsageApi)),
    ] {
        let evidence = known(&[std::slice::from_ref(&turn), &*others].concat());
        assert_eq!(five_hours(&evidence, 1_300), Some(expected), "{what}");
    }
}

#[test]
fn past_its_reset_a_window_is_unknown() {
    let evidence = known(&[said(Header, 0, &[(FIVE, 50, 9_000), (WEEK, 20, 500_000)])]);
    assert_eq!(five_hours(&evidence, 8_999), Some((50.0, Header)));
    assert_eq!(five_hours(&evidence, 9_000), None);
    assert_eq!(evidence.windows(at(9_000)).len(), 1);
    assert_eq!((evidence.silent_since(at(8_999)), evidence.silent_since(at(9_000))), (None, Some(at(9_000))));
}

#[test]
fn a_plan_that_lists_other_windows_has_no_longer_the_old_ones() {
    let evidence = known(&[
        said(UsageApi, 0, &[(2_592_000, 90, 1_000_000)]),
        said(UsageApi, 600, &[(FIVE, 1, 18_000), (WEEK, 1, 600_000)]),
    ]);
    let lengths: Vec<i64> = evidence.windows(at(700)).iter().map(|w| w.length.seconds()).collect();
    assert_eq!(lengths, [FIVE, WEEK]);
}

#[test]
fn a_refusal_exhausts_until_its_reset_and_not_longer() {
    let mut evidence = known(&[said(Header, -5, &[(FIVE, 99, 9_000)])]);
    evidence.join(Evidence::of_refusal(refused(0, FIVE, Some(9_000))));
    assert_eq!(until(&evidence, 1), Some(Some(9_000)));
    assert_eq!(five_hours(&evidence, 1), Some((100.0, Source::Refusal)));
    assert_eq!(until(&evidence, 8_999), Some(Some(9_000)));
    assert_eq!(until(&evidence, 9_000), None);
    assert_eq!(readiness(&evidence, &Ledger::default(), None, "m", at(30_000)), Readiness::Unknown);
}

#[test]
fn fresh_contrary_evidence_releases_and_a_lagging_poll_does_not() {
    let base = || {
        let mut evidence = known(&[said(Header, -5, &[(FIVE, 99, 9_000)])]);
        evidence.join(Evidence::of_refusal(refused(0, FIVE, Some(9_000))));
        evidence
    };
    let poll =
        |seconds, percent, reset| flags(said(UsageApi, seconds, &[(FIVE, percent, reset)]), true, false);
    for (what, later, released) in [
        ("a poll that still sticks at 99", poll(5, 99, 9_000), false),
        ("a poll that says the same later", poll(200, 99, 9_000), true),
        ("a poll of a window that was given back", poll(5, 3, 9_000), true),
        ("a poll of a new window", poll(5, 99, 18_005), true),
        ("a turn that was under way", said(Header, 3, &[(FIVE, 99, 9_000)]), false),
        ("a turn that was answered", said(Header, 30, &[(FIVE, 50, 9_000)]), true),
        ("a turn that says it is full", said(Header, 30, &[(FIVE, 100, 9_000)]), false),
    ] {
        let mut evidence = base();
        evidence.join(Evidence::of(&later));
        assert_eq!(until(&evidence, 201).is_none(), released, "{what}");
    }
}

#[test]
fn what_exhausted_an_account_before_its_release_does_so_no_longer_and_what_comes_after_does() {
    let full = || flags(said(UsageApi, 0, &[(FIVE, 100, 9_000)]), false, true);
    let away = || {
        let mut observation = flags(said(UsageApi, 0, &[(FIVE, 10, 9_000)]), true, false);
        observation.models.push(("m".into(), ModelUse { available: false, available_at: Some(at(600)) }));
        observation
    };
    let refusal = |seconds| Evidence::of_refusal(refused(seconds, FIVE, Some(9_000)));
    for (what, before) in [
        ("a refusal", refusal(0)),
        ("a refusal without an end", Evidence::of_refusal(refused(0, FIVE, None))),
        ("a turn that says it is full", Evidence::of(&said(Header, 0, &[(FIVE, 100, 9_000)]))),
        ("the usage endpoint", Evidence::of(&full())),
        ("a model that is away", Evidence::of(&away())),
    ] {
        let mut evidence = before;
        assert!(until(&evidence, 1).is_some(), "{what}");
        evidence.join(Evidence::of_release(at(1)));
        assert_eq!(until(&evidence, 1), None, "{what}");
        evidence.join(refusal(2));
        assert_eq!(until(&evidence, 2), Some(Some(9_000)), "{what}: refused again, and out again at once");
    }
    let mut evidence = refusal(0);
    evidence.join(Evidence::of_release(at(1)));
    assert_eq!(five_hours(&evidence, 1), None, "nor is the window told to be full");
    // A release that is heard of late releases nothing newer.
    let mut evidence = refusal(2);
    evidence.join(Evidence::of_release(at(1)));
    assert_eq!(until(&evidence, 2), Some(Some(9_000)));
}

#[test]
fn an_exhaustion_without_an_end_is_tried_again_after_a_while() {
    let evidence = Evidence::of_refusal(LimitRefusal { length: None, ..refused(0, FIVE, None) });
    assert_eq!(until(&evidence, 1), Some(None));
    assert_eq!(until(&evidence, 899), Some(None));
    assert_eq!(until(&evidence, 900), None);
}

#[test]
fn a_percentage_of_the_usage_endpoint_alone_exhausts_nothing() {
    let full = &[(FIVE, 100, 7_000), (WEEK, 71, 300_000)];
    let cases = [
        ("flags say no", flags(said(UsageApi, 0, full), false, true), Some(Some(7_000))),
        ("flags say yes", flags(said(UsageApi, 0, full), true, false), None),
        ("credits go on", flags(said(UsageApi, 0, full), true, true), None),
        ("a turn that says it is full", said(Header, 0, full), Some(Some(7_000))),
        (
            "a figure that sticks",
            flags(said(UsageApi, 0, &[(FIVE, 99, 7_000), (WEEK, 20, 9_000)]), false, true),
            Some(Some(7_000)),
        ),
        ("nearly nothing used", flags(said(UsageApi, 0, &[(FIVE, 1, 7_000)]), false, true), Some(None)),
    ];
    for (what, observation, expected) in cases {
        assert_eq!(until(&Evidence::of(&observation), 1), expected, "{what}");
    }
    let both = flags(said(UsageApi, 0, &[(FIVE, 100, 7_000), (WEEK, 100, 300_000)]), false, true);
    let told = Evidence::of(&both).exhaustion("m", at(1)).expect("exhausted");
    assert_eq!((told.until, told.window), (Some(at(300_000)), WindowKind::Weekly), "all have to be over");
}

#[test]
fn a_model_with_a_meter_of_its_own_is_exhausted_alone() {
    let mut observation = flags(said(UsageApi, 0, &[(FIVE, 10, 9_000)]), true, false);
    let mut spark = flags(said(UsageApi, 0, &[(FIVE, 100, 4_000)]), false, true).meters.remove(0);
    spark.meter = MeterId::named("codex_bengalfox");
    spark.name = Some("GPT-5.3-Codex-Spark".into());
    observation.meters.push(spark);
    let evidence = Evidence::of(&observation);
    let out = |model: &str| evidence.exhaustion(model, at(1)).and_then(|e| e.until);
    assert_eq!((out("gpt-5.3-codex-spark"), out("gpt-6-sol")), (Some(at(4_000)), None));

    // Who is refused on its own meter blocks nobody else, whichever is heard first.
    let refusal = LimitRefusal { model: "gpt-5.3-codex-spark".into(), ..refused(0, FIVE, Some(5_000)) };
    let mut first = Evidence::of_refusal(refusal);
    first.join(evidence);
    assert_eq!(first.exhaustion("gpt-6-sol", at(1)), None);
    assert_eq!(first.exhaustion("gpt-5.3-codex-spark", at(1)).and_then(|e| e.until), Some(at(5_000)));
}

#[test]
fn a_model_that_the_plan_does_not_serve_now_is_out_alone() {
    let mut observation = flags(said(UsageApi, 0, &[(FIVE, 10, 9_000)]), true, false);
    let away = ModelUse { available: false, available_at: Some(at(600)) };
    observation.models.push(("m".into(), away));
    let evidence = Evidence::of(&observation);
    assert_eq!((until(&evidence, 1), until(&evidence, 600)), (Some(Some(600)), None));
    assert_eq!(evidence.exhaustion("other", at(1)), None);
}

#[test]
fn readiness_tells_the_room_with_own_traffic_debited() {
    let evidence = known(&[said(Header, 0, &[(FIVE, 50, 9_000), (WEEK, 20, 500_000)])]);
    let mut ledger = Ledger::default();
    let rooms = |ledger: &Ledger| match readiness(&evidence, ledger, Some("pro"), "m", at(10)) {
        Readiness::Available { headroom } => headroom,
        other => panic!("{other:?}"),
    };
    let before = rooms(&ledger);
    assert!((before.capacity - 10.0).abs() < 1e-9);
    assert!(
        (before.windows[0].remaining - 0.5).abs() < 1e-9 && (before.windows[1].remaining - 0.8).abs() < 1e-9
    );
    let usage = crate::domain::responses::event::Usage { input_tokens: 400_000, ..Default::default() };
    ledger.served(&MeterId::main(), &usage, at(5));
    assert!(rooms(&ledger).windows[0].remaining < 0.5);
    assert_eq!(readiness(&Evidence::default(), &ledger, None, "m", at(0)), Readiness::Unknown);
}

#[derive(Clone, Debug)]
enum Heard {
    Said(Observation),
    Refused(LimitRefusal),
    Released(DateTime<Utc>),
}

fn join(all: &[Heard]) -> Evidence {
    let mut evidence = Evidence::default();
    for heard in all {
        evidence.join(match heard {
            Heard::Said(said) => Evidence::of(said),
            Heard::Refused(refused) => Evidence::of_refusal(refused.clone()),
            Heard::Released(at) => Evidence::of_release(*at),
        });
    }
    evidence
}

fn heard() -> impl Strategy<Value = Heard> {
    let source = prop::sample::select(vec![UsageApi, Event, Header]);
    let window = (prop::sample::select(vec![FIVE, WEEK, 7_200]), 0..130_u32, prop::option::of(0..40_i64));
    let windows = prop::collection::vec(window, 0..3);
    let flag = prop::option::of(any::<bool>());
    let observation = (source, 0..40_i64, windows, flag.clone(), flag, any::<bool>(), 0..3_u8).prop_map(
        |(source, when, windows, allowed, reached, credits, which)| {
            let windows = windows.into_iter().map(|(len, percent, reset)| WindowReading {
                length: length(len),
                used: percent * 100,
                resets_at: reset.map(|r| at(when * 97 + r * 61)),
            });
            let meter = MeterReading {
                meter: if which == 0 { MeterId::named("spark") } else { MeterId::main() },
                name: (which == 0).then(|| "m".to_owned()),
                windows: windows.collect(),
                allowed,
                limit_reached: reached,
                spent: None,
            };
            Heard::Said(Observation {
                at: at(when * 97),
                source,
                plan: Some(format!("plan {which}")),
                meters: vec![meter],
                credits: Some(Credits { has_credits: credits, ..Credits::default() }),
                reset_credits: Some(ResetCredits { available: which.into(), applicable: None }),
                models: vec![("m".into(), ModelUse { available: credits, available_at: None })],
            })
        },
    );
    let refusal = (0..40_i64, prop::option::of(0..40_i64), any::<bool>()).prop_map(|(when, end, main)| {
        let model = if main { "other" } else { "m" }.to_owned();
        Heard::Refused(LimitRefusal { model, ..refused(when * 97, FIVE, end.map(|e| (when + e) * 97)) })
    });
    let release = (0..40_i64).prop_map(|when| Heard::Released(at(when * 97)));
    prop_oneof![6 => observation, 2 => refusal, 1 => release]
}

proptest! {
    #[test]
    fn the_order_of_observations_does_not_change_the_belief(
        (all, shuffled, cut) in prop::collection::vec(heard(), 0..12)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle(), 0..12_usize)),
    ) {
        let one = join(&all);
        prop_assert_eq!(&one, &join(&shuffled));
        // Nor does the way through replicas: parts joined with parts, one of them twice.
        let (left, right) = shuffled.split_at(cut.min(shuffled.len()));
        let mut parts = join(right);
        parts.join(join(left));
        parts.join(join(right));
        prop_assert_eq!(&one, &parts);
        // Nor the way through the database.
        let stored: Evidence = serde_json::from_value(serde_json::to_value(&one).expect("JSON")).expect("evidence");
        prop_assert_eq!(&one, &stored);
    }

    #[test]
    fn an_exhaustion_always_ends(all in prop::collection::vec(heard(), 0..12)) {
        let evidence = join(&all);
        for model in ["m", "other"] {
            if let Some(Exhaustion { until: Some(until), .. }) = evidence.exhaustion(model, at(0)) {
                prop_assert!(until > at(0));
            }
            // After every reset that was told, and a lease more.
            prop_assert_eq!(evidence.exhaustion(model, at(80 * 97 + 1_000)), None);
        }
    }

    #[test]
    fn no_window_is_told_past_its_reset(all in prop::collection::vec(heard(), 0..12), now in 0..90_i64) {
        for window in join(&all).windows(at(now * 97)) {
            prop_assert!(window.resets_at.is_none_or(|reset| reset > at(now * 97)));
        }
    }

    /// Between two changes that it foretells, time changes nothing.
    #[test]
    fn what_follows_changes_with_time_only_when_it_says_so(
        all in prop::collection::vec(heard(), 0..12), now in 0..60_i64, share in 0..100_i64,
    ) {
        let (evidence, ledger, from) = (join(&all), Ledger::default(), at(now * 97));
        let next = evidence.next_change(from).unwrap_or(from + TimeDelta::minutes(1)).min(from + TimeDelta::minutes(1));
        let later = from + (next - from - TimeDelta::milliseconds(1)) * i32::try_from(share).expect("small") / 100;
        for model in ["m", "other"] {
            let told = |now| readiness(&evidence, &ledger, None, model, now);
            prop_assert_eq!(told(from), told(later));
        }
    }

    /// Within one window and without a word that it was given back, a figure of turns side by side never falls.
    #[test]
    fn figures_of_one_moment_never_fall(percents in prop::collection::vec(0..100_u32, 1..8)) {
        let mut evidence = Evidence::default();
        let mut highest = 0;
        for (i, percent) in (0..).zip(percents) {
            evidence.join(Evidence::of(&said(Header, i, &[(FIVE, percent, 9_000 + i % 3)])));
            highest = highest.max(percent);
            prop_assert_eq!(five_hours(&evidence, 60).map(|(used, _)| used), Some(f64::from(highest)));
        }
    }
}
