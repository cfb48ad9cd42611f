//! The tools of agents: what there is, who may call what, and the calls.
//!
//! A call never fails for its caller: what went wrong is an output that says to the model what would be right. Every call
//! is bounded in time and in the size of its output, reads the settings as they are now, and stops when its run is
//! cancelled or its future is dropped.

mod arguments;
mod builtin;
mod exec;
mod files;
mod notes;
mod web;
mod workspace;

pub use builtin::Builtin;

use crate::app::clock::Clock;
use crate::app::mcp::McpServers;
use crate::config::Config;
use crate::domain::ids::{MASTER_TENANT, TenantId};
use crate::domain::tool::{ToolOutput, ToolSpec, ToolsConfig, cut_middle};
use crate::store::db::Db;
use crate::upstream::web::WebClient;
use arc_swap::ArcSwap;
use exec::{Exec, ExecLimits, Gate, Place, Sandbox};
use files::Limits;
use notes::Notes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use workspace::{Bounds, Workspace};

/// Who calls, and where.
#[derive(Clone, Debug)]
pub struct ToolContext {
    pub tenant: TenantId,
    pub agent_key: String,
    /// The agent's, else the default one.
    pub workspace: Option<PathBuf>,
    /// The agent's lists, else the default ones; see [`ToolsConfig`].
    pub tools_config: Map<String, Value>,
    pub cancel: CancellationToken,
}

/// A tool as the API shows it.
#[derive(Clone, Debug)]
pub struct ToolInfo {
    pub name: String,
    pub description: String,
    pub parameters: Value,
    /// `builtin` or `mcp:<server>`.
    pub source: String,
    /// Whether it can be called at all, by an agent that may.
    pub enabled: bool,
    /// Why it can't, or what to know about it.
    pub reason: Option<String>,
}

/// What it works with.
pub struct ToolboxParts {
    pub config: Arc<ArcSwap<Config>>,
    pub db: Db,
    pub clock: Clock,
    pub web: WebClient,
    pub mcp: Arc<McpServers>,
}

/// All tools. Clones share everything.
#[derive(Clone)]
pub struct Toolbox(Arc<Inner>);

struct Inner {
    parts: ToolboxParts,
    commands: Gate,
    sandbox: Sandbox,
}

/// What a tool that ends its work by itself gets beyond that, to make its answer.
const MARGIN: Duration = Duration::from_secs(5);

impl Toolbox {
    pub fn new(parts: ToolboxParts) -> Self {
        Self(Arc::new(Inner { parts, commands: Gate::default(), sandbox: Sandbox::default() }))
    }

    /// Calls of one step that may run side by side, as configured now.
    pub fn max_parallel(&self) -> usize {
        self.0.parts.config.load().tools.max_parallel
    }

    /// The tools that this agent may call now, in a stable order: the built-in ones, then those of the MCP servers by
    /// server and name.
    pub async fn offered(&self, ctx: &ToolContext) -> Vec<ToolSpec> {
        let allowed = ToolsConfig::lenient(&ctx.tools_config);
        let mut offered = Vec::new();
        for tool in Builtin::ALL {
            if allowed.allows(tool.name(), None) && self.available(ctx.tenant, tool).await.is_ok() {
                offered.push(tool.spec());
            }
        }
        let theirs = self.0.parts.mcp.tools(ctx.tenant).into_iter();
        offered.extend(
            theirs.filter(|tool| allowed.allows(&tool.spec.name, Some(&tool.server))).map(|tool| tool.spec),
        );
        offered
    }

    /// All there is, for the API.
    pub async fn catalogue(&self, tenant: TenantId) -> Vec<ToolInfo> {
        let mut all = Vec::new();
        for tool in Builtin::ALL {
            let ToolSpec { name, description, parameters } = tool.spec();
            let (enabled, reason) = match self.available(tenant, tool).await {
                Ok(note) => (true, note),
                Err(reason) => (false, Some(reason)),
            };
            all.push(ToolInfo { name, description, parameters, source: "builtin".into(), enabled, reason });
        }
        all.extend(self.0.parts.mcp.tools(tenant).into_iter().map(|tool| ToolInfo {
            name: tool.spec.name,
            description: tool.spec.description,
            parameters: tool.spec.parameters,
            source: format!("mcp:{}", tool.server),
            enabled: true,
            reason: None,
        }));
        all
    }

    /// Calls a tool.
    pub async fn call(&self, ctx: &ToolContext, name: &str, arguments: &str) -> ToolOutput {
        let config = self.0.parts.config.load_full();
        // Blocking work sees it when nobody waits any more, whatever the reason.
        let stop = ctx.cancel.child_token();
        let _stop = stop.clone().drop_guard();
        let bound = bound(&config, name);
        let work = async {
            match tokio::time::timeout(bound, self.dispatch(ctx, &config, name, arguments, &stop)).await {
                Ok(output) => output,
                Err(_) => ToolOutput::failed(format!(
                    "{name} took longer than {} s and was stopped",
                    bound.as_secs()
                )),
            }
        };
        let output = tokio::select! {
            biased;
            () = ctx.cancel.cancelled() => ToolOutput::failed(format!("{name} was stopped: the run was cancelled")),
            output = work => output,
        };
        ToolOutput { text: cut_middle(&output.text, config.tools.output_bytes), ..output }
    }

