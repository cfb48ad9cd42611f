//! Entries as lines of a file: JSON Lines, from which a chain can be checked elsewhere, and CSV for spreadsheets.

use super::Chained;
use crate::domain::csv::cell;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An entry a line, as JSON, with all that its hash covers.
    JsonLines,
    /// RFC 4180, with a first line of names.
    Csv,
}

#[derive(Serialize)]
struct Line<'a> {
    tenant_id: String,
    seq: i64,
    id: String,
    at: String,
    actor: Actor<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    action: &'a str,
    object: Object<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a RawValue>,
    previous: String,
    hash: String,
}

#[derive(Serialize)]
struct Actor<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
}

#[derive(Serialize)]
struct Object<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

const COLUMNS: [&str; 16] = [
    "tenant_id",
    "seq",
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_address",
    "request_id",
    "action",
    "object_type",
    "object_id",
    "object_name",
    "before",
    "after",
    "hash",
];

impl Format {
    /// As the API names it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "jsonl" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// What stands before the first entry.
    pub fn beginning(self) -> String {
        match self {
            Self::JsonLines => String::new(),
            Self::Csv => COLUMNS.join(",") + "\r\n",
        }
    }

    /// An entry, with the end of its line.
    pub fn line(self, chained: &Chained) -> String {
        match self {
            Self::JsonLines => json_line(chained),
            Self::Csv => csv_line(chained),
        }
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn json_line(chained: &Chained) -> String {
    let entry = &chained.entry;
    let raw = |text: &'_ Option<String>| -> Option<Box<RawValue>> {
        text.as_ref().and_then(|text| RawValue::from_string(text.clone()).ok())
    };
    let (before, after) = (raw(&entry.before), raw(&entry.after));
    let line = Line {
        tenant_id: entry.tenant.to_string(),
        seq: chained.seq,
        id: entry.id.to_string(),
        at: time(entry.at),
        actor: Actor {
            kind: &entry.by.kind,
            id: entry.by.id.map(|id| id.to_string()),
            name: &entry.by.name,
            address: entry.by.address.as_deref(),
        },
        request_id: entry.request.map(|id| id.to_string()),
        action: &entry.action,
        object: Object {
            kind: &entry.object.kind,
            id: entry.object.id.as_deref(),
            name: entry.object.name.as_deref(),
        },
        before: before.as_deref(),
        after: after.as_deref(),
        previous: chained.previous.to_string(),
        hash: chained.hash.to_string(),
    };
    serde_json::to_string(&line).expect("texts and JSON are JSON") + "\n"
}

fn csv_line(chained: &Chained) -> String {
    let entry = &chained.entry;
    let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = [
        entry.tenant.to_string(),
        chained.seq.to_string(),
        entry.id.to_string(),
        time(entry.at),
        entry.by.kind.clone(),
        entry.by.id.map(|id| id.to_string()).unwrap_or_default(),
        entry.by.name.clone(),
        maybe(&entry.by.address),
        entry.request.map(|id| id.to_string()).unwrap_or_default(),
        entry.action.clone(),
        entry.object.kind.clone(),
        maybe(&entry.object.id),
        maybe(&entry.object.name),
        maybe(&entry.before),
        maybe(&entry.after),
        chained.hash.to_string(),
    ];
    fields.map(|field| cell(&field)).join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::super::tests::entries;
    use super::super::{By, Entry, Head};
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;

    /// The cells of one line, as RFC 4180 reads them.
    fn cells(line: &str) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = line.strip_suffix("\r\n").expect("the end of a line").chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().expect("a quote")),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    }

    proptest! {
        #[test]
        fn a_line_has_a_cell_for_each_column_whatever_is_in_them(
            entry in entries(), name in "[a=@\"',\\n\\r ü-]{0,8}"
        ) {
            let head = Head::none(entry.tenant);
            let chained = Entry { by: By { name: name.clone(), ..entry.by.clone() }, ..entry }.behind(&head);
            let cells = cells(&csv_line(&chained));
            prop_assert_eq!(cells.len(), COLUMNS.len());
            prop_assert_eq!(cells[6].strip_prefix('\'').unwrap_or(&cells[6]), name.strip_prefix('\'').unwrap_or(&name));
            prop_assert!(!cells.iter().any(|cell| cell.starts_with(['=', '+', '-', '@'])));
        }
    }

    #[test]
    fn a_json_line_holds_the_very_bytes_that_were_hashed() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let entry = entries().new_tree(&mut runner).expect("an entry");
        let entry = entry.current();
        let odd = r#"{"b": 1.0,"a":[ ]}"#;
        let head = Head::none(entry.tenant);
        let chained = Entry { after: Some(odd.to_owned()), before: None, ..entry }.behind(&head);
        let line = json_line(&chained);
        assert!(line.contains(&format!("\"after\":{odd},\"previous\"")), "{line}");
        assert!(line.ends_with("\"}\n") && line.matches('\n').count() == 1 && !line.contains("\"before\""));
    }
}
