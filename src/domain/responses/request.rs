//! What a client sends to `POST /v1/responses`, and what the upstream gets of it.
//!
//! A Codex client's body passes as its own bytes. Any other body is built anew from what is known to be accepted;
//! what is left out is told, what cannot be served is refused with its place and a reason.

mod draft;
mod foreign;
mod head;
mod input;
mod native;
mod portable;
mod target;
mod tools;

use bytes::Bytes;

pub use draft::Draft;
pub use foreign::{draft_foreign, prepare_foreign, text_format};
pub use head::{Head, read_head};
pub use input::{call_direction, close_calls, short_call_id};
pub use native::prepare_native;
pub use portable::{AccountBound, without_encrypted_reasoning};
pub use target::Target;
pub use tools::{flat_tool, flat_tool_choice};

/// A request as it goes upstream, and what has to be remembered for its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    pub body: Bytes,
    /// Whether the header `x-openai-internal-codex-responses-lite: true` goes with it.
    pub lite: bool,
    /// Parameters and items of the client that were not sent: it is told so in a header.
    pub dropped: Vec<String>,
    /// The upstream takes no output limit: it is kept here, see [`super::limit`].
    pub max_output_tokens: Option<u64>,
    /// Whether the client wants a stream. The upstream always gets one to make.
    pub stream: bool,
    /// What the upstream keeps its prompt cache by.
    pub prompt_cache_key: String,
    /// The client gave none: it must not see ours.
    pub prompt_cache_key_is_ours: bool,
}

impl Prepared {
    /// Writes the body. A conversation without a key for the prompt cache gets one of ours.
    pub fn finish(&mut self, mut draft: Draft) {
        if draft.prompt_cache_key.is_empty() {
            draft.prompt_cache_key = draft.conversation_key();
        }
        self.prompt_cache_key.clone_from(&draft.prompt_cache_key);
        self.lite = draft.is_lite();
        self.body = draft.into_body();
    }
}

/// A request that cannot be served as it is: it becomes a 400 in OpenAI's shape, and no account is blamed for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestError {
    /// What is wrong, where, and what would be right.
    pub message: String,
    /// The path of the parameter, such as `input[2].content`.
    pub param: Option<String>,
    /// OpenAI's name for the kind of fault, such as `invalid_value`.
    pub code: &'static str,
}

impl RequestError {
    pub fn new(code: &'static str, param: Option<String>, message: impl Into<String>) -> Self {
        Self { message: message.into(), param, code }
    }

    /// The usual case: a fault at a place.
    fn at(code: &'static str, param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, Some(param.into()), message)
    }
}

/// The answer to `previous_response_id` and `conversation`.
fn nothing_is_stored() -> RequestError {
    RequestError::at(
        "unsupported_parameter",
        "previous_response_id",
        "no responses are stored here, so there is nothing that `previous_response_id` or `conversation` could refer \
         to: send the whole conversation as `input`, with the `encrypted_content` of its reasoning items",
    )
}
