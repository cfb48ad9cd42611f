//! The few numbers that a row of the table is made of.

use std::time::Duration;

/// The smallest value that at least `percent` of all values do not exceed; zero without values. Sorts them.
pub fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied().unwrap_or_default()
}

/// The middle value, or the mean of the two in the middle; not a number without values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The smallest and the largest value.
pub fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

/// Each value through its counterpart. Rounds that followed each other shared their noise: the median of their ratios
/// is steadier than the ratio of the medians.
pub fn ratios(values: &[f64], through: &[f64]) -> Vec<f64> {
    values.iter().zip(through).map(|(value, through)| value / through).collect()
}

/// `b - a` in milliseconds; negative when `b` is the shorter one.
pub fn added_ms(a: Duration, b: Duration) -> f64 {
    (b.as_secs_f64() - a.as_secs_f64()) * 1e3
}
