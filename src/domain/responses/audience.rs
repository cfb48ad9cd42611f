//! Who reads an answer.

/// The kind of program at the other end. It decides what of a stream may be shown, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A Codex client. It speaks the upstream's own dialect: requests and streams pass as they are.
    Codex,
    /// Any other program: OpenAI's public shapes only, and nothing that tells about the account behind them.
    Foreign,
}
