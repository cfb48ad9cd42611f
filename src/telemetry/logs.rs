//! The subscriber: pretty lines or JSON, under a filter that can be changed while it runs.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

/// Why logs cannot be set up or changed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The text is no filter.
    #[error("\"{filter}\" is not a log filter")]
    Filter {
        /// The text.
        filter: String,
        /// Why not.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The process has its subscriber already.
    #[error("logs are set up already")]
    SetUpAlready(#[from] tracing::subscriber::SetGlobalDefaultError),
    /// The subscriber is gone.
    #[error("there is no log to change")]
    Gone(#[from] reload::Error),
}

/// Changes what is logged while the process runs.
#[derive(Clone)]
pub struct LogHandle(reload::Handle<EnvFilter, Registry>);

impl LogHandle {
    /// Logs by another filter from now on: a level (`info`) or more (`info,gateway=debug`).
    pub fn set_filter(&self, filter: &str) -> Result<(), LogError> {
        self.0.reload(parse(filter)?)?;
        Ok(())
    }
}

/// Logs to standard error for the rest of the process. `filter` is a level or more, as in [`LogHandle::set_filter`].
pub fn init(format: LogFormat, filter: &str) -> Result<LogHandle, LogError> {
    let (subscriber, handle) = subscriber(format, filter, std::io::stderr().is_terminal(), std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(handle)
}

/// The subscriber that [`init`] installs, writing anywhere: for tests.
pub fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    colours: bool,
    writer: W,
) -> Result<(impl Subscriber + Send + Sync, LogHandle), LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(parse(filter)?);
    let lines = fmt::layer().with_writer(writer).with_ansi(colours);
    let lines = match format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    Ok((Registry::default().with(filter).with(lines), LogHandle(handle)))
}

/// At `info`, the MCP library tells of every request, and warns of every mistake of a peer: there it is left to whoever
/// names it.
fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    let level = filter.split(',').find_map(|part| part.trim().parse::<LevelFilter>().ok());
    let quiet = level == Some(LevelFilter::INFO) && !filter.contains("rmcp");
    let full = if quiet { format!("{filter},rmcp=error") } else { filter.to_owned() };
    EnvFilter::try_new(full).map_err(|source| LogError::Filter { filter: filter.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str, act: impl FnOnce(&LogHandle)) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let (subscriber, handle) = subscriber(format, filter, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || act(&handle));
        lines.text()
    }

    #[test]
    fn a_json_line_is_one_object_with_the_request_it_belongs_to() {
        let text = logged(LogFormat::Json, "info", |_| {
            let _request = tracing::info_span!("request", request_id = "r-1").entered();
            tracing::info!(status = 200, "served");
        });
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(line["message"], "served");
        assert_eq!(line["status"], 200);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["span"]["request_id"], "r-1");
    }

    #[test]
    fn a_pretty_line_is_one_line_without_colours_off_a_terminal() {
        let text = logged(LogFormat::Pretty, "info", |_| {
            tracing::warn!(account = "a", "cooling down");
        });
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("WARN") && text.contains("cooling down account=\"a\""), "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn the_filter_can_be_changed_while_it_runs() {
        let text = logged(LogFormat::Pretty, "info", |handle| {
            tracing::debug!("before");
            handle.set_filter("debug").unwrap();
            tracing::debug!("between");
            handle.set_filter("off").unwrap();
            tracing::error!("after");
        });
        assert!(text.contains("between") && !text.contains("before") && !text.contains("after"), "{text}");
    }

    #[test]
    fn the_mcp_library_is_heard_by_whoever_wants_to() {
        let said = |filter| {
            logged(LogFormat::Pretty, filter, |_| {
                tracing::info!(target: "rmcp::service", "served");
                tracing::error!(target: "rmcp::service", "broken");
            })
        };
        assert!(!said("info").contains("served") && said("info").contains("broken"));
        assert!(said("info,rmcp=info").contains("served") && said("debug").contains("served"));
        assert!(said("off").is_empty() && said("gateway=info").is_empty());
    }

    #[test]
    fn a_filter_that_is_none_is_refused_and_the_old_one_stays() {
        let text = logged(LogFormat::Pretty, "info", |handle| {
            assert!(handle.set_filter("gateway=loud").is_err());
            tracing::info!("still here");
        });
        assert!(text.contains("still here"));
    }
}