    /// Whether anybody of the tenant can call it now: what to know about it, or why not.
    async fn available(&self, tenant: TenantId, tool: Builtin) -> Result<Option<String>, String> {
        let config = self.0.parts.config.load_full();
        match tool {
            Builtin::WebFetch if !config.tools.web_fetch.enabled => {
                Err("switched off: tools.web_fetch.enabled is false in config.json".to_owned())
            }
            Builtin::Exec => match self.sandbox(&config).await? {
                Ok(_) => Ok(None),
                // It could read what the agents of others have.
                Err(why) if tenant != MASTER_TENANT => Err(format!(
                    "outside the default tenant commands run in a sandbox only, and there is none: {why}"
                )),
                Err(why) => Ok(Some(format!(
                    "commands run without a sandbox, with all rights of the gateway's user: {why}"
                ))),
            },
            _ => Ok(None),
        }
    }

    /// What commands run in: bubblewrap's program, or why there is none; an error when there may be no command at all.
    async fn sandbox(&self, config: &Config) -> Result<Result<PathBuf, String>, String> {
        let exec = &config.tools.exec;
        if !exec.enabled {
            return Err("switched off: tools.exec.enabled is false in config.json".to_owned());
        }
        if exec.sandbox == "off" {
            return Ok(Err("tools.exec.sandbox is \"off\"".to_owned()));
        }
        match self.0.sandbox.program().await {
            Ok(program) => Ok(Ok(program.to_owned())),
            Err(why) if exec.sandbox == "required" => {
                Err(format!("tools.exec.sandbox is \"required\", and there is none: {why}"))
            }
            Err(why) => Ok(Err(why.to_owned())),
        }
    }

    async fn dispatch(
        &self,
        ctx: &ToolContext,
        config: &Config,
        name: &str,
        arguments: &str,
        stop: &CancellationToken,
    ) -> ToolOutput {
        let allowed = ToolsConfig::lenient(&ctx.tools_config);
        if let Some(tool) = Builtin::named(name).filter(|tool| allowed.allows(tool.name(), None)) {
            if let Err(reason) = self.available(ctx.tenant, tool).await {
                return ToolOutput::failed(format!("{name} can't be called: {reason}"));
            }
            return self.built_in(ctx, config, tool, arguments, stop).await.into();
        }
        let mcp = &self.0.parts.mcp;
        let theirs = mcp.tools(ctx.tenant).into_iter().find(|tool| tool.qualified == name);
        let Some(tool) = theirs.filter(|tool| allowed.allows(name, Some(&tool.server))) else {
            let names: Vec<String> = self.offered(ctx).await.into_iter().map(|tool| tool.name).collect();
            return ToolOutput::failed(match names.as_slice() {
                [] => format!("there is no tool \"{name}\" for this agent, nor any other"),
                names => {
                    format!("there is no tool \"{name}\" for this agent; there are {}", names.join(", "))
                }
            });
        };
        match arguments::parse::<Map<String, Value>>(name, &tool.spec.parameters, arguments) {
            Ok(arguments) => {
                mcp.call(ctx.tenant, &tool.server, &tool.tool, Value::Object(arguments), stop).await
            }
            Err(wrong) => ToolOutput::failed(wrong),
        }
    }

    async fn built_in(
        &self,
        ctx: &ToolContext,
        config: &Config,
        tool: Builtin,
        arguments: &str,
        stop: &CancellationToken,
    ) -> Result<String, String> {
        let temporary = format!(".gateway-tmp-{}", self.0.parts.clock.new_id());
        match tool {
            Builtin::ReadFile => on_files(ctx, config, tool, arguments, stop, files::read).await,
            Builtin::ListFiles => on_files(ctx, config, tool, arguments, stop, files::list).await,
            Builtin::SearchFiles => on_files(ctx, config, tool, arguments, stop, files::search).await,
            Builtin::WriteFile => {
                let write = move |workspace: &Workspace, call: &_, limits: &_| {
                    files::write(workspace, call, limits, &temporary)
                };
                on_files(ctx, config, tool, arguments, stop, write).await
            }
            Builtin::EditFile => {
                let edit = move |workspace: &Workspace, call: &_, limits: &_| {
                    files::edit(workspace, call, limits, &temporary)
                };
                on_files(ctx, config, tool, arguments, stop, edit).await
            }
            Builtin::Exec => self.exec(ctx, config, arguments, stop).await,
            Builtin::WebFetch => {
                let call = parse(tool, arguments)?;
                web::fetch(&self.0.parts.web, &config.tools, ctx.tenant, &call).await
            }
            Builtin::Remember | Builtin::Recall | Builtin::Forget => {
                self.notes(ctx, config, tool, arguments).await
            }
        }
    }

