//! The file is watched: a valid change applies without a restart, an invalid one is refused with its reason and the
//! settings in force stay.

use super::Config;
use super::load::{FileText, Loaded, Loader, read_file};
use super::problem::ConfigError;
use super::reload::{ConfigChange, reload};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// An editor's save is several events; this much silence ends them.
const QUIET: Duration = Duration::from_millis(150);

/// Changes are looked at after this long even when events go on.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Why the file cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {} for changes", path.display())]
pub struct WatchError {
    path: PathBuf,
    source: notify::Error,
}

/// The watched settings.
///
/// The directories are watched, not the file: editors and Kubernetes replace a file by renaming another over it. Any
/// event in them is a reason to look, and only a changed text is a change.
pub struct ConfigWatch {
    loader: Loader,
    running: Loaded,
    /// The text looked at last, valid or not, so that each text is judged once.
    seen: Seen,
    woken: Arc<Notify>,
    current: watch::Sender<Arc<Config>>,
    /// Watches until it is dropped.
    _watcher: RecommendedWatcher,
}

#[derive(PartialEq)]
enum Seen {
    Nothing,
    Text(FileText),
    Failure(String),
}

impl Seen {
    fn of(outcome: &Result<Option<FileText>, ConfigError>) -> Self {
        match outcome {
            Ok(None) => Self::Nothing,
            Ok(Some(file)) => Self::Text(file.clone()),
            Err(error) => Self::Failure(error.to_string()),
        }
    }
}

impl ConfigWatch {
    /// Begins to watch the file that the settings came from, or, when there was none, the places where one may
    /// appear. Nothing is applied before [`ConfigWatch::run`] runs; no change between the two is lost.
    pub fn start(loader: Loader, running: Loaded) -> Result<Self, WatchError> {
        let woken = Arc::new(Notify::new());
        let wake = Arc::clone(&woken);
        let dirs = watched(&loader, &running);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading the file is an event too; without this the watch would wake itself.
            if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                wake.notify_one();
            }
        })
        .map_err(|source| WatchError { path: dirs.first().cloned().unwrap_or_default(), source })?;
        for dir in &dirs {
            watcher
                .watch(dir, RecursiveMode::NonRecursive)
                .map_err(|source| WatchError { path: dir.clone(), source })?;
        }
        // What changed between loading and watching is found by looking once.
        woken.notify_one();
        let current = watch::Sender::new(Arc::clone(&running.config));
        Ok(Self { loader, running, seen: Seen::Nothing, woken, current, _watcher: watcher })
    }

    /// The settings in force, now and after every change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        self.current.subscribe()
    }

    /// Applies changes until it is dropped: to the subscribers, to the log, then to `on_change`.
    pub async fn run(mut self, on_change: impl Fn(&ConfigChange) + Send) {
        loop {
            self.woken.notified().await;
            let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
            while tokio::time::Instant::now() < deadline
                && tokio::time::timeout(QUIET, self.woken.notified()).await.is_ok()
            {}
            if let Some(change) = self.look() {
                on_change(&change);
            }
        }
    }

    /// Looks at the file once.
    fn look(&mut self) -> Option<ConfigChange> {
        let file = self.read();
        let seen = Seen::of(&file);
        if seen == self.seen {
            return None;
        }
        self.seen = seen;
        match file.and_then(|file| reload(&self.loader, &self.running, file)) {
            Ok(None) => None,
            Ok(Some(change)) => {
                self.running = change.loaded.clone();
                self.current.send_replace(Arc::clone(&change.loaded.config));
                log(&change);
                Some(change)
            }
            Err(error) => {
                tracing::warn!(reason = %chain(&error), "the changed settings are refused; the old ones stay");
                None
            }
        }
    }

    /// The file in use, which must not vanish; when none was in use, the one that may have appeared.
    fn read(&self) -> Result<Option<FileText>, ConfigError> {
        match &self.running.file {
            Some(path) => match read_file(path)? {
                Some(text) => Ok(Some((path.clone(), text))),
                None => Err(ConfigError::Gone { path: path.clone() }),
            },
            None => self.loader.read(),
        }
    }
}

/// The directories to watch: the file's, and that of the file behind a symbolic link.
fn watched(loader: &Loader, running: &Loaded) -> Vec<PathBuf> {
    let files = match &running.file {
        Some(file) => [Some(file.clone()), file.canonicalize().ok()].into_iter().flatten().collect(),
        None => loader.candidates(),
    };
    let mut dirs: Vec<PathBuf> = files
        .iter()
        .filter_map(|file| file.parent())
        .map(|dir| if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_owned() })
        .filter(|dir| dir.is_dir())
        .collect();
    dirs.dedup();
    dirs
}

fn log(change: &ConfigChange) {
    let listed =
        |changes: &[super::Change]| changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if !change.applied.is_empty() {
        tracing::info!(changes = %listed(&change.applied), "changed settings applied");
    }
    if !change.needs_restart.is_empty() {
        tracing::warn!(changes = %listed(&change.needs_restart), "changed settings need a restart");
    }
}

fn chain(error: &ConfigError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
