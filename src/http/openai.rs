//! The OpenAI-compatible routes.

pub mod chat_completions;

pub mod models;

pub mod responses;

mod answer;

mod ask;

mod error;

pub use answer::{DROPPED, PROVIDER};
pub(super) use answer::{ServerSentEvent, sse};
pub use error::{ATTEMPTS, OpenAiError};
