//! MCP servers: other programs whose tools agents may call.
//!
//! One task per server keeps it connected ([`supervise`]); what its tools are, and how it is, is read from memory. A
//! server that is broken is a clear error of the calls to it and of nothing else. Servers come from the configuration
//! file (the default tenant's) and from the database; every replica keeps its own connections.

mod call;
mod connect;
mod definition;
mod manage;
mod process;
mod supervise;

pub use definition::Definition;
pub use manage::{MASK, McpError, ServerChange};

use crate::app::clock::Clock;
use crate::app::vault::Vault;
use crate::config::Config;
use crate::domain::ids::{MASTER_TENANT, TenantId};
use crate::domain::mcp::{Reach, qualified_names};
use crate::domain::tool::ToolSpec;
use crate::lifecycle::Tasks;
use crate::store::db::Db;
use crate::store::mcp_servers;
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use supervise::Runner;
use tokio::sync::{Mutex, watch};

/// Whether a server can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// For the first time, or because somebody asked for it.
    Connecting,
    Connected,
    /// It is tried again from time to time.
    Failed,
    Disabled,
}

impl State {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
        }
    }
}

/// How a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    /// Why it failed, for people; no secret.
    pub error: Option<String>,
    pub since: DateTime<Utc>,
}

/// A tool of one server, under its own name.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerTool {
    pub name: String,
    pub description: String,
    /// A JSON schema, of type object.
    pub parameters: serde_json::Value,
}

/// A tool as an agent gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct McpTool {
    pub server: String,
    /// As its server calls it.
    pub tool: String,
    /// As the model calls it: `mcp_<server>_<tool>`.
    pub qualified: String,
    /// Named as the model calls it.
    pub spec: ToolSpec,
}

/// A server as the API shows it.
#[derive(Clone, Debug)]
pub struct ServerView {
    pub definition: Arc<Definition>,
    pub status: Status,
    /// As it last told them.
    pub tools: Arc<Vec<ServerTool>>,
}

/// What they work with.
pub struct McpParts {
    pub db: Db,
    pub clock: Clock,
    pub vault: Vault,
    pub config: Arc<ArcSwap<Config>>,
    pub tasks: Tasks,
    /// For servers that are reached over HTTP.
    pub http: reqwest::Client,
}

/// All MCP servers of this process.
pub struct McpServers {
    parts: McpParts,
    servers: ArcSwap<Servers>,
    /// One rebuild at a time: an older reading must not replace a newer one.
    rebuild: Mutex<()>,
}

/// By tenant and name: the order in which tools are offered.
type Servers = BTreeMap<(TenantId, String), Server>;

#[derive(Clone)]
struct Server {
    definition: Arc<Definition>,
    runner: Arc<Runner>,
}

impl McpServers {
    /// None until the first [`reload`](Self::reload).
    pub fn new(parts: McpParts) -> Self {
        Self { parts, servers: ArcSwap::default(), rebuild: Mutex::default() }
    }

    /// Reads the definitions anew, and starts, restarts and ends what changed; who did not is left alone.
    pub async fn reload(&self) -> sqlx::Result<()> {
        let _one = self.rebuild.lock().await;
        let wanted = self.wanted().await?;
        let old = self.servers.load_full();
        let mut new = Servers::new();
        for (key, definition) in wanted {
            let definition = Arc::new(definition);
            let before = old.get(&key);
            let runner = match before {
                Some(before) if before.definition.runs_as(&definition) => before.runner.clone(),
                _ => {
                    let before = before.map(|before| before.runner.clone());
                    Runner::start(&definition, before, &self.parts)
                }
            };
            new.insert(key, Server { definition, runner });
        }
        for (key, server) in old.iter() {
            let kept = new.get(key).is_some_and(|kept| Arc::ptr_eq(&kept.runner, &server.runner));
            if !kept {
                server.runner.stop();
            }
        }
        self.servers.store(Arc::new(new));
        Ok(())
    }

