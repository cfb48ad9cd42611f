//! What stands above the file: the environment, and above that the flags.

use super::telemetry::LogFormat;
use super::tree::{Kind, Node, Source, key_path};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The environment variables that are settings, and the keys they set. One that is empty counts as not set.
/// (`GATEWAY_CONFIG` names the file.)
pub const VARIABLES: [(&str, &str); 13] = [
    ("GATEWAY_TOKEN", "gateway.token"),
    ("GATEWAY_ENCRYPTION_KEY", "encryption_key"),
    ("GATEWAY_ENCRYPTION_KEYS_PREVIOUS", "encryption_keys_previous"),
    ("GATEWAY_POSTGRES_DSN", "database.url"),
    ("GATEWAY_HOST", "gateway.host"),
    ("GATEWAY_PORT", "gateway.port"),
    ("GATEWAY_DATA_DIR", "data_dir"),
    ("GATEWAY_CHATGPT_ISSUER", "chatgpt.issuer"),
    ("GATEWAY_CHATGPT_API_BASE", "chatgpt.api_base"),
    ("GATEWAY_CALLBACK_HOST", "chatgpt.callback_host"),
    ("GATEWAY_PG_BIN", "database.embedded.bin_dir"),
    ("GATEWAY_LOG", "telemetry.log_level"),
    ("GATEWAY_LOG_FORMAT", "telemetry.log_format"),
];

/// The variable that names the file.
pub(super) const CONFIG_VARIABLE: &str = "GATEWAY_CONFIG";

/// The flags that every subcommand takes. Secrets are not among them: other users can read a command line.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// Read the settings from this file
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Listen on this address
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub host: Option<String>,
    /// Listen on this port (0: any free one)
    #[arg(long, value_name = "PORT", global = true)]
    pub port: Option<u16>,
    /// Keep the embedded database and the generated keys in this directory
    #[arg(long, value_name = "DIRECTORY", global = true)]
    pub data_dir: Option<PathBuf>,
    /// How log lines look
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log_format: Option<LogFormat>,
}

impl Overrides {
    /// Lays the flags over the tree.
    pub(super) fn apply(&self, tree: &mut Node) {
        let path = |path: &PathBuf| Value::from(path.to_string_lossy());
        let flags = [
            ("--host", "gateway.host", self.host.clone().map(Value::from)),
            ("--port", "gateway.port", self.port.map(Value::from)),
            ("--data-dir", "data_dir", self.data_dir.as_ref().map(path)),
            ("--log-format", "telemetry.log_format", self.log_format.map(|format| format.as_str().into())),
        ];
        for (flag, key, value) in flags {
            if let Some(value) = value {
                tree.set(&key_path(key), Node::scalar(value, Source::Flag(flag)));
            }
        }
    }
}

/// Lays the environment over the tree. `defaults` are the default settings, which tell where a number is wanted and
/// where a list, whose items a variable separates with commas.
pub(super) fn apply_environment(env: &BTreeMap<String, String>, defaults: &Value, tree: &mut Node) {
    for (name, key) in VARIABLES {
        let Some(text) = env.get(name).filter(|text| !text.is_empty()) else {
            continue;
        };
        // Kubernetes sets `GATEWAY_PORT=tcp://…` in every pod beside a service that is called `gateway`.
        if name == "GATEWAY_PORT" && text.starts_with("tcp://") {
            continue;
        }
        let default = defaults.pointer(&format!("/{}", key.replace('.', "/")));
        let source = Source::Environment(name);
        let node = if default.is_some_and(Value::is_array) {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Node {
                source,
                kind: Kind::List(items.map(|item| Node::scalar(item.into(), source)).enumerate().collect()),
            }
        } else {
            let number =
                default.filter(|default| default.is_number()).and_then(|_| text.trim().parse::<i64>().ok());
            Node::scalar(number.map_or_else(|| Value::from(text.as_str()), Value::from), source)
        };
        tree.set(&key_path(key), node);
    }
}
