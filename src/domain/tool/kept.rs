//! The beginning and the end of an output of any length.

use super::{NOTE, left_out};
use std::collections::VecDeque;

/// Takes an output piece by piece and holds no more of it than fits into a text of a given length.
#[derive(Debug)]
pub struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    /// Of head and tail each, in bytes.
    half: usize,
    seen: u64,
}

impl Kept {
    /// For a text of at most `most_bytes`.
    pub fn new(most_bytes: usize) -> Self {
        let half = most_bytes.saturating_sub(NOTE) / 2;
        Self { head: Vec::new(), tail: VecDeque::new(), half, seen: 0 }
    }

    /// The next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.seen += piece.len() as u64;
        let first = piece.len().min(self.half - self.head.len());
        self.head.extend_from_slice(&piece[..first]);
        let rest = &piece[first..];
        let rest = &rest[rest.len().saturating_sub(self.half)..];
        let over = (self.tail.len() + rest.len()).saturating_sub(self.half);
        self.tail.drain(..over);
        self.tail.extend(rest);
    }

    /// Bytes that came.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// What is kept, with a note where something is left out. Bytes that are no UTF-8 are replaced, which is why the
    /// text can be longer than what was kept; [`cut_middle`](super::cut_middle) has the last word.
    pub fn into_text(mut self) -> String {
        let missing = self.seen - (self.head.len() + self.tail.len()) as u64;
        if missing == 0 {
            self.head.extend(&self.tail);
            return String::from_utf8_lossy(&self.head).into_owned();
        }
        // A character that was cut in two is left out whole.
        let whole = match str::from_utf8(&self.head) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.head.len(),
        };
        let halved = self.tail.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
        let missing = missing + (self.head.len() - whole + halved) as u64;
        let tail: Vec<u8> = self.tail.iter().skip(halved).copied().collect();
        format!(
            "{}{}{}",
            String::from_utf8_lossy(&self.head[..whole]),
            left_out(missing),
            String::from_utf8_lossy(&tail)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tool::cut_middle;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_does_not_matter_where_an_output_is_cut_into_pieces(
            text in "[aä€😀\\n]{0,300}", most in 64_usize..400, size in 1_usize..40,
        ) {
            let (mut whole, mut pieces) = (Kept::new(most), Kept::new(most));
            whole.push(text.as_bytes());
            text.as_bytes().chunks(size).for_each(|piece| pieces.push(piece));
            prop_assert_eq!(pieces.seen(), text.len() as u64);
            prop_assert!(pieces.tail.len() <= most && pieces.head.len() <= most);
            let kept = pieces.into_text();
            prop_assert_eq!(&kept, &whole.into_text());
            prop_assert!(kept.len() <= most && !kept.contains(char::REPLACEMENT_CHARACTER));
            if text.len() < most - NOTE {
                prop_assert_eq!(&kept, &text);
            }
            prop_assert_eq!(cut_middle(&kept, most), kept);
        }
    }
}
