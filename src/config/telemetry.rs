//! `telemetry`: logs.

use super::section::section;
use super::values::{self, LogFilter};
use serde::{Deserialize, Serialize};

section! {
    /// Logs.
    Telemetry {
        /// `pretty` for people, `json` for machines.
        log_format: LogFormat = LogFormat::Pretty,
        /// What is logged: a level (`info`) or a filter (`info,gateway=debug,sqlx=warn`).
        #[serde(deserialize_with = "values::text::<LogFilter, _>")]
        log_level: String = "info".into(),
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line for people, coloured on a terminal.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// Its name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Json => "json",
        }
    }
}
