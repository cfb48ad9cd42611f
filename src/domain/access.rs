//! Roles and what each may do: one table.

use serde::{Deserialize, Serialize};

/// Ordered: who stands higher may do all that those below may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also uses the endpoints, edits agents, manages providers, sign-ins and pools.
    Operator,
    /// Also keys, members and settings of the tenant.
    Admin,
    /// The whole installation.
    Owner,
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
    /// Create, change and delete MCP servers: a `stdio` server runs a program on the gateway's host.
    ManageTools,
}

impl Role {
    /// The table.
    pub fn may(self, permission: Permission) -> bool {
        let least = match permission {
            Permission::Read => Self::Viewer,
            Permission::UseModels | Permission::ManageAgents | Permission::ManageProviders => Self::Operator,
            Permission::ManageTools => Self::Admin,
        };
        self >= least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_reads_and_nothing_else() {
        assert!(Role::Viewer.may(Permission::Read));
        for permission in [Permission::UseModels, Permission::ManageAgents, Permission::ManageProviders] {
            assert!(!Role::Viewer.may(permission));
            assert!(Role::Operator.may(permission) && Role::Owner.may(permission));
        }
    }

    #[test]
    fn what_runs_programs_on_the_host_takes_an_admin() {
        assert!(!Role::Operator.may(Permission::ManageTools));
        assert!(Role::Admin.may(Permission::ManageTools) && Role::Owner.may(Permission::ManageTools));
    }
}
