//! The pure parts of the benchmark, tested here: a target without the test harness has no tests of its own.

#[path = "../bench/decode.rs"]
mod decode;
#[path = "../bench/stats.rs"]
mod stats;

use decode::Events;
use stats::{added_ms, median, percentile, range, ratios};
use std::time::Duration;

fn millis(values: &[u64]) -> Vec<Duration> {
    values.iter().map(|v| Duration::from_millis(*v)).collect()
}

#[test]
fn a_percentile_is_one_of_the_values_and_needs_no_order() {
    let mut values = millis(&[40, 10, 30, 20]);
    assert_eq!(percentile(&mut values, 50), Duration::from_millis(20));
    assert_eq!(percentile(&mut values, 51), Duration::from_millis(30));
    assert_eq!(percentile(&mut values, 99), Duration::from_millis(40));
    assert_eq!(percentile(&mut values, 0), Duration::from_millis(10));
    assert_eq!(percentile(&mut millis(&[7]), 99), Duration::from_millis(7));
    assert_eq!(percentile(&mut [], 50), Duration::ZERO);
    let mut hundred = millis(&(1..=100).collect::<Vec<_>>());
    assert_eq!(percentile(&mut hundred, 99), Duration::from_millis(99));
}

#[test]
fn a_median_stands_in_the_middle() {
    assert!((median(&[9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    assert!((median(&[4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < f64::EPSILON);
    assert!(median(&[]).is_nan());
}

#[test]
fn a_round_that_was_slow_for_everybody_does_not_change_the_ratio() {
    let ratios = ratios(&[50.0, 5.0, 52.0], &[100.0, 10.0, 100.0]);
    assert!((median(&ratios) - 0.5).abs() < 1e-9);
    let (low, high) = range(&ratios);
    assert!((low - 0.5).abs() < 1e-9 && (high - 0.52).abs() < 1e-9);
}

#[test]
fn what_is_added_can_be_negative() {
    let (a, b) = (Duration::from_micros(500), Duration::from_micros(250));
    assert!((added_ms(a, b) + 0.25).abs() < 1e-9);
    assert!((added_ms(b, a) - 0.25).abs() < 1e-9);
}

const BODY: &[u8] = b"10\r\nevent: a\ndata: 1\r\nB;x=1\r\n\n\ndata: 2\n\n\r\n0\r\n\r\n";

#[test]
fn events_are_counted_wherever_reads_and_chunks_are_cut() {
    for cut in 0..=BODY.len() {
        let mut events = Events::default();
        let (before, after) = BODY.split_at(cut);
        let n = events.feed(before).expect("a body") + events.feed(after).expect("a body");
        assert_eq!((n, events.is_done()), (2, true), "cut at {cut}");
    }
}

#[test]
fn what_is_no_chunked_body_is_refused() {
    for junk in [&b"x\r\n"[..], b"1\r\nab\r\n", b"0\r\n\r\n0"] {
        assert!(Events::default().feed(junk).is_err());
    }
    let mut half = Events::default();
    assert_eq!(half.feed(b"5\r\nab").map(|n| (n, half.is_done())), Ok((0, false)));
}
