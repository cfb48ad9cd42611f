//! The usage endpoint of a ChatGPT subscription: how much of each window is used.

use super::codex::{Access, CodexClient, read_some, send};
use crate::domain::responses::error::UpstreamError;
use crate::domain::routing::failover::Failure;
use serde_json::Value;
use std::time::Duration;

/// The answer is a few hundred bytes; more than this is something else.
const MAX_BYTES: usize = 1 << 20;

impl CodexClient {
    /// The account's usage, as upstream writes it. An answer that is no JSON object is a refusal with its status.
    pub async fn usage(&self, access: Access<'_>, patience: Duration) -> Result<Value, Failure> {
        let request = self.authorized(self.http.get(url(access.api_base)), access);
        let whole = async {
            let response = send(request, patience).await?;
            let status = response.status().as_u16();
            let body = read_some(response, MAX_BYTES, patience).await;
            match serde_json::from_slice(&body) {
                Ok(answer @ Value::Object(_)) => Ok(answer),
                _ => Err(Failure::Refused(UpstreamError::from_http(status, None, &body))),
            }
        };
        tokio::time::timeout(patience, whole).await.unwrap_or(Err(Failure::Timeout))
    }
}

/// Calls around an account are `…/wham/…` below a `backend-api`, else `…/api/codex/…`.
fn url(api_base: &str) -> String {
    let base = api_base.trim_end_matches('/');
    if base.contains("/backend-api") {
        format!("{base}/wham/usage")
    } else {
        format!("{base}/api/codex/usage")
    }
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn the_path_follows_the_style_of_the_base() {
        assert_eq!(url("https://chatgpt.com/backend-api/"), "https://chatgpt.com/backend-api/wham/usage");
        assert_eq!(url("https://codex.example.com"), "https://codex.example.com/api/codex/usage");
    }
}
