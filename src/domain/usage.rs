//! What was used, counted by something: how keys read, which of them there are, and the file of it.

use super::csv::cell;
use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::AddAssign;

/// The longest span that is counted.
pub const LONGEST: TimeDelta = TimeDelta::days(92);
/// The span when nobody says.
pub const USUAL: TimeDelta = TimeDelta::days(7);
/// Hours of a week.
const HOURS: i64 = 168;

/// What requests are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Account,
    Agent,
    Key,
    Model,
    Day,
    /// Of a week from Monday on.
    WeekdayHour,
    Cause,
}

impl By {
    pub const ALL: [Self; 7] =
        [Self::Account, Self::Agent, Self::Key, Self::Model, Self::Day, Self::WeekdayHour, Self::Cause];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Agent => "agent",
            Self::Key => "key",
            Self::Model => "model",
            Self::Day => "day",
            Self::WeekdayHour => "weekday_hour",
            Self::Cause => "cause",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == name)
    }
}

/// Sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub requests: i64,
    pub completed: i64,
    pub incomplete: i64,
    pub failed: i64,
    pub cancelled: i64,
    pub refused: i64,
    /// An account answered that was not the first choice.
    pub failovers: i64,
    pub input_tokens: i64,
    /// Part of the input.
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
    /// Part of the output.
    pub reasoning_tokens: i64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.completed += other.completed;
        self.incomplete += other.incomplete;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.refused += other.refused;
        self.failovers += other.failovers;
        self.input_tokens += other.input_tokens;
        self.cached_input_tokens += other.cached_input_tokens;
        self.output_tokens += other.output_tokens;
        self.reasoning_tokens += other.reasoning_tokens;
    }
}

/// One line: what it is of, how that is called, and its sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `None`: of requests that have none, such as those without a key.
    pub key: Option<String>,
    pub name: Option<String>,
    pub counters: Counters,
}

/// The lines in their order: days and hours as they follow each other, each of them there; others by how much they were
/// used. `days` are the first and the last one.
pub fn lines(
    by: By,
    days: (NaiveDate, NaiveDate),
    sums: Vec<(Option<String>, Counters)>,
    names: &HashMap<String, String, impl BuildHasher>,
) -> Vec<Line> {
    let filled = |keys: Vec<(String, String)>| {
        let mut sums: HashMap<Option<String>, Counters> = sums.iter().cloned().collect();
        let line = |(stored, key): (String, String)| {
            let counters = sums.remove(&Some(stored)).unwrap_or_default();
            Line { key: Some(key), name: None, counters }
        };
        keys.into_iter().map(line).collect()
    };
    match by {
        By::Day => {
            let all = days.0.iter_days().take_while(|day| *day <= days.1);
            filled(all.map(|day| (day.to_string(), day.to_string())).collect())
        }
        By::WeekdayHour => {
            let key = |hour: i64| format!("{}-{:02}", hour / 24 + 1, hour % 24);
            filled((0..HOURS).map(|hour| (hour.to_string(), key(hour))).collect())
        }
        By::Account | By::Agent | By::Key | By::Model | By::Cause => {
            let name = |key: &Option<String>| names.get(key.as_ref()?).cloned();
            let mut lines: Vec<Line> =
                sums.into_iter().map(|(key, counters)| Line { name: name(&key), key, counters }).collect();
            lines.sort_by(|a, b| b.counters.requests.cmp(&a.counters.requests).then(a.key.cmp(&b.key)));
            lines
        }
    }
}

/// The sum of all lines.
pub fn total(lines: &[Line]) -> Counters {
    let mut sum = Counters::default();
    for line in lines {
        sum += line.counters;
    }
    sum
}

