//! What the backend says of an account beside its answers: `GET /wham/accounts/check`.

use super::codex::{Access, CodexClient, credentials, read_json, send};
use crate::domain::routing::failover::Failure;
use reqwest::header::ACCEPT;
use serde_json::Value;
use std::time::Duration;

/// As the official client waits.
const TIMEOUT: Duration = Duration::from_secs(15);

impl CodexClient {
    /// The accounts that the token's owner can use, with where their workspaces want the calls to go; for
    /// [`crate::domain::placement::Placement::read`]. The whole call takes 15 seconds at most.
    pub async fn check_accounts(&self, access: Access<'_>) -> Result<Value, Failure> {
        let url = format!("{}/wham/accounts/check", access.api_base.trim_end_matches('/'));
        let request = credentials(self.http.get(url), access).header(ACCEPT, "application/json");
        let call = async { read_json(send(request, TIMEOUT).await?, TIMEOUT).await };
        tokio::time::timeout(TIMEOUT, call).await.unwrap_or(Err(Failure::Timeout))
    }
}
