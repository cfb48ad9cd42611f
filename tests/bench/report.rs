//! The table and the verdict.

use crate::load::{Level, Row};
use crate::paths::Path;
use crate::stats::{added_ms, median, percentile, range, ratios};
use std::fmt::Write as _;

/// The least part of the direct throughput that is aimed at.
const LEAST_RATIO: f64 = 0.5;
/// The most that may be added to the first event at one stream, in milliseconds.
const MOST_ADDED_MS: f64 = 0.5;

/// The most that an answer through a pool may cost of one through a single account.
const MOST_OF_SINGLE: f64 = 1.05;

/// What the aims are about; nothing is known before it was measured.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The lowest ratio of all rows.
    worst_ratio: Option<f64>,
    /// The most added to the first event at one stream, in milliseconds.
    most_added_ms: Option<f64>,
    /// What an answer through a pool takes of one through a single account, in every cycle of every level.
    of_single: Vec<f64>,
    /// The same in processor time of the gateway.
    cpu_of_single: Vec<f64>,
}

pub const HEADER: &str = "\
streams  way                        events  answers/s  of direct (range)    first event     added  widest    gateway
                                                                              p50   p99   at p50     gap  CPU/answer
                                                                               ms    ms       ms      ms          µs";

/// The lines of one level; what counts for the verdict is noted.
pub fn lines(level: Level, paths: &[Path], rows: &mut [Row], verdict: &mut Verdict) -> String {
    let medians: Vec<_> = rows.iter_mut().map(|row| percentile(&mut row.first_events, 50)).collect();
    let mut out = String::new();
    for (at, path) in paths.iter().enumerate() {
        let (mut of_direct, mut added, mut cpu) = (String::new(), String::new(), String::new());
        if path.gateway.is_some() {
            let ratios = ratios(&rows[at].rates, &rows[path.direct].rates);
            let (ratio, (low, high)) = (median(&ratios), range(&ratios));
            of_direct = format!("{:.0} % ({:.0}-{:.0})", ratio * 100.0, low * 100.0, high * 100.0);
            let more = added_ms(medians[path.direct], medians[at]);
            added = format!("{more:+.2}");
            if !rows[at].cpu.is_empty() {
                cpu = format!("{:.0}", median(&rows[at].cpu));
            }
            if path.gateway == Some(0) {
                verdict.worst_ratio = Some(verdict.worst_ratio.map_or(ratio, |worst| worst.min(ratio)));
                if level.streams == 1 {
                    verdict.most_added_ms = Some(verdict.most_added_ms.map_or(more, |most| most.max(more)));
                }
            }
        }
        if let Some(single) = path.single {
            // Answers per second, so the other way round.
            verdict.of_single.extend(ratios(&rows[single].rates, &rows[at].rates));
            verdict.cpu_of_single.extend(ratios(&rows[at].cpu, &rows[single].cpu));
        }
        let row = &mut rows[at];
        let late = percentile(&mut row.first_events, 99);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:>7}  {:<26} {:>6} {:>10.0}  {:<17} {:>7.2} {:>5.1} {:>8} {:>7.1} {:>11}",
            if at == 0 { level.streams.to_string() } else { String::new() },
            path.name,
            row.events,
            median(&row.rates),
            of_direct,
            medians[at].as_secs_f64() * 1e3,
            late.as_secs_f64() * 1e3,
            added,
            row.widest_gap.as_secs_f64() * 1e3,
            cpu,
        );
    }
    out
}

impl Verdict {
    /// One line.
    pub fn line(&self) -> String {
        let word = |met: bool| if met { "met" } else { "MISSED" };
        let ratio = self.worst_ratio.map(|ratio| {
            let (percent, aim) = (ratio * 100.0, LEAST_RATIO * 100.0);
            format!(
                "throughput: at least {percent:.0} % of direct (aim {aim:.0} %: {})",
                word(ratio >= LEAST_RATIO)
            )
        });
        let added = self.most_added_ms.map(|added| {
            let met = word(added < MOST_ADDED_MS);
            format!("first event at one stream: at most {added:+.2} ms (aim {MOST_ADDED_MS} ms: {met})")
        });
        let pool = (!self.of_single.is_empty()).then(|| {
            let of_single = median(&self.of_single);
            let met = word(of_single <= MOST_OF_SINGLE);
            let cpu = median(&self.cpu_of_single) * 100.0;
            let (percent, aim) = (of_single * 100.0, MOST_OF_SINGLE * 100.0);
            format!("through a pool of 4: {percent:.1} % of one account's time per answer, {cpu:.1} % of its CPU (aim {aim:.0} %: {met})")
        });
        ratio.into_iter().chain(added).chain(pool).collect::<Vec<_>>().join("; ")
    }
}
