//! Tools that come from elsewhere: the seam to the MCP servers.

use crate::domain::ids::TenantId;
use crate::domain::tool::{ToolOutput, ToolSpec};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// A tool of a server.
#[derive(Clone, Debug)]
pub struct ExternalTool {
    /// The server's name, as in `mcp:<server>`.
    pub server: String,
    /// What the server calls it.
    pub name: String,
    /// What the model calls it is `spec.name`: `mcp_<server>_<tool>`, unique in the tenant.
    pub spec: ToolSpec,
}

/// What has tools to offer beside the built-in ones.
pub trait External: Send + Sync + std::fmt::Debug {
    /// The tools of all servers that answer now, by server and name.
    fn tools(&self, tenant: TenantId) -> Vec<ExternalTool>;

    /// Calls one. A fault of the server is an output with `is_error`.
    fn call<'a>(
        &'a self,
        tenant: TenantId,
        tool: &'a ExternalTool,
        arguments: Value,
        cancel: CancellationToken,
    ) -> BoxFuture<'a, ToolOutput>;
}
