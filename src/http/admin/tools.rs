//! `/v1/tools`: what agents can be allowed to call.

use crate::app::App;
use crate::app::tools::ToolInfo;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// A tool.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tool)]
pub struct ToolBody {
    /// What the model calls it, and what an agent's `tools_config` names.
    name: String,
    description: String,
    /// JSON schema of its arguments.
    #[schema(value_type = Object)]
    parameters: Value,
    /// `builtin`, or `mcp:<server>`.
    source: String,
    /// Whether it can be called at all, by an agent that may.
    enabled: bool,
    /// Why it can't be called, or what to know about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// All tools.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolList {
    tools: Vec<ToolBody>,
}

impl From<ToolInfo> for ToolBody {
    fn from(tool: ToolInfo) -> Self {
        let ToolInfo { name, description, parameters, source, enabled, reason } = tool;
        Self { name, description, parameters, source, enabled, reason }
    }
}

/// Lists the tools that agents can be allowed to call
#[utoipa::path(operation_id = "tools_list", get, path = "/v1/tools", tag = "tools", security(("token" = ["read"])), responses(
    (status = 200, description = "The built-in ones, then those of the MCP servers", body = ToolList),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn list(State(app): State<Arc<App>>, caller: Permitted<Read>) -> Result<Json<ToolList>, ApiError> {
    let tools = app.tools.catalogue(caller.tenant()).await;
    Ok(Json(ToolList { tools: tools.into_iter().map(ToolBody::from).collect() }))
}
