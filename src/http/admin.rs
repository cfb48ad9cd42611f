//! The admin routes: what the dashboard and scripts use.

pub mod account;
pub mod activity;

pub mod agents;

pub mod capacity;

pub mod codex_pool_activity;

pub mod events;

pub mod invitations;
pub mod keys;

pub mod mcp_servers;

pub mod me;

pub mod oauth;
pub mod oidc;

pub mod overview;

pub mod pool_preview;
pub mod pools;

pub mod providers;

pub mod quota;
pub mod requests;

pub mod runs;

pub mod session;

pub mod sessions;

pub mod tenants;

pub mod tools;

pub mod traces;

pub mod usage;

pub mod users;
