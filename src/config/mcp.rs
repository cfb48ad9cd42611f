//! `mcp`: the servers whose tools agents may call.

use super::section::section;
use super::values::{self, NonEmpty};
use crate::domain::mcp::{Draft, Secrets};
use std::collections::BTreeMap;

section! {
    /// MCP servers, whose tools agents may call.
    Mcp {
        /// The file's servers by their name: a slug of at most 32 characters.
        servers: BTreeMap<String, McpServer> = BTreeMap::new(),
    }
}

section! {
    /// One server. What it may have together is [`Draft::check`]'s.
    McpServer {
        /// `stdio` or `streamable_http`; null: as there is a command or a url.
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        transport: Option<String> = None,
        /// The program of a `stdio` server. It runs on this host, as the user of the gateway.
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        command: Option<String> = None,
        /// Its arguments.
        args: Vec<String> = Vec::new(),
        /// Its environment, beside the little that every program needs. The values are secrets.
        #[serde(with = "values::named_secrets")]
        env: Secrets = Secrets::new(),
        /// Where a `streamable_http` server is.
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        url: Option<String> = None,
        /// Headers of every request to it. The values are secrets.
        #[serde(with = "values::named_secrets")]
        headers: Secrets = Secrets::new(),
        /// Whether it is connected.
        enabled: bool = true,
        /// Seconds that a connection, the list of the tools, or a call may take.
        #[serde(deserialize_with = "values::within::<1, 3_600, _, _>")]
        timeout_seconds: u32 = 60,
    }
}

impl McpServer {
    /// What has to be checked as one.
    pub fn draft(&self) -> Draft {
        Draft {
            transport: self.transport.clone(),
            command: self.command.clone(),
            args: self.args.clone(),
            env: self.env.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
        }
    }
}
