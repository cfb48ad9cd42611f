//! The Responses dialect: what a Codex account speaks, and the only dialect inside the gateway.
//!
//! Facts: the wire protocol of `@openai/codex` 0.169, November 2026.

pub mod audience;

pub mod depth;

pub mod sse;

pub mod event;

pub mod error;

pub mod headers;

pub(in crate::domain) mod fields;

pub mod request;

pub mod limit;

mod origin;

pub(in crate::domain) use origin::hide_ids;

mod output;

pub mod forward;

pub mod assemble;

#[cfg(test)]
pub(crate) mod fixtures;
