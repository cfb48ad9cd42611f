//! One server as it is configured.

use crate::app::vault::Vault;
use crate::config::McpServer;
use crate::domain::agent::ManagedBy;
use crate::domain::ids::{MASTER_TENANT, TenantId};
use crate::domain::mcp::{Draft, Reach, Secrets};
use crate::store::mcp_servers::{McpServerRow, SealedColumn, aad};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// A server of the file or of the database.
#[derive(Clone, Debug)]
pub struct Definition {
    /// None for a server of the file.
    pub id: Option<Uuid>,
    pub tenant: TenantId,
    pub name: String,
    /// Without its secrets when there is a fault.
    pub reach: Reach,
    pub enabled: bool,
    /// Of a connection, a list and a call, each.
    pub timeout: Duration,
    pub managed_by: ManagedBy,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
    /// Why it can't be run as it stands.
    pub fault: Option<String>,
}

impl Definition {
    /// One of the file. Its rules were checked when the file was read.
    pub(super) fn of_file(name: &str, entry: &McpServer) -> Self {
        let (reach, fault) = match entry.draft().check() {
            Ok(reach) => (reach, None),
            Err(broken) => {
                let broken: Vec<String> =
                    broken.iter().map(|broken| format!("{}: {}", broken.field, broken.message)).collect();
                (unknown(), Some(broken.join("; ")))
            }
        };
        Self {
            id: None,
            tenant: MASTER_TENANT,
            name: name.to_owned(),
            reach,
            enabled: entry.enabled,
            timeout: Duration::from_secs(entry.timeout_seconds.into()),
            managed_by: ManagedBy::File,
            created_at: None,
            updated_at: None,
            fault,
        }
    }

    /// One of the database. Secrets that can't be opened are its fault, and nobody else's.
    pub(super) fn stored(row: McpServerRow, vault: &Vault) -> Self {
        let opened = draft(&row, vault).and_then(|draft| {
            draft.check().map_err(|broken| {
                let first = broken.into_iter().next();
                first.map_or_else(String::new, |broken| format!("{}: {}", broken.field, broken.message))
            })
        });
        let (reach, fault) = match opened {
            Ok(reach) => (reach, None),
            Err(fault) => {
                tracing::error!(server = %row.name, error = %fault, "the MCP server can't be used");
                (unsealed(&row), Some(fault))
            }
        };
        Self {
            id: Some(row.id),
            tenant: row.tenant_id,
            name: row.name,
            reach,
            enabled: row.enabled,
            timeout: Duration::from_secs(u64::try_from(row.timeout_seconds).unwrap_or(1).max(1)),
            managed_by: ManagedBy::Database,
            created_at: Some(row.created_at),
            updated_at: Some(row.updated_at),
            fault,
        }
    }

    /// Whether what runs for one can go on for the other.
    pub(super) fn runs_as(&self, other: &Self) -> bool {
        self.id == other.id
            && self.reach.is_same(&other.reach)
            && self.enabled == other.enabled
            && self.timeout == other.timeout
            && self.fault == other.fault
    }

    /// A text without the server's secrets, whatever the server or the transport put into it.
    pub(super) fn redacted(&self, text: &str) -> String {
        let secrets = self.reach.secrets().values().map(SecretString::expose_secret);
        // `Bearer abc`: the token alone may be repeated, too.
        let words = secrets.flat_map(|secret| std::iter::once(secret).chain(secret.split_whitespace()));
        let mut words: Vec<&str> = words.filter(|word| word.len() >= 6).collect();
        let query = match &self.reach {
            Reach::StreamableHttp { url, .. } => url.split_once('?').map(|(_, query)| query),
            Reach::Stdio { .. } => None,
        };
        words.extend(query.filter(|query| !query.is_empty()));
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.into_iter().fold(text.to_owned(), |text, word| text.replace(word, "***"))
    }
}

/// Nothing that could be reached.
fn unknown() -> Reach {
    Reach::Stdio { command: String::new(), args: Vec::new(), env: Secrets::new() }
}

/// A row without its secrets.
fn unsealed(row: &McpServerRow) -> Reach {
    match &row.url {
        Some(url) => Reach::StreamableHttp { url: url.clone(), headers: Secrets::new() },
        None => Reach::Stdio {
            command: row.command.clone().unwrap_or_default(),
            args: row.args.0.clone(),
            env: Secrets::new(),
        },
    }
}

/// A row with its secrets opened, or why they can't be.
pub(super) fn draft(row: &McpServerRow, vault: &Vault) -> Result<Draft, String> {
    Ok(Draft {
        transport: Some(row.transport.clone()),
        command: row.command.clone(),
        args: row.args.0.clone(),
        env: open(vault, row.env.as_deref(), row.id, SealedColumn::Env)?,
        url: row.url.clone(),
        headers: open(vault, row.headers.as_deref(), row.id, SealedColumn::Headers)?,
    })
}

fn open(vault: &Vault, sealed: Option<&str>, id: Uuid, column: SealedColumn) -> Result<Secrets, String> {
    let Some(sealed) = sealed else { return Ok(Secrets::new()) };
    let opened = vault
        .open(sealed, &aad(id, column))
        .map_err(|error| format!("its secrets can't be opened: {error}"))?;
    let plain: BTreeMap<String, String> = serde_json::from_str(opened.expose_secret())
        .map_err(|_| "its stored secrets are not readable".to_owned())?;
    Ok(plain.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect())
}

/// Seals named secrets of a tenant as one; none for none.
pub(super) fn seal(
    vault: &Vault,
    tenant: TenantId,
    secrets: &Secrets,
    id: Uuid,
    column: SealedColumn,
) -> Option<String> {
    if secrets.is_empty() {
        return None;
    }
    let plain: BTreeMap<&str, &str> =
        secrets.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    let text = serde_json::to_string(&plain).expect("texts are JSON");
    Some(vault.seal_for(tenant, &SecretString::from(text), &aad(id, column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_of_what_is_shown() {
        let entry = McpServer {
            url: Some("https://host/mcp?key=abc123".into()),
            headers: [("authorization".to_owned(), SecretString::from("Bearer s3cr3t-token"))].into(),
            ..McpServer::default()
        };
        let definition = Definition::of_file("docs", &entry);
        let shown = definition.redacted("GET https://host/mcp?key=abc123: s3cr3t-token is wrong");
        assert_eq!(shown, "GET https://host/mcp?***: *** is wrong");
    }
}
