//! `search_files`

use super::walk::{Filter, walk};
use super::{Limits, is_binary, note, shortened};
use crate::app::tools::workspace::Workspace;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::Path;

/// Matching lines that are shown when the call does not say.
const DEFAULT: usize = 100;
/// Matching lines that are shown at most.
const MOST: usize = 1_000;
/// Lines around a match at most.
const MOST_CONTEXT: usize = 10;
/// Most bytes of one line.
const LINE: usize = 400;
/// Most bytes that one call reads.
const MOST_READ: u64 = 512 * 1024 * 1024;
/// The largest compiled pattern, in bytes.
const PATTERN: usize = 1 << 20;

/// The arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pattern: String,
    path: Option<String>,
    glob: Option<String>,
    ignore_case: Option<bool>,
    context: Option<usize>,
    limit: Option<usize>,
}

/// What a search has found so far.
struct Found {
    text: String,
    lines: usize,
    files: usize,
    read: u64,
    too_large: usize,
    full: bool,
}

/// Lines that match, as `path:line: text`; lines around them as `path-line- text`.
pub fn search(workspace: &Workspace, call: &Search, limits: &Limits) -> Result<String, String> {
    if call.pattern.is_empty() {
        return Err("pattern is empty; it has to be a regular expression".to_owned());
    }
    let pattern = RegexBuilder::new(&call.pattern)
        .case_insensitive(call.ignore_case.unwrap_or(false))
        .size_limit(PATTERN)
        .dfa_size_limit(PATTERN)
        .build()
        .map_err(|error| {
            format!(
                "pattern: {error}\nIt is a regular expression without look-around and back-references; to look for \
                 characters such as ( or [ themselves, put a backslash before each"
            )
        })?;
    let start = workspace.relative(call.path.as_deref().unwrap_or("."))?;
    let filter = Filter::new(call.glob.as_deref())?;
    let (most, context) = (call.limit.unwrap_or(DEFAULT), call.context.unwrap_or(0));
    if !(1..=MOST).contains(&most) {
        return Err(format!("limit: {most} is not between 1 and {MOST}"));
    }
    if context > MOST_CONTEXT {
        return Err(format!("context: {context} is not between 0 and {MOST_CONTEXT}"));
    }
    let mut found = Found { text: String::new(), lines: 0, files: 0, read: 0, too_large: 0, full: false };
    let mut look = |path: &Path| {
        let Ok((_, metadata)) = workspace.open_file(path) else { return true };
        if metadata.len() > limits.file_bytes {
            found.too_large += 1;
            return true;
        }
        let Ok(bytes) = workspace.read(path, limits.file_bytes) else { return true };
        found.read += bytes.len() as u64;
        if !is_binary(&bytes) {
            found.take(&pattern, path, &String::from_utf8_lossy(&bytes), (most, context), limits);
        }
        !found.full && found.read < MOST_READ
    };
    let is_file = workspace.dir().metadata(&start).is_ok_and(|metadata| metadata.is_file());
    let walked = if is_file {
        look(&start);
        super::walk::Walked::default()
    } else {
        walk(workspace, &start, true, limits, |entry| {
            !entry.kind.is_file() || !filter.matches(&entry.below) || look(&entry.path)
        })?
    };
    let mut notes = walked.notes();
    if found.full {
        notes.insert(0, format!("only the first {} matching lines are shown; be more exact", found.lines));
    } else if found.read >= MOST_READ {
        notes.insert(0, format!("stopped after {} MiB; give a glob or a path", MOST_READ >> 20));
    }
    if found.too_large > 0 {
        notes.push(format!("{} files are too large and were left out", found.too_large));
    }
    if found.lines == 0 {
        notes.insert(0, format!("no line in {} files matches", found.files));
    }
    note(&mut found.text, &notes);
    Ok(found.text.trim_end().to_owned())
}

impl Found {
    fn take(
        &mut self,
        pattern: &Regex,
        path: &Path,
        text: &str,
        (most, context): (usize, usize),
        limits: &Limits,
    ) {
        self.files += 1;
        if !pattern.is_match(text) && !text.lines().any(|line| pattern.is_match(line)) {
            return;
        }
        let lines: Vec<&str> = text.lines().collect();
        let path = path.to_string_lossy();
        // The next line that was not shown.
        let mut next = 0;
        for (number, line) in lines.iter().enumerate() {
            if !pattern.is_match(line) {
                continue;
            }
            if self.lines >= most || self.text.len() > limits.text_bytes() || limits.over() {
                self.full = true;
                return;
            }
            self.lines += 1;
            let from = number.saturating_sub(context).max(next);
            if context > 0 && from > next && !self.text.is_empty() {
                self.text.push_str("--\n");
            }
            let to = (number + context + 1).min(lines.len());
            for (at, line) in lines.iter().enumerate().take(to).skip(from) {
                let mark = if pattern.is_match(line) { ':' } else { '-' };
                // A match in the lines after this one counts when its turn comes.
                if at > number && mark == ':' {
                    next = at;
                    break;
                }
                let _ = writeln!(self.text, "{path}{mark}{}{mark} {}", at + 1, shortened(line, LINE));
                next = at + 1;
            }
        }
    }
}
