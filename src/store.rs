//! Postgres. Plain functions on `&mut PgConnection`, tenant second; ids and times come from outside; `app` begins and
//! commits.
//!
//! 2026-11-22: SQL is checked when it runs (`sqlx::query`, `query_as` with literal text), not when it compiles.
//! `query!` wants a database or committed metadata for every build; a fresh clone has neither to maintain here, and
//! every function is run against a real Postgres by the tests instead. Cost: a typo is found by a test, not by rustc.

pub mod db;

pub mod installation;
pub mod sign_in_failures;

pub mod tenants;

pub mod providers;

pub mod pools;

pub mod account_checks;
pub mod grants;
pub mod logins;
pub mod models;

pub mod quota;

pub mod agents;
pub mod notes;
pub mod runs;
pub mod sessions;

pub mod mcp_servers;

pub mod api_keys;
pub mod browser_sessions;
pub mod identities;
pub mod invitations;
pub mod limits;
pub mod users;

pub mod notify;
pub mod requests;

pub mod blocks;
pub mod homes;

pub mod audit;

pub mod embedded;

pub mod backup;
