//! The gateway: several ChatGPT/Codex subscriptions behind one reliable endpoint.
//!
//! The modules in dependency order; an arrow never points upwards (`tests/it/layering.rs` checks it).

/// Pure: no async, no I/O, no clock, no randomness. Decisions are values with their reasons.
pub mod domain;

/// The settings: file < environment < flags.
pub mod config;

/// Postgres, the embedded one included. Plain functions on `&mut PgConnection`, tenant second.
pub mod store;

/// The remotes, one file each. Knows HTTP and nothing of SQL.
pub mod upstream;

/// The use cases: read the clock, open transactions, call upstreams, ask the domain.
pub mod app;

/// axum: status codes, extractors, routes. Nothing about SQL or upstreams.
pub mod http;

/// A simulated OpenAI on loopback, for `gateway demo` and for the tests.
pub mod demo;

/// Logs and metrics.
pub mod telemetry;

/// Signals, drain, grace period.
pub mod lifecycle;

/// The command line: the composition root, the only place that sees all.
pub mod cli;
