//! Sums over accounts, and what is foreseen of them.

use super::*;
use proptest::prelude::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_300_000, 0).expect("a time") + TimeDelta::minutes(minutes)
}

fn five_hours() -> WindowLength {
    WindowLength::from_seconds(18_000).expect("a length")
}

/// So many percent are used now, and so many more every ten minutes; the window resets in so many minutes.
fn account(name: &'static str, weight: f64, used: f64, per_ten: f64, resets_in: i64) -> Account<'static> {
    let history = (0..8_i32).rev().map(|back| Sample {
        at: at(-10 * i64::from(back) - 1),
        used_percent: (used - per_ten * f64::from(back)).max(0.0),
        resets_at: Some(at(resets_in)),
    });
    let present = Present {
        length: five_hours(),
        used_percent: used,
        resets_at: Some(at(resets_in)),
        observed_at: at(0),
    };
    Account {
        name,
        plan_type: Some("plus".into()),
        weight,
        present: Some((present, Source::Header)),
        history: history.collect(),
    }
}

fn unknown(name: &'static str) -> Account<'static> {
    Account { name, plan_type: None, weight: 1.0, present: None, history: Vec::new() }
}

fn look(accounts: &[Account<'_>]) -> WindowCapacity {
    capacity(five_hours(), accounts, at(0))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.5
}

#[test]
fn accounts_count_by_the_size_of_their_plans_and_what_is_unknown_counts_nothing() {
    let told =
        look(&[account("pro", 10.0, 80.0, 0.0, 100), account("plus", 1.0, 25.0, 0.0, 100), unknown("new")]);
    assert_eq!((told.accounts, told.weight_total), (2, 11.0));
    assert_eq!(told.unknown_accounts, ["new"]);
    let left = (10.0 * 20.0 + 75.0) / 11.0;
    assert!(near(told.remaining_percent.expect("known"), left), "{told:?}");
    assert!(near(told.used_percent.expect("known"), 100.0 - left), "{told:?}");
    let new = &told.by_account[2];
    assert_eq!((new.remaining_percent, new.reset_at, new.source), (None, None, None));
    assert_eq!(new.verdict, Verdict::Unknown);
}

#[test]
fn of_nothing_nothing_is_told() {
    for accounts in [vec![], vec![unknown("a")]] {
        let told = look(&accounts);
        assert_eq!((told.used_percent, told.remaining_percent, told.accounts), (None, None, 0));
        assert!(told.history.is_empty() && told.forecast.points.is_empty() && told.resets.is_empty());
        assert_eq!(told.forecast.verdict, Verdict::Unknown);
    }
}

#[test]
fn a_pool_that_burns_more_than_its_resets_give_back_runs_out() {
    // Both burn 60 % an hour; 100 % are left of the two: 50 minutes.
    let told = look(&[account("a", 1.0, 50.0, 10.0, 200), account("b", 1.0, 50.0, 10.0, 210)]);
    assert_eq!(told.forecast.verdict, Verdict::RunsOut, "{:?}", told.forecast);
    let minutes = (told.forecast.runs_out_at.expect("a time") - at(0)).num_minutes();
    assert!((45..=55).contains(&minutes), "{minutes}");
    assert_eq!(told.forecast.text, "out in about 50 min");
}

#[test]
fn what_one_has_no_room_for_another_takes_and_a_reset_gives_back() {
    // The first is out in ten minutes; the second is large and hardly used.
    let told = look(&[account("a", 1.0, 90.0, 10.0, 60), account("b", 10.0, 5.0, 0.1, 250)]);
    assert_eq!(told.by_account[0].verdict, Verdict::RunsOut);
    assert_eq!(told.forecast.verdict, Verdict::Lasts, "{:?}", told.forecast);
    let resets: Vec<_> = told.resets.iter().map(|r| (r.provider_name.as_str(), r.at)).collect();
    assert_eq!(resets, [("a", at(60)), ("b", at(250))]);
    assert!(near(told.resets[0].returns_percent, 100.0 / 11.0), "all of it by then: {:?}", told.resets);
    let at_reset = |minutes: i64| {
        let point = told.forecast.points.iter().rfind(|p| p.at <= at(minutes)).expect("a point");
        point.mid_percent
    };
    assert!(at_reset(64) > at_reset(56), "{:?}", told.forecast.points);
}

#[test]
fn too_little_history_carries_no_look_ahead_but_the_resets_are_known() {
    let mut a = account("a", 1.0, 40.0, 5.0, 100);
    a.history.clear();
    let told = look(&[a]);
    assert_eq!((told.forecast.verdict, told.forecast.points.len()), (Verdict::Unknown, 0));
    assert_eq!(told.resets.len(), 1);
    assert!(near(told.resets[0].returns_percent, 40.0));
}

#[test]
fn an_account_that_nobody_uses_burns_nothing() {
    let mut idle = account("idle", 1.0, 30.0, 0.0, 200);
    idle.history.truncate(1);
    let told = look(&[idle]);
    assert_eq!(told.forecast.verdict, Verdict::Lasts, "{:?}", told.forecast);
}

#[test]
fn the_history_forgets_a_window_that_was_over() {
    let mut a = account("a", 1.0, 10.0, 0.0, 280);
    // The last window: it was full, and over twenty minutes ago; nothing was heard for ten minutes then.
    a.history = vec![
        Sample { at: at(-200), used_percent: 100.0, resets_at: Some(at(-20)) },
        Sample { at: at(-10), used_percent: 10.0, resets_at: Some(at(280)) },
    ];
    let told = look(&[a]);
    let at_minute =
        |minutes: i64| told.history.iter().find(|p| (p.at - at(minutes)).abs() < TimeDelta::seconds(95));
    assert!(near(at_minute(-100).expect("known").remaining_percent, 0.0));
    assert!(at_minute(-15).is_none(), "{:?}", told.history);
    assert!(near(told.history.last().expect("now").remaining_percent, 90.0));
    assert!(told.history.first().expect("one").at >= at(-200));
}

fn some_account() -> impl Strategy<Value = Account<'static>> {
    let known = (0.1..12.0_f64, 0.0..130.0_f64, 0.0..12.0_f64, 1..300_i64)
        .prop_map(|(weight, used, per_ten, resets_in)| account("a", weight, used, per_ten, resets_in));
    prop_oneof![4 => known, 1 => Just(unknown("u"))]
}

proptest! {
    #[test]
    fn every_figure_is_a_percentage_and_the_band_holds_its_middle(
        accounts in prop::collection::vec(some_account(), 0..6),
    ) {
        let told = look(&accounts);
        let is_percent = |p: f64| (0.0..=100.0).contains(&p);
        prop_assert!(told.remaining_percent.is_none_or(is_percent));
        prop_assert!(told.history.len() <= 120 && told.history.iter().all(|p| is_percent(p.remaining_percent)));
        prop_assert!(told.history.is_sorted_by_key(|p| p.at));
        prop_assert!(told.forecast.points.is_sorted_by_key(|p| p.at));
        for p in &told.forecast.points {
            prop_assert!(is_percent(p.low_percent) && is_percent(p.high_percent));
            prop_assert!(p.low_percent <= p.mid_percent && p.mid_percent <= p.high_percent);
            prop_assert!(p.at >= at(0) && p.at <= at(300));
        }
        if let Some(first) = told.forecast.points.first() {
            prop_assert!((first.mid_percent - told.remaining_percent.expect("known")).abs() < 1e-6);
        }
        for reset in &told.resets {
            prop_assert!(is_percent(reset.returns_percent) && reset.at > at(0) && reset.at <= at(300));
        }
        prop_assert_eq!(told.accounts + told.unknown_accounts.len(), accounts.len());
        prop_assert_eq!(told.forecast.runs_out_at.is_some(), told.forecast.verdict == Verdict::RunsOut);
    }

    #[test]
    fn more_accounts_of_the_same_kind_change_no_percentage(
        a in some_account().prop_filter("known", |a| a.present.is_some()), copies in 1..5_usize,
    ) {
        let (one, many) = (look(std::slice::from_ref(&a)), look(&vec![a; copies]));
        prop_assert!((one.remaining_percent.expect("known") - many.remaining_percent.expect("known")).abs() < 1e-6);
        prop_assert_eq!(one.forecast.verdict, many.forecast.verdict);
        for (one, many) in one.forecast.points.iter().zip(&many.forecast.points) {
            prop_assert!((one.mid_percent - many.mid_percent).abs() < 1e-6);
        }
    }

    #[test]
    fn the_order_of_the_accounts_does_not_matter(accounts in prop::collection::vec(some_account(), 2..5)) {
        let turned: Vec<_> = accounts.iter().rev().cloned().collect();
        let (a, b) = (look(&accounts), look(&turned));
        prop_assert_eq!(a.forecast.verdict, b.forecast.verdict);
        for (a, b) in a.forecast.points.iter().zip(&b.forecast.points) {
            prop_assert!((a.low_percent - b.low_percent).abs() < 1e-6 && (a.high_percent - b.high_percent).abs() < 1e-6);
        }
    }

    #[test]
    fn nothing_is_spent_that_is_not_there(
        have in prop::collection::vec(0.0..100.0_f64, 1..6), demand in 0.0..100.0_f64, hours in 0.0..5.0_f64,
    ) {
        let demands = vec![demand; have.len()];
        let (before, mut after) = (have.iter().sum::<f64>(), have);
        spend(&mut after, &demands, hours);
        let wanted = demand * hours * f64::from(u32::try_from(demands.len()).expect("few"));
        prop_assert!(after.iter().all(|left| *left >= 0.0));
        prop_assert!((before - after.iter().sum::<f64>() - wanted.min(before)).abs() < 1e-6);
    }
}