/// The lines as a CSV file with a first line of names.
pub fn file(by: By, lines: &[Line]) -> String {
    let mut file = format!(
        "{},name,requests,completed,incomplete,failed,cancelled,refused,failovers,input_tokens,cached_input_tokens,\
         output_tokens,reasoning_tokens\r\n",
        by.as_str()
    );
    for Line { key, name, counters: c } in lines {
        let numbers = [
            c.requests,
            c.completed,
            c.incomplete,
            c.failed,
            c.cancelled,
            c.refused,
            c.failovers,
            c.input_tokens,
            c.cached_input_tokens,
            c.output_tokens,
            c.reasoning_tokens,
        ];
        let texts = [key, name].map(|text| cell(text.as_deref().unwrap_or_default()));
        let cells: Vec<String> = texts.into_iter().chain(numbers.map(|n| n.to_string())).collect();
        file.push_str(&cells.join(","));
        file.push_str("\r\n");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn some(requests: i64) -> Counters {
        Counters { requests, completed: requests, ..Counters::default() }
    }

    #[test]
    fn every_day_of_the_span_is_there_and_one_without_requests_counts_nothing() {
        let sums = vec![(Some("2026-11-30".to_owned()), some(3))];
        let lines = lines(By::Day, (day("2026-11-29"), day("2026-12-01")), sums, &HashMap::new());
        let told: Vec<_> =
            lines.iter().map(|l| (l.key.as_deref().expect("a day"), l.counters.requests)).collect();
        assert_eq!(told, [("2026-11-29", 0), ("2026-11-30", 3), ("2026-12-01", 0)]);
    }

    #[test]
    fn a_week_has_its_hours_from_mondays_first_to_sundays_last() {
        let sums = vec![(Some("0".to_owned()), some(1)), (Some("167".to_owned()), some(2))];
        let lines = lines(By::WeekdayHour, (day("2026-11-29"), day("2026-11-29")), sums, &HashMap::new());
        assert_eq!(lines.len(), 168);
        let told = |at: usize| (lines[at].key.as_deref().expect("an hour"), lines[at].counters.requests);
        assert_eq!((told(0), told(25), told(167)), (("1-00", 1), ("2-01", 0), ("7-23", 2)));
    }

    #[test]
    fn others_come_by_how_much_they_were_used_with_their_names() {
        let names = HashMap::from([("b".to_owned(), "Bee".to_owned())]);
        let sums = vec![(None, some(1)), (Some("c".to_owned()), some(5)), (Some("b".to_owned()), some(5))];
        let lines = lines(By::Key, (day("2026-11-29"), day("2026-11-29")), sums, &names);
        let told: Vec<_> = lines.iter().map(|l| (l.key.as_deref(), l.name.as_deref())).collect();
        assert_eq!(told, [(Some("b"), Some("Bee")), (Some("c"), None), (None, None)]);
        assert_eq!(total(&lines), some(11));
    }

    #[test]
    fn a_name_that_a_spreadsheet_would_calculate_is_text_in_the_file() {
        let line = |key: Option<&str>, name: Option<&str>| Line {
            key: key.map(str::to_owned),
            name: name.map(str::to_owned),
            counters: some(2),
        };
        let lines =
            [line(Some("=1+1"), Some("a,\"b\"")), line(None, Some("@x")), line(Some("-"), Some("+1"))];
        let file = file(By::Model, &lines);
        let rows: Vec<&str> = file.split("\r\n").collect();
        assert!(rows[0].starts_with("model,name,requests,completed,incomplete,failed,"), "{}", rows[0]);
        assert_eq!(rows[1], "\"'=1+1\",\"a,\"\"b\"\"\",2,2,0,0,0,0,0,0,0,0,0");
        assert!(rows[2].starts_with(",\"'@x\",2,") && rows[3].starts_with("\"'-\",\"'+1\",2,"), "{file}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_on_the_way_to_the_lines(
            hours in prop::collection::hash_map(0..HOURS, 0..1000_i64, 0..40),
        ) {
            let sums: Vec<_> = hours.iter().map(|(hour, n)| (Some(hour.to_string()), some(*n))).collect();
            let wanted: i64 = hours.values().sum();
            let lines = lines(By::WeekdayHour, (day("2026-11-29"), day("2026-11-29")), sums, &HashMap::new());
            prop_assert_eq!(total(&lines).requests, wanted);
        }
    }
}
