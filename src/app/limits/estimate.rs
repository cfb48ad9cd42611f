//! What a request can cost at most: what it reserves of a limit in tokens.
//!
//! It has to be a bound, since what is let in beside others rests on it: a body has no more tokens than bytes, and an
//! answer no more than its upstream lets it have. Only an OpenAI-compatible upstream keeps `max_tokens`; a subscription
//! account takes no limit, and what it thinks is not seen until it is counted.

use crate::app::gateway::Ask;
use crate::domain::provider::Wire;
use crate::domain::responses::event::Usage;
use memchr::memmem;

/// The longest answer that the models of subscriptions write, what they think included (GPT-5's page: 128,000 tokens).
const LONGEST_ANSWER: u64 = 128_000;
/// More than any image costs, whatever its size.
const IMAGE: u64 = 20_000;

/// An upper bound of what a request uses.
pub(super) fn most(ask: &Ask) -> Usage {
    let accounts = &ask.resolved.pool.accounts;
    let window =
        accounts.iter().filter_map(|account| account.model(&ask.resolved.model)?.context_window).max();
    let within = |tokens: u64| window.map_or(tokens, |window| tokens.min(window));
    let own_limit = match ask.resolved.provider.kind.wire {
        Wire::ChatCompletions => ask.payload.max_tokens(),
        Wire::Codex => None,
    };
    Usage {
        input_tokens: within(tokens(&ask.payload.text())),
        output_tokens: within(own_limit.unwrap_or(LONGEST_ANSWER)),
        ..Usage::default()
    }
}

/// Tokens that a body can have at most. The text of an image is no text.
fn tokens(body: &[u8]) -> u64 {
    let mut bytes = body.len();
    let mut images = memmem::find_iter(body, b"\"image_url\"").count();
    for start in memmem::find_iter(body, b"data:image/") {
        images += 1;
        let rest = &body[start..];
        bytes -= memchr::memchr(b'"', rest).unwrap_or(rest.len()).min(bytes);
    }
    bytes as u64 + images as u64 * IMAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_no_more_tokens_than_bytes_and_an_image_is_counted_as_one() {
        assert_eq!(tokens(b"{\"input\":\"hi\"}"), 14);
        let image = format!("{{\"image_url\":\"data:image/png;base64,{}\"}}", "A".repeat(5_000_000));
        assert_eq!(tokens(image.as_bytes()), 2 * IMAGE + 16);
        // Words of a text that only look like an image.
        assert!(tokens(b"data:image/ without an end") >= IMAGE);
    }
}