    async fn wanted(&self) -> sqlx::Result<BTreeMap<(TenantId, String), Definition>> {
        let rows = mcp_servers::list_all(&mut *self.parts.db.work().await?).await?;
        let stored = rows.into_iter().map(|row| {
            let definition = Definition::stored(row, &self.parts.vault);
            ((definition.tenant, definition.name.clone()), definition)
        });
        let mut wanted: BTreeMap<_, _> = stored.collect();
        // One of the database with the same name gives way, as the file can't be changed from here.
        for (name, entry) in &self.parts.config.load().mcp.servers {
            wanted.insert((MASTER_TENANT, name.clone()), Definition::of_file(name, entry));
        }
        Ok(wanted)
    }

    /// Every tool that the tenant's servers told of, by server and name: a stable order. A server that is away for the
    /// moment keeps its tools; a call says what is wrong.
    pub fn tools(&self, tenant: TenantId) -> Vec<McpTool> {
        let servers = self.servers.load();
        let lists: Vec<(&str, Arc<Vec<ServerTool>>)> = of_tenant(&servers, tenant)
            .map(|server| (server.definition.name.as_str(), server.runner.live().tools))
            .collect();
        let pairs = lists.iter().flat_map(|(server, tools)| tools.iter().map(move |tool| (*server, tool)));
        let names = qualified_names(pairs.clone().map(|(server, tool)| (server, tool.name.as_str())));
        pairs
            .zip(names)
            .map(|((server, tool), qualified)| McpTool {
                server: server.to_owned(),
                tool: tool.name.clone(),
                spec: ToolSpec {
                    name: qualified.clone(),
                    description: tool.description.clone(),
                    parameters: tool.parameters.clone(),
                },
                qualified,
            })
            .collect()
    }

    /// The tenant's servers, by name.
    pub fn list(&self, tenant: TenantId) -> Vec<ServerView> {
        of_tenant(&self.servers.load(), tenant).map(Server::view).collect()
    }

    /// One server, by id or name. A UUID is also a valid name: the id goes first.
    pub fn find(&self, tenant: TenantId, id_or_name: &str) -> Option<ServerView> {
        self.server(tenant, id_or_name).map(|server| server.view())
    }

    fn server(&self, tenant: TenantId, id_or_name: &str) -> Option<Server> {
        let servers = self.servers.load();
        let by_id = |server: &&Server| server.definition.id.is_some_and(|own| own.to_string() == id_or_name);
        let by_name = || servers.get(&(tenant, id_or_name.to_owned()));
        of_tenant(&servers, tenant).find(by_id).or_else(by_name).cloned()
    }

    /// Waits until the server is no longer connecting, or the time is over; how it is then.
    pub async fn settled(&self, tenant: TenantId, id_or_name: &str, most: Duration) -> Option<ServerView> {
        let server = self.server(tenant, id_or_name)?;
        let mut live = server.runner.watch();
        let settled = live.wait_for(|live| live.status.state != State::Connecting);
        // When the time is over it is shown as it is.
        let _ = tokio::time::timeout(most, settled).await;
        Some(server.view())
    }
}

fn of_tenant(servers: &Servers, tenant: TenantId) -> impl Iterator<Item = &Server> {
    servers.range((tenant, String::new())..).take_while(move |((of, _), _)| *of == tenant).map(|(_, s)| s)
}

impl ServerView {
    /// Whether it is a program on the gateway's host.
    pub fn is_stdio(&self) -> bool {
        matches!(self.definition.reach, Reach::Stdio { .. })
    }
}

impl Server {
    fn view(&self) -> ServerView {
        let live = self.runner.live();
        ServerView { definition: self.definition.clone(), status: live.status, tools: live.tools }
    }
}

/// What is known of a server at this moment.
#[derive(Clone)]
struct Live {
    status: Status,
    tools: Arc<Vec<ServerTool>>,
    /// While it is connected.
    peer: Option<connect::Peer>,
}

impl Live {
    fn new(state: State, error: Option<String>, now: DateTime<Utc>) -> watch::Sender<Self> {
        let status = Status { state, error, since: now };
        watch::Sender::new(Self { status, tools: Arc::default(), peer: None })
    }
}
