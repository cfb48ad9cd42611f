//! The file tools. All of it blocks: it runs on a thread for that, and stops when the call is over.

mod edit;
mod list;
mod read;
mod search;
mod walk;

#[cfg(test)]
mod tests;

pub use edit::{edit, write};
pub use list::list;
pub use read::read;
pub use search::search;

use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// What bounds one call.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest file.
    pub file_bytes: u64,
    /// Of the text that is answered.
    pub output_bytes: usize,
    /// What is not done then is left out, and that is said.
    pub deadline: Instant,
    /// Nobody waits any more.
    pub cancel: CancellationToken,
}

impl Limits {
    /// Whether to stop where one is.
    fn over(&self) -> bool {
        self.cancel.is_cancelled() || Instant::now() >= self.deadline
    }

    /// Bytes for the text itself, beside notes about it.
    fn text_bytes(&self) -> usize {
        self.output_bytes.saturating_sub(512).max(256)
    }
}

/// Whether it is no text: such files have a zero byte early on.
fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(8_192)].contains(&0)
}

/// Adds what a model has to know about an answer, as its last line.
fn note(text: &mut String, notes: &[String]) {
    if !notes.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push('[');
        text.push_str(&notes.join("; "));
        text.push(']');
    }
}

/// A line, cut when nobody would read all of it.
fn shortened(line: &str, most: usize) -> String {
    if line.len() <= most {
        return line.to_owned();
    }
    let end = line.floor_char_boundary(most);
    format!("{}… [{} more bytes in this line]", &line[..end], line.len() - end)
}
