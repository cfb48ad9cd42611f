//! `/v1/mcp/servers`: those of the database and, read only, those of the configuration file.

use super::providers::{Done, given};
use crate::app::App;
use crate::app::mcp::{MASK, McpError, ServerChange, ServerView, State as ServerState};
use crate::domain::access::Permission;
use crate::domain::agent::ManagedBy;
use crate::domain::mcp::{Reach, Secrets, TRANSPORTS};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Caller, JsonBody};
use crate::http::permit::{ManageTools, Permitted, Read};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// An MCP server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = McpServer)]
pub struct McpServerBody {
    /// Null for a server of the configuration file.
    #[schema(required)]
    id: Option<String>,
    name: String,
    #[schema(value_type = McpTransport)]
    transport: &'static str,
    /// Of a `stdio` server: the program, which runs on the gateway's host.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Vec<String>>,
    /// Every value is `***`.
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<BTreeMap<String, &'static str>>,
    /// Of a `streamable_http` server.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Every value is `***`.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, &'static str>>,
    enabled: bool,
    /// Of a connection, a list of the tools and a call, each.
    timeout_seconds: u64,
    #[schema(value_type = McpManagedBy)]
    managed_by: &'static str,
    status: McpStatus,
    /// As the server last told them, by name.
    tools: Vec<McpToolBody>,
    #[schema(required)]
    created_at: Option<DateTime<Utc>>,
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
}

/// How a server is reached.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum McpTransport {
    Stdio,
    StreamableHttp,
}

/// Who may change a server: the API, or only whoever edits the configuration file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum McpManagedBy {
    Database,
    File,
}

/// How a server is, in the process that answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = McpServerStatus)]
pub struct McpStatus {
    #[schema(value_type = McpServerState)]
    state: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    since: DateTime<Utc>,
    tool_count: usize,
}

/// Whether a server can be used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum McpServerState {
    Connecting,
    Connected,
    /// It is tried again from time to time.
    Failed,
    Disabled,
}

/// A tool of a server, under the server's own name for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = McpServerTool)]
pub struct McpToolBody {
    name: String,
    description: String,
}

impl From<ServerView> for McpServerBody {
    fn from(view: ServerView) -> Self {
        let ServerView { definition, status, tools } = view;
        let masked = |secrets: &Secrets| secrets.keys().map(|name| (name.clone(), MASK)).collect();
        let (mut command, mut args, mut env, mut url, mut headers) = (None, None, None, None, None);
        match &definition.reach {
            Reach::Stdio { command: program, args: given, env: variables } => {
                command = Some(program.clone());
                args = Some(given.clone());
                env = Some(masked(variables));
            }
            Reach::StreamableHttp { url: place, headers: sent } => {
                url = Some(place.clone());
                headers = Some(masked(sent));
            }
        }
        Self {
            id: definition.id.map(|id| id.to_string()),
            name: definition.name.clone(),
            transport: definition.reach.transport(),
            command,
            args,
            env,
            url,
            headers,
            enabled: definition.enabled,
            timeout_seconds: definition.timeout.as_secs(),
            managed_by: match definition.managed_by {
                ManagedBy::Database => "database",
                ManagedBy::File => "file",
            },
            status: McpStatus {
                state: ServerState::as_str(status.state),
                error: status.error,
                since: status.since,
                tool_count: tools.len(),
            },
            tools: tools
                .iter()
                .map(|tool| McpToolBody { name: tool.name.clone(), description: tool.description.clone() })
                .collect(),
            created_at: definition.created_at,
            updated_at: definition.updated_at,
        }
    }
}

/// The tenant's servers.
#[derive(Debug, Serialize, ToSchema)]
pub struct McpServerList {
    servers: Vec<McpServerBody>,
}

/// A new server, or changes to one: what is absent stays (or is the default), null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = McpServerInput)]
pub struct WriteMcpServer {
    /// A slug of at most 32 characters, unique in the tenant; needed for a new server.
    name: Option<String>,
    /// Absent, it follows from the command or the url. Another one drops what only the old one has.
    #[schema(value_type = Option<McpTransport>)]
    transport: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    command: Option<Option<String>>,
    args: Option<Vec<String>>,
    /// Replaces all of them; `***` keeps the value that is there.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    env: Option<BTreeMap<String, SecretString>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    url: Option<Option<String>>,
    /// Replaces all of them; `***` keeps the value that is there.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    headers: Option<BTreeMap<String, SecretString>>,
    enabled: Option<bool>,
    /// Seconds that a connection, the list of the tools, or a call may take; 1 to 3600, 60 for a new server.
    timeout_seconds: Option<u32>,
}

impl WriteMcpServer {
    /// Whether it asks for a program on the gateway's host.
    fn is_stdio(&self) -> bool {
        self.transport.as_deref() == Some(TRANSPORTS[0]) || matches!(self.command, Some(Some(_)))
    }
}

impl From<WriteMcpServer> for ServerChange {
    fn from(body: WriteMcpServer) -> Self {
        Self {
            name: body.name,
            transport: body.transport,
            command: body.command,
            args: body.args,
            env: body.env,
            url: body.url,
            headers: body.headers,
            enabled: body.enabled,
            timeout_seconds: body.timeout_seconds,
        }
    }
}

