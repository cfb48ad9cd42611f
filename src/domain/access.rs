//! Roles and what each may do: one table. And who somebody is that does something.

use crate::domain::ids::{KeyId, RequestId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// Ordered: who stands higher may do all that those below may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also uses the endpoints, edits agents, manages providers, sign-ins and pools.
    Operator,
    /// Also keys, members and tools of the tenant, and reads its audit log.
    Admin,
    /// The whole installation.
    Owner,
}

impl Role {
    /// From the lowest.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Admin, Self::Owner];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// Something that a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// See providers, agents, requests.
    Read,
    /// Ask models and agents.
    UseModels,
    /// Create, change and delete agents.
    ManageAgents,
    /// Create, change and delete providers, sign accounts in and out.
    ManageProviders,
    /// Create, change and delete MCP servers that are reached over HTTP.
    ManageTools,
    /// Create, change and delete API keys and their limits.
    ManageKeys,
    /// Invite, change and remove people of the tenant.
    ManageMembers,
    /// Read the audit log.
    ReadAudit,
    /// Have programs run on the gateway's host (MCP servers of type `stdio`): they can do what its user can.
    RunPrograms,
    /// Create, change and delete tenants, and see those of everybody.
    ManageTenants,
}

impl Permission {
    /// In the order of the table.
    pub const ALL: [Self; 10] = [
        Self::Read,
        Self::UseModels,
        Self::ManageAgents,
        Self::ManageProviders,
        Self::ManageTools,
        Self::ManageKeys,
        Self::ManageMembers,
        Self::ReadAudit,
        Self::RunPrograms,
        Self::ManageTenants,
    ];

    /// Its name in the API's document, where every route says which it needs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::UseModels => "use_models",
            Self::ManageAgents => "manage_agents",
            Self::ManageProviders => "manage_providers",
            Self::ManageTools => "manage_tools",
            Self::ManageKeys => "manage_keys",
            Self::ManageMembers => "manage_members",
            Self::ReadAudit => "read_audit",
            Self::RunPrograms => "run_programs",
            Self::ManageTenants => "manage_tenants",
        }
    }

    /// The table: the lowest role that may.
    pub const fn least(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::UseModels | Self::ManageAgents | Self::ManageProviders => Role::Operator,
            Self::ManageTools | Self::ManageKeys | Self::ManageMembers | Self::ReadAudit => Role::Admin,
            Self::RunPrograms | Self::ManageTenants => Role::Owner,
        }
    }
}

impl Role {
    /// Whether the table allows it.
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.least()
    }
}

/// As whom somebody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever has the gateway's own token.
    Token,
    User(UserId),
    Key(KeyId),
    /// The gateway itself: its background work and its commands.
    Gateway,
}

impl Who {
    /// `token`, `user`, `key` or `gateway`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::User(_) => "user",
            Self::Key(_) => "key",
            Self::Gateway => "gateway",
        }
    }

    /// Of a user or a key.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(UserId(id)) | Self::Key(KeyId(id)) => Some(id),
            Self::Token | Self::Gateway => None,
        }
    }

    /// Of this kind, with this id; `None` when there is no such.
    pub fn of(kind: &str, id: Option<Uuid>) -> Option<Self> {
        match (kind, id) {
            ("token", None) => Some(Self::Token),
            ("user", Some(id)) => Some(Self::User(UserId(id))),
            ("key", Some(id)) => Some(Self::Key(KeyId(id))),
            ("gateway", None) => Some(Self::Gateway),
            _ => None,
        }
    }
}

/// Somebody who may do something in one tenant, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub tenant: TenantId,
    pub role: Role,
    pub who: Who,
    /// What people know them by: an e-mail address, the name of a key.
    pub name: Arc<str>,
    /// `None`: not over the network.
    pub from: Option<IpAddr>,
    /// The request that they make.
    pub request: Option<RequestId>,
}

impl Actor {
    /// The gateway itself, in a tenant.
    pub fn gateway(tenant: TenantId) -> Self {
        Self {
            tenant,
            role: Role::Owner,
            who: Who::Gateway,
            name: "gateway".into(),
            from: None,
            request: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_reads_and_nothing_else() {
        for permission in Permission::ALL {
            assert_eq!(Role::Viewer.may(permission), permission == Permission::Read, "{permission:?}");
            assert!(Role::Owner.may(permission));
        }
    }

    #[test]
    fn what_runs_programs_on_the_host_takes_the_owner() {
        assert!(!Role::Admin.may(Permission::RunPrograms) && Role::Owner.may(Permission::RunPrograms));
        assert!(!Role::Operator.may(Permission::ManageTools) && Role::Admin.may(Permission::ManageTools));
    }

    #[test]
    fn who_somebody_is_can_be_written_down_and_read_again() {
        let id = Uuid::from_u128(7);
        for who in [Who::Token, Who::User(UserId(id)), Who::Key(KeyId(id)), Who::Gateway] {
            assert_eq!(Who::of(who.kind(), who.id()), Some(who));
        }
        assert_eq!(Who::of("user", None), None);
    }

    #[test]
    fn names_are_those_of_the_api() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("a name"), role.as_str());
            assert_eq!(Role::named(role.as_str()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }
}
