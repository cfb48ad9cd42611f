//! Windows, meters and sources. A window is known by its length and never by its place in an answer: a weekly-only plan
//! has its week where others have the five hours.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a window is called, from its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// 18,000 seconds.
    FiveHour,
    /// 604,800 seconds.
    Weekly,
    /// 2,592,000 seconds.
    Monthly,
    Other,
}

impl WindowKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FiveHour => "five_hour",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Other => "other",
        }
    }
}

/// The named lengths in seconds, and how far a told one may be off: some minutes.
const NAMED: [(WindowKind, i64, i64); 3] = [
    (WindowKind::FiveHour, 18_000, 600),
    (WindowKind::Weekly, 604_800, 1_800),
    (WindowKind::Monthly, 2_592_000, 3_600),
];
/// No window is longer: 400 days.
const LONGEST: i64 = 400 * 86_400;

/// The length of a window in seconds, never zero or negative. One that is nearly five hours, a week or 30 days is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WindowLength(i64);

impl WindowLength {
    /// `None` when it can't be a window: upstream writes 0 where there is none.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        if !(1..=LONGEST).contains(&seconds) {
            return None;
        }
        let named = NAMED.iter().find(|(_, length, tolerance)| (seconds - length).abs() <= *tolerance);
        Some(Self(named.map_or(seconds, |(_, length, _)| *length)))
    }

    pub fn seconds(self) -> i64 {
        self.0
    }

    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(self.0)
    }

    pub fn kind(self) -> WindowKind {
        NAMED.iter().find(|(_, length, _)| *length == self.0).map_or(WindowKind::Other, |(kind, ..)| *kind)
    }

    /// Two resets that are not further apart than this belong to the same window: what upstream tells jitters.
    pub fn jitter(self) -> TimeDelta {
        TimeDelta::seconds((self.0 / 100).clamp(120, 3_600))
    }

    /// `5h`, `Weekly`, `Monthly`, else its length: `90m`, `3h`, `2d`.
    pub fn label(self) -> String {
        match self.kind() {
            WindowKind::FiveHour => "5h".into(),
            WindowKind::Weekly => "Weekly".into(),
            WindowKind::Monthly => "Monthly".into(),
            WindowKind::Other if self.0 % 86_400 == 0 => format!("{}d", self.0 / 86_400),
            WindowKind::Other if self.0 % 3_600 == 0 => format!("{}h", self.0 / 3_600),
            WindowKind::Other if self.0 >= 60 => format!("{}m", self.0 / 60),
            WindowKind::Other => format!("{}s", self.0),
        }
    }
}

/// Who said it. Ordered by authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Reckoned here from our own traffic.
    Estimate,
    /// The usage endpoint, whose numbers lag by minutes.
    UsageApi,
    /// A `codex.rate_limits` frame of a real turn.
    Event,
    /// The headers of a real turn.
    Header,
    /// The upstream refused to serve.
    Refusal,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::UsageApi => "usage_api",
            Self::Event => "event",
            Self::Header => "header",
            Self::Refusal => "refusal",
        }
    }
}

/// What a set of windows counts: the main meter, or an additional limit such as that of one model. Each stands alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeterId(String);

/// The names under which upstream speaks of the main meter.
const MAIN_NAMES: [&str; 3] = ["", "codex", "premium"];

impl MeterId {
    /// The meter that everything without one of its own counts on.
    pub fn main() -> Self {
        Self("codex".into())
    }

    /// From `codex_bengalfox` (usage endpoint, events), `bengalfox` (headers) or `codex`.
    pub fn named(name: &str) -> Self {
        let name = name.trim().to_lowercase().replace(['-', ' '], "_");
        let short = name.strip_prefix("codex_").unwrap_or(&name);
        if MAIN_NAMES.contains(&short) { Self::main() } else { Self(short.to_owned()) }
    }

    pub fn is_main(&self) -> bool {
        self.0 == "codex"
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MeterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a limit of this name (`GPT-5.3-Codex-Spark`) is that of `model` (`gpt-5.3-codex-spark`).
pub fn meter_is_of_model(limit_name: &str, model: &str) -> bool {
    let same = |a: char, b: char| {
        a.eq_ignore_ascii_case(&b) || matches!((a, b), (' ' | '_', '-') | ('-', ' ' | '_'))
    };
    let (name, model) = (limit_name.trim(), model.trim());
    !name.is_empty()
        && name.chars().count() == model.chars().count()
        && name.chars().zip(model.chars()).all(|(a, b)| same(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_kind_comes_from_the_length_alone() {
        for (seconds, kind, label) in [
            (18_000, WindowKind::FiveHour, "5h"),
            (17_940, WindowKind::FiveHour, "5h"),
            (604_800, WindowKind::Weekly, "Weekly"),
            (605_100, WindowKind::Weekly, "Weekly"),
            (2_592_000, WindowKind::Monthly, "Monthly"),
            (10_800, WindowKind::Other, "3h"),
            (172_800, WindowKind::Other, "2d"),
            (5_400, WindowKind::Other, "90m"),
        ] {
            let length = WindowLength::from_seconds(seconds).expect("a length");
            assert_eq!((length.kind(), &*length.label()), (kind, label), "{seconds}");
        }
        for none in [0, -1, i64::MAX] {
            assert_eq!(WindowLength::from_seconds(none), None);
        }
    }

    #[test]
    fn one_meter_has_one_id_whoever_names_it() {
        for name in ["codex_bengalfox", "bengalfox", "codex-bengalfox", " Codex_Bengalfox "] {
            assert_eq!(MeterId::named(name).as_str(), "bengalfox");
        }
        for name in ["", "codex", "premium", "Codex"] {
            assert!(MeterId::named(name).is_main(), "{name}");
        }
        assert!(meter_is_of_model("GPT-5.3-Codex-Spark", "gpt-5.3-codex-spark"));
        assert!(meter_is_of_model("GPT 5.3 Codex Spark", "gpt-5.3-codex-spark"));
        assert!(!meter_is_of_model("GPT-5.3-Codex-Spark", "gpt-5.3-codex"));
        assert!(!meter_is_of_model("", ""));
    }

    proptest! {
        #[test]
        fn naming_a_length_twice_changes_nothing(seconds in 1..LONGEST) {
            let once = WindowLength::from_seconds(seconds).expect("a length");
            prop_assert_eq!(WindowLength::from_seconds(once.seconds()), Some(once));
        }
    }
}
