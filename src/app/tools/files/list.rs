//! `list_files`

use super::walk::{Filter, walk};
use super::{Limits, note};
use crate::app::tools::workspace::Workspace;
use serde::Deserialize;
use std::fmt::Write as _;

/// Entries that are shown when the call does not say.
const DEFAULT: usize = 500;
/// Entries that are shown at most.
const MOST: usize = 5_000;

/// The arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    path: Option<String>,
    glob: Option<String>,
    recursive: Option<bool>,
    limit: Option<usize>,
}

/// What is in a directory, one entry a line; a directory ends with a slash.
pub fn list(workspace: &Workspace, call: &List, limits: &Limits) -> Result<String, String> {
    let start = workspace.relative(call.path.as_deref().unwrap_or("."))?;
    let filter = Filter::new(call.glob.as_deref())?;
    let most = call.limit.unwrap_or(DEFAULT);
    if !(1..=MOST).contains(&most) {
        return Err(format!("limit: {most} is not between 1 and {MOST}"));
    }
    // Who gives a pattern looks for files, wherever they are.
    let recursive = call.recursive.unwrap_or(!filter.is_any());
    let (mut text, mut shown, mut found) = (String::new(), 0_usize, 0_usize);
    let walked = walk(workspace, &start, recursive, limits, |entry| {
        if !filter.matches(&entry.below) {
            return true;
        }
        found += 1;
        if shown >= most || text.len() > limits.text_bytes() {
            // They are only counted, and not for ever.
            return found < shown + 10_000;
        }
        shown += 1;
        text.push_str(&entry.path.to_string_lossy());
        if entry.kind.is_dir() {
            text.push('/');
        } else if entry.kind.is_symlink() {
            let target = workspace.dir().read_link_contents(&entry.path);
            text.push_str(" -> ");
            text.push_str(&target.map_or_else(|_| "?".into(), |target| target.display().to_string()));
        } else if let Ok(metadata) = workspace.dir().symlink_metadata(&entry.path) {
            let _ = write!(text, "  {} bytes", metadata.len());
        }
        text.push('\n');
        true
    })?;
    let mut notes = walked.notes();
    if found > shown {
        let over = if walked.stopped.is_some() || found >= shown + 10_000 { "at least " } else { "" };
        notes.insert(
            0,
            format!("{shown} of {over}{found} entries are shown; give a glob, a path or a higher limit"),
        );
    }
    if found == 0 {
        let start = start.display();
        let nothing = if filter.is_any() {
            format!("\"{start}\" is empty")
        } else {
            format!("nothing in \"{start}\" matches the glob")
        };
        notes.insert(0, nothing);
    }
    note(&mut text, &notes);
    Ok(text.trim_end().to_owned())
}
