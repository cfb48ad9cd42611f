//! The one integration binary: a module per subject.
#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it promises")]

mod support;

mod access;
mod activity;
mod admin;
mod audit;
mod backup;
mod bench;
mod capacity;
mod chaos;
mod config;
mod embedded;
mod events;
mod gateway;
mod keys;
mod layering;
mod listener;
mod mcp;
mod people;
mod pools;
mod program;
mod providers;
mod quota;
mod routing;
mod routing_sim;
mod runs;
mod signin;
mod simulator;
mod tokens;
mod tools;
mod transactions;
mod usage;
mod vault;
