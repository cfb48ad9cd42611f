//! The remotes, one file each. They know HTTP and nothing of SQL; they are given values, not configuration.

pub mod http_client;

pub mod oidc;
pub mod openai_auth;

pub mod codex;

mod accounts;
pub mod usage;

pub mod mcp;
pub mod openai_compatible;

pub mod web;

mod idle;

use crate::domain::responses::event::Event;
use crate::domain::routing::failover::Failure;

/// The events of an answer, in the one dialect that the gateway has inside.
#[derive(Debug)]
pub enum Events {
    Codex(codex::CodexEvents),
    Compatible(openai_compatible::CompatibleEvents),
}

impl Events {
    /// An event that is here already.
    pub fn ready(&mut self) -> Option<Event> {
        match self {
            Self::Codex(events) => events.ready(),
            Self::Compatible(events) => events.ready(),
        }
    }

    /// The next event; `None` at the end of the stream. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Event, Failure>> {
        match self {
            Self::Codex(events) => events.next().await,
            Self::Compatible(events) => events.next().await,
        }
    }
}
