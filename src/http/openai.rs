//! The OpenAI-compatible routes.

pub mod chat_completions;

pub mod models;

pub mod responses;

mod answer;

mod ask;

mod error;

pub(super) use answer::sse;
pub use answer::{DROPPED, PROVIDER};
pub use error::{ATTEMPTS, OpenAiError};
