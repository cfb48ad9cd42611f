//! What a client sends to `POST /v1/responses`, and what the upstream gets of it.

mod draft;

pub use draft::Draft;

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
