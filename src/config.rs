//! The settings: file < environment < flags.
//!
//! One file per section holds its keys, each with its meaning and its default on one line; the known keys, the
//! masks of `gateway check-config` and the test of `config.example.json` all come from those types. Nothing here
//! reads the process's environment by itself: [`Loader`] takes it as a value.

mod section;

mod access;
mod agents;
mod chatgpt;
mod database;
mod mcp;
mod quota;
mod routing;
mod server;
mod telemetry;
mod tools;
mod upstream;

mod load;
mod overrides;
mod problem;
mod reload;
mod report;
mod tree;
mod typing;
mod values;
mod watch;

#[cfg(test)]
mod tests;

pub use access::{Access, OidcIssuer};
pub use agents::{AgentDefaults, AgentEntry, AgentTools, Agents, ChatgptOauthRouting};
pub use chatgpt::Chatgpt;
pub use database::{Database, Embedded};
pub use load::{Dirs, Loaded, Loader};
pub use mcp::{Mcp, McpServer};
pub use overrides::{Overrides, VARIABLES};
pub use problem::{ConfigError, Problem, What};
pub use quota::Quota;
pub use reload::{Change, ConfigChange, NEEDS_RESTART};
pub use routing::Routing;
pub use server::{Admin, Server, Tls};
pub use telemetry::{LogFormat, Telemetry};
pub use tools::{ToolExec, ToolFiles, ToolNotes, ToolWebFetch, Tools};
pub use tree::Source;
pub use upstream::Upstream;
pub use values::{STRATEGIES, THINKING_LEVELS};
pub use watch::{ConfigWatch, WatchError};

use secrecy::SecretString;
use std::path::PathBuf;

section::section! {
    /// Every setting, with its effective value.
    Config {
        /// The listener, its token and its limits. In the file this section is called `gateway`.
        #[serde(rename = "gateway")]
        server: Server = Server::default(),
        /// The external database, or where the embedded one finds its programs.
        database: Database = Database::default(),
        /// Where the embedded database and the generated keys live. Absolute after loading. The default here is
        /// root's; null is that of the present user, which [`Dirs`] knows.
        #[serde(deserialize_with = "values::data_dir")]
        data_dir: PathBuf = PathBuf::from("/var/lib/gateway"),
        /// Encrypts tokens and keys at rest: 64 hex digits, 44 characters of base64, or 32 bytes. Without one, a key
        /// is made and kept in the data directory.
        #[serde(with = "values::secret")]
        encryption_key: Option<SecretString> = None,
        /// Older keys, in the same forms: they open what they have sealed and seal nothing more.
        #[serde(with = "values::secrets")]
        encryption_keys_previous: Vec<SecretString> = Vec::new(),
        /// What every agent uses unless it says otherwise, and the agents that the file defines.
        agents: Agents = Agents::default(),
        /// The bounds of what agents do.
        tools: Tools = Tools::default(),
        /// The sign-in with ChatGPT and its backend.
        chatgpt: Chatgpt = Chatgpt::default(),
        /// How a request finds its account.
        routing: Routing = Routing::default(),
        /// Time limits of calls to providers.
        upstream: Upstream = Upstream::default(),
        /// How often the accounts' usage is asked for, and how long its history is kept.
        quota: Quota = Quota::default(),
        /// MCP servers, whose tools agents may call.
        mcp: Mcp = Mcp::default(),
        /// How people sign in, and how long they stay so.
        access: Access = Access::default(),
        /// Logs.
        telemetry: Telemetry = Telemetry::default(),
    }
}
