//! The SQL of requests, as it was run: for what has to be as much work whatever the answer.

use regex::Regex;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9a-f]{8}-[0-9a-f-]{27}").unwrap());

/// What requests asked of the database on this thread, while it lives.
pub struct Statements {
    seen: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Statements {
    pub fn watch() -> Self {
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let subscriber = Registry::default().with(Watch(Arc::clone(&seen)));
        Self { seen, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// Those since the last time: each with the rows that came of it, ids left out.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

struct Watch(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Watch {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let of_request =
            || context.event_scope(event).is_some_and(|mut scope| scope.any(|s| s.name() == "request"));
        if event.metadata().target() == "sqlx::query" && of_request() {
            let mut line = Line::default();
            event.record(&mut line);
            let text = if line.whole.is_empty() { line.summary } else { line.whole };
            let text = ID.replace_all(text.trim(), "<id>").into_owned();
            self.0.lock().unwrap().push(format!("{text}: {} changed, {} read", line.changed, line.read));
        }
    }
}

#[derive(Default)]
struct Line {
    summary: String,
    whole: String,
    changed: u64,
    read: u64,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows_affected" => self.changed = value,
            "rows_returned" => self.read = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "summary" {
            self.summary = format!("{value:?}");
        }
    }
}
