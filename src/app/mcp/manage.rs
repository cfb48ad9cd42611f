//! Servers of the database: made, changed, removed. Those of the configuration file are read only.

use super::definition::{draft, seal};
use super::{McpServers, Server};
use crate::domain::agent::ManagedBy;
use crate::domain::ids::TenantId;
use crate::domain::mcp::{Draft, Reach, Secrets, Violation, check_name};
use crate::store::db::unique_violation;
use crate::store::mcp_servers::{self, McpServerRow, SealedColumn};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::types::Json;
use std::collections::BTreeMap;

/// What stands in for a secret wherever one is shown; written back, it keeps the secret.
pub const MASK: &str = "***";
/// The default of `timeout_seconds`.
const TIMEOUT: u32 = 60;
/// The most that it may be.
const MOST_TIMEOUT: u32 = 3_600;

/// What to write; `None` leaves a value as it is (or at its default), `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct ServerChange {
    pub name: Option<String>,
    /// Another transport drops what only the old one has.
    pub transport: Option<String>,
    pub command: Option<Option<String>>,
    pub args: Option<Vec<String>>,
    /// Replaces the whole; a value of [`MASK`] keeps that secret.
    pub env: Option<Secrets>,
    pub url: Option<Option<String>>,
    /// Replaces the whole; a value of [`MASK`] keeps that secret.
    pub headers: Option<Secrets>,
    pub enabled: Option<bool>,
    pub timeout_seconds: Option<u32>,
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum McpError {
    #[error("{}", listed(.0))]
    Invalid(Vec<Violation>),
    #[error("an MCP server with the name \"{0}\" already exists")]
    NameTaken(String),
    #[error("MCP server \"{0}\" is defined in the configuration file; change it there")]
    ManagedByFile(String),
    #[error("MCP server \"{0}\" is switched off")]
    Disabled(String),
    #[error("MCP server \"{name}\" can't be changed as it stands: {fault}; give its env and headers anew")]
    Unreadable { name: String, fault: String },
    #[error("MCP server not found")]
    NotFound,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

fn listed(broken: &[Violation]) -> String {
    let lines: Vec<String> =
        broken.iter().map(|broken| format!("{}: {}", broken.field, broken.message)).collect();
    lines.join("; ")
}

impl McpServers {
    /// Makes a server; its name.
    pub async fn create(&self, tenant: TenantId, change: ServerChange) -> Result<String, McpError> {
        let now = self.parts.clock.now();
        let mut row = McpServerRow {
            id: self.parts.clock.new_id(),
            tenant_id: tenant,
            name: String::new(),
            transport: String::new(),
            command: None,
            args: Json(Vec::new()),
            url: None,
            env: None,
            headers: None,
            enabled: true,
            timeout_seconds: i32::try_from(TIMEOUT).unwrap_or(i32::MAX),
            created_at: now,
            updated_at: now,
        };
        self.apply(&mut row, Draft::default(), change)?;
        self.refuse_file_server(tenant, &row.name)?;
        let mut tx = self.parts.db.tenant(tenant).await?;
        mcp_servers::insert(&mut tx, &row).await.map_err(|error| taken(error, &row.name))?;
        tx.commit().await?;
        self.reload().await?;
        Ok(row.name)
    }

    /// Changes what is given; the server's name afterwards.
    pub async fn update(
        &self,
        tenant: TenantId,
        id_or_name: &str,
        change: ServerChange,
    ) -> Result<String, McpError> {
        self.refuse_file_server(tenant, id_or_name)?;
        let mut tx = self.parts.db.tenant(tenant).await?;
        let mut row = mcp_servers::lock(&mut tx, tenant, id_or_name).await?.ok_or(McpError::NotFound)?;
        let before = match draft(&row, &self.parts.vault) {
            Ok(before) => before,
            // Whoever writes all secrets anew needs none of the old ones.
            Err(_) if change.env.is_some() && change.headers.is_some() => Draft {
                transport: Some(row.transport.clone()),
                command: row.command.clone(),
                args: row.args.0.clone(),
                url: row.url.clone(),
                ..Draft::default()
            },
            Err(fault) => return Err(McpError::Unreadable { name: row.name, fault }),
        };
        self.apply(&mut row, before, change)?;
        self.refuse_file_server(tenant, &row.name)?;
        row.updated_at = self.parts.clock.now();
        mcp_servers::update(&mut tx, &row).await.map_err(|error| taken(error, &row.name))?;
        tx.commit().await?;
        self.reload().await?;
        Ok(row.name)
    }

    /// Removes a server; its program ends.
    pub async fn delete(&self, tenant: TenantId, id_or_name: &str) -> Result<(), McpError> {
        self.refuse_file_server(tenant, id_or_name)?;
        let mut tx = self.parts.db.tenant(tenant).await?;
        let row = mcp_servers::lock(&mut tx, tenant, id_or_name).await?.ok_or(McpError::NotFound)?;
        mcp_servers::delete(&mut tx, tenant, row.id).await?;
        tx.commit().await?;
        self.reload().await?;
        Ok(())
    }

    /// Connects a server anew, in this process.
    pub fn reconnect(&self, tenant: TenantId, id_or_name: &str) -> Result<(), McpError> {
        let Server { definition, runner } = self.server(tenant, id_or_name).ok_or(McpError::NotFound)?;
        if !definition.enabled {
            return Err(McpError::Disabled(definition.name.clone()));
        }
        if let Some(fault) = &definition.fault {
            return Err(McpError::Unreadable { name: definition.name.clone(), fault: fault.clone() });
        }
        runner.reconnect(&self.parts.clock);
        Ok(())
    }

    fn refuse_file_server(&self, tenant: TenantId, id_or_name: &str) -> Result<(), McpError> {
        match self.server(tenant, id_or_name) {
            Some(server) if server.definition.managed_by == ManagedBy::File => {
                Err(McpError::ManagedByFile(server.definition.name.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Writes a change into a row, or says every rule that it breaks.
    fn apply(&self, row: &mut McpServerRow, before: Draft, change: ServerChange) -> Result<(), McpError> {
        let mut broken = Vec::new();
        if let Some(name) = change.name {
            row.name = name;
        }
        broken.extend(check_name(&row.name));
        if let Some(seconds) = change.timeout_seconds {
            match i32::try_from(seconds) {
                Ok(whole) if (1..=MOST_TIMEOUT).contains(&seconds) => row.timeout_seconds = whole,
                _ => broken.push(Violation {
                    field: "timeout_seconds".into(),
                    message: format!("{seconds} is not between 1 and {MOST_TIMEOUT}"),
                }),
            }
        }
        row.enabled = change.enabled.unwrap_or(row.enabled);
        let mut draft = before;
        if let Some(transport) = change.transport {
            if draft.transport.as_ref().is_some_and(|old| *old != transport) {
                draft = Draft::default();
            }
            draft.transport = Some(transport);
        }
        if let Some(command) = change.command {
            draft.command = command;
        }
        draft.args = change.args.unwrap_or(draft.args);
        if let Some(url) = change.url {
            draft.url = url;
        }
        if let Some(env) = change.env {
            draft.env = unmasked("env", env, &draft.env, &mut broken);
        }
        if let Some(headers) = change.headers {
            draft.headers = unmasked("headers", headers, &draft.headers, &mut broken);
        }
        let reach = match draft.check() {
            Ok(reach) if broken.is_empty() => reach,
            Ok(_) => return Err(McpError::Invalid(broken)),
            Err(more) => {
                broken.extend(more);
                return Err(McpError::Invalid(broken));
            }
        };
        self.write_reach(row, reach);
        Ok(())
    }

    fn write_reach(&self, row: &mut McpServerRow, reach: Reach) {
        let vault = &self.parts.vault;
        reach.transport().clone_into(&mut row.transport);
        match reach {
            Reach::Stdio { command, args, env } => {
                row.env = seal(vault, row.tenant_id, &env, row.id, SealedColumn::Env);
                (row.command, row.args) = (Some(command), Json(args));
                (row.url, row.headers) = (None, None);
            }
            Reach::StreamableHttp { url, headers } => {
                row.headers = seal(vault, row.tenant_id, &headers, row.id, SealedColumn::Headers);
                (row.url, row.env, row.command, row.args) = (Some(url), None, None, Json(Vec::new()));
            }
        }
    }
}

/// What is written, with the old secrets in the place of masks.
fn unmasked(field: &str, written: Secrets, old: &Secrets, broken: &mut Vec<Violation>) -> Secrets {
    let mut secrets = BTreeMap::new();
    for (name, value) in written {
        let value: SecretString = if value.expose_secret() == MASK {
            let Some(old) = old.get(&name) else {
                broken.push(Violation {
                    field: format!("{field}.{name}"),
                    message: "there is no secret of this name to keep; give the secret itself".into(),
                });
                continue;
            };
            old.clone()
        } else {
            value
        };
        secrets.insert(name, value);
    }
    secrets
}

fn taken(error: sqlx::Error, name: &str) -> McpError {
    if unique_violation(&error).is_some() { McpError::NameTaken(name.to_owned()) } else { error.into() }
}
