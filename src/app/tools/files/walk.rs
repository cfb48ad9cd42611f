//! Walks through a workspace: in order of the names, bounded, and never out of it.

use super::Limits;
use crate::app::tools::workspace::{Workspace, fault};
use cap_std::fs::FileType;
use globset::{GlobBuilder, GlobMatcher};
use std::path::{Path, PathBuf};

/// Most entries that one call looks at.
const MOST_ENTRIES: usize = 100_000;
/// The deepest directory.
const MOST_DEPTH: usize = 64;
/// What other programs keep for themselves; entered when it is asked for by name.
const SKIPPED: [&str; 5] = [".git", ".hg", "node_modules", "__pycache__", ".venv"];

/// Which files are meant.
#[derive(Debug)]
pub struct Filter {
    glob: Option<GlobMatcher>,
    /// The pattern is about the path below the start, not about the name alone.
    by_path: bool,
}

impl Filter {
    /// A pattern without a slash is about a file's name, wherever the file is.
    pub fn new(glob: Option<&str>) -> Result<Self, String> {
        let Some(pattern) = glob.filter(|glob| !glob.is_empty()) else {
            return Ok(Self { glob: None, by_path: false });
        };
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
            format!(
                "glob: \"{pattern}\" is no pattern: {}. Right are \"*.rs\", \"src/**/*.{{ts,tsx}}\"",
                error.kind()
            )
        })?;
        Ok(Self { glob: Some(glob.compile_matcher()), by_path: pattern.contains('/') })
    }

    /// `below` is the path from where the walk started.
    pub fn matches(&self, below: &Path) -> bool {
        let Some(glob) = &self.glob else { return true };
        if self.by_path {
            return glob.is_match(below);
        }
        below.file_name().is_some_and(|name| glob.is_match(name))
    }

    /// Whether there is a pattern at all.
    pub fn is_any(&self) -> bool {
        self.glob.is_none()
    }
}

/// One entry on the way.
pub struct Entry {
    /// From the workspace on, without `./`.
    pub path: PathBuf,
    /// From the start of the walk on.
    pub below: PathBuf,
    pub kind: FileType,
}

/// How a walk ended.
#[derive(Debug, Default)]
pub struct Walked {
    /// Why not everything was seen.
    pub stopped: Option<String>,
    /// Directories that were not entered, each name once.
    pub skipped: Vec<String>,
}

/// Calls `see` with every entry below `start` until it says `false`. Directories come before what is in them; links are
/// seen and not followed.
pub fn walk(
    workspace: &Workspace,
    start: &Path,
    recursive: bool,
    limits: &Limits,
    mut see: impl FnMut(&Entry) -> bool,
) -> Result<Walked, String> {
    let mut walked = Walked::default();
    let mut seen = 0;
    // Directories still to enter, the next one last.
    let mut waiting: Vec<(PathBuf, PathBuf)> = vec![(start.to_owned(), PathBuf::new())];
    while let Some((path, below)) = waiting.pop() {
        let entries = match workspace.dir().read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if below.as_os_str().is_empty() => return Err(fault(&path, &error)),
            // It went, or is not for us.
            Err(_) => continue,
        };
        let mut here: Vec<Entry> = Vec::new();
        for entry in entries {
            seen += 1;
            if seen > MOST_ENTRIES || limits.over() {
                let why = if seen > MOST_ENTRIES {
                    format!("stopped after {MOST_ENTRIES} entries; ask for a smaller part")
                } else {
                    "stopped because the time was over; ask for a smaller part".to_owned()
                };
                walked.stopped = Some(why);
                return Ok(walked);
            }
            let Ok(entry) = entry else { continue };
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            let tidy = if path == Path::new(".") { PathBuf::from(&name) } else { path.join(&name) };
            here.push(Entry { path: tidy, below: below.join(&name), kind });
        }
        here.sort_by(|a, b| a.below.cmp(&b.below));
        let mut inner = Vec::new();
        for entry in here {
            if !see(&entry) {
                return Ok(walked);
            }
            if !recursive || !entry.kind.is_dir() {
                continue;
            }
            let name = entry.below.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if SKIPPED.contains(&&*name) {
                if !walked.skipped.contains(&name) {
                    walked.skipped.push(name);
                }
            } else if entry.below.components().count() < MOST_DEPTH {
                inner.push((entry.path, entry.below));
            }
        }
        waiting.extend(inner.into_iter().rev());
    }
    Ok(walked)
}

impl Walked {
    /// What a model has to know about it, as the end of an answer.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.stopped.clone().into_iter().collect();
        if !self.skipped.is_empty() {
            notes.push(format!("not entered: {}; name one as path to look into it", self.skipped.join(", ")));
        }
        notes
    }
}