/// Lists the MCP servers
#[utoipa::path(operation_id = "mcp_servers_list", get, path = "/v1/mcp/servers", tag = "mcp", security(("token" = ["read"])), responses(
    (status = 200, description = "Those of the database and of the file, by name", body = McpServerList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
) -> Result<Json<McpServerList>, ApiError> {
    let servers = app.mcp.list(caller.tenant()).into_iter().map(McpServerBody::from);
    Ok(Json(McpServerList { servers: servers.collect() }))
}

/// Makes an MCP server; it is connected in the background
#[utoipa::path(operation_id = "mcp_servers_create", post, path = "/v1/mcp/servers", tag = "mcp", request_body = WriteMcpServer, security(("token" = ["manage_tools"])), responses(
    (status = 201, description = "Made", body = McpServerBody),
    (status = 400, description = "A value is wrong: `violations`", body = ErrorBody),
    (status = 403, description = "It takes an admin, and for a `stdio` server the owner: it runs a program on the gateway's host", body = ErrorBody),
    (status = 409, description = "The name is taken", body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageTools>,
    JsonBody(body): JsonBody<WriteMcpServer>,
) -> Result<(StatusCode, Json<McpServerBody>), ApiError> {
    if body.is_stdio() {
        caller.require(Permission::RunPrograms)?;
    }
    let name = app.mcp.create(caller.actor(), body.into()).await?;
    Ok((StatusCode::CREATED, Json(read(&app, &caller, &name)?)))
}

/// One MCP server, by id or name
#[utoipa::path(operation_id = "mcp_servers_get", get, path = "/v1/mcp/servers/{id}", tag = "mcp",
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["read"])), responses((status = 200, description = "The server", body = McpServerBody),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
) -> Result<Json<McpServerBody>, ApiError> {
    Ok(Json(read(&app, &caller, &id)?))
}

/// Changes an MCP server; it is connected anew
#[utoipa::path(operation_id = "mcp_servers_update", put, path = "/v1/mcp/servers/{id}", tag = "mcp", request_body = WriteMcpServer,
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["manage_tools"])), responses((status = 200, description = "Changed", body = McpServerBody),
              (status = 400, description = "A value is wrong: `violations`", body = ErrorBody),
              (status = 403, description = "It takes an admin", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "The name is taken, or the file defines this server", body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageTools>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<WriteMcpServer>,
) -> Result<Json<McpServerBody>, ApiError> {
    if body.is_stdio() || app.mcp.find(caller.tenant(), &id).is_some_and(|server| server.is_stdio()) {
        caller.require(Permission::RunPrograms)?;
    }
    let name = app.mcp.update(caller.actor(), &id, body.into()).await?;
    Ok(Json(read(&app, &caller, &name)?))
}

/// Removes an MCP server; its program ends
#[utoipa::path(operation_id = "mcp_servers_delete", delete, path = "/v1/mcp/servers/{id}", tag = "mcp",
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["manage_tools"])), responses((status = 200, description = "Removed", body = Done),
              (status = 403, description = "It takes an admin", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "The file defines this server", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageTools>,
    Path(id): Path<String>,
) -> Result<Json<Done>, ApiError> {
    app.mcp.delete(caller.actor(), &id).await?;
    Ok(Json(Done { status: "deleted" }))
}

/// Connects an MCP server anew, at once, in the process that answers
#[utoipa::path(operation_id = "mcp_servers_reconnect", post, path = "/v1/mcp/servers/{id}/reconnect", tag = "mcp",
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["manage_tools"])), responses((status = 200, description = "It is connecting", body = McpServerBody),
              (status = 403, description = "It takes an admin", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "It is switched off", body = ErrorBody)))]
pub async fn reconnect(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageTools>,
    Path(id): Path<String>,
) -> Result<Json<McpServerBody>, ApiError> {
    app.mcp.reconnect(caller.tenant(), &id)?;
    Ok(Json(read(&app, &caller, &id)?))
}

fn read(app: &App, caller: &Caller, id: &str) -> Result<McpServerBody, ApiError> {
    let view = app.mcp.find(caller.tenant(), id).ok_or_else(|| ApiError::not_found("MCP server"))?;
    Ok(view.into())
}

impl From<McpError> for ApiError {
    fn from(error: McpError) -> Self {
        let text = error.to_string();
        match error {
            McpError::Invalid(broken) => {
                Self::bad_request("invalid_mcp_server", text).with("violations", json!(broken))
            }
            McpError::NameTaken(_) => Self::new(StatusCode::CONFLICT, "name_taken", text),
            McpError::ManagedByFile(_) => Self::new(StatusCode::CONFLICT, "managed_by_file", text),
            McpError::Disabled(_) => Self::new(StatusCode::CONFLICT, "disabled", text),
            McpError::Unreadable { .. } => Self::new(StatusCode::CONFLICT, "unreadable_secrets", text),
            McpError::NotFound => Self::not_found("MCP server"),
            McpError::Database(error) => Self::internal(&error),
        }
    }
}