    async fn exec(
        &self,
        ctx: &ToolContext,
        config: &Config,
        arguments: &str,
        stop: &CancellationToken,
    ) -> Result<String, String> {
        let exec = &config.tools.exec;
        let call: Exec = parse(Builtin::Exec, arguments)?;
        let seconds = call.timeout_seconds.unwrap_or(exec.timeout_seconds.min(exec.max_timeout_seconds));
        if !(1..=exec.max_timeout_seconds).contains(&seconds) {
            return Err(format!(
                "timeout_seconds: {seconds} is not between 1 and {} (tools.exec.max_timeout_seconds in config.json)",
                exec.max_timeout_seconds
            ));
        }
        if call.command.trim().is_empty() || call.command.contains('\0') {
            return Err("command is empty or has a zero byte in it; it has to be a command for sh".to_owned());
        }
        let sandbox = self.sandbox(config).await?.ok();
        let mark = self.0.parts.clock.new_id().to_string();
        let directory = call.directory.clone();
        let place =
            in_workspace(ctx, config, move |workspace| Place::new(workspace, directory.as_deref(), mark))
                .await?;
        let limits = ExecLimits {
            timeout: Duration::from_secs(seconds),
            memory_mib: exec.memory_mib,
            processes: exec.max_processes,
            output_bytes: config.tools.output_bytes,
            network: exec.network,
        };
        let _turn = self.0.commands.enter(exec.max_parallel).await;
        exec::run(&call, &place, limits, sandbox.as_deref(), stop).await.into()
    }

    async fn notes(
        &self,
        ctx: &ToolContext,
        config: &Config,
        tool: Builtin,
        arguments: &str,
    ) -> Result<String, String> {
        let ToolboxParts { db, clock, .. } = &self.0.parts;
        let notes = Notes { db, clock, tenant: ctx.tenant, agent_key: &ctx.agent_key };
        match tool {
            Builtin::Remember => notes.remember(&parse(tool, arguments)?, &config.tools.notes).await,
            Builtin::Forget => notes.forget(&parse(tool, arguments)?).await,
            _ => notes.recall(&parse(tool, arguments)?).await,
        }
    }
}

fn parse<T: DeserializeOwned>(tool: Builtin, arguments: &str) -> Result<T, String> {
    arguments::parse(tool.name(), &tool.parameters(), arguments)
}

/// How long a call may take in all. Who waits for a place among the commands waits at most as long as one takes.
fn bound(config: &Config, name: &str) -> Duration {
    let tools = &config.tools;
    match Builtin::named(name) {
        Some(Builtin::Exec) => Duration::from_secs(tools.exec.max_timeout_seconds * 2) + MARGIN,
        Some(Builtin::WebFetch) => Duration::from_secs(tools.web_fetch.timeout_seconds) + MARGIN,
        _ => Duration::from_secs(tools.timeout_seconds),
    }
}

/// Works in the agent's workspace, on a thread where that may block.
async fn in_workspace<T: Send + 'static>(
    ctx: &ToolContext,
    config: &Config,
    work: impl FnOnce(&Workspace) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let roots = config.tools.workspace_roots.iter().map(PathBuf::from);
    let bounds = Bounds {
        data_dir: config.data_dir.clone(),
        // Whoever writes agents of another tenant than the default one does not choose among all directories.
        roots: match ctx.tenant {
            MASTER_TENANT => roots.collect(),
            tenant if roots.len() == 0 => {
                return Err(format!(
                    "agents outside the default tenant have files only below \"tools.workspace_roots\" in config.json \
                     (in a directory named {tenant}), and there is none"
                ));
            }
            tenant => roots.map(|root| root.join(tenant.to_string())).collect(),
        },
    };
    let (agent, path) = (ctx.agent_key.clone(), ctx.workspace.clone());
    let done = tokio::task::spawn_blocking(move || {
        let workspace = Workspace::open(&agent, path.as_deref(), &bounds)?;
        work(&workspace)
    });
    done.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a tool broke");
        Err("the tool broke; that is a fault of the gateway, and its log has more".to_owned())
    })
}

async fn on_files<C: DeserializeOwned + Send + 'static>(
    ctx: &ToolContext,
    config: &Config,
    tool: Builtin,
    arguments: &str,
    stop: &CancellationToken,
    work: impl FnOnce(&Workspace, &C, &Limits) -> Result<String, String> + Send + 'static,
) -> Result<String, String> {
    let call: C = parse(tool, arguments)?;
    let seconds = config.tools.timeout_seconds;
    let limits = Limits {
        file_bytes: config.tools.files.max_file_kib << 10,
        output_bytes: config.tools.output_bytes,
        // A little earlier than the call's own bound: what was found until then is worth an answer.
        deadline: Instant::now() + Duration::from_millis(seconds * 900),
        cancel: stop.clone(),
    };
    in_workspace(ctx, config, move |workspace| work(workspace, &call, &limits)).await
}
