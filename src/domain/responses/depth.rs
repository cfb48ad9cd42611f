//! How deeply a client's JSON is nested.
//!
//! `serde_json` reads no value deeper than 128 levels, but skips any: what is forwarded unread would reach the next
//! reader, who may have no bound.

/// The deepest that a body may be nested; that of `serde_json`.
pub const MOST: usize = 128;

/// Whether the arrays and objects of this text are nested more deeply than [`MOST`]. The text need not be JSON.
pub fn is_too_deep(json: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > MOST {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_string(json, at),
            _ => {}
        }
    }
    false
}

/// Behind the quote that ends the string which begins here. Most of a body is text, so this is where the time goes.
fn end_of_string(json: &[u8], mut at: usize) -> usize {
    while let Some(found) = json.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if json[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn the_bound_is_that_of_the_json_reader() {
        for (depth, deep) in [(0, false), (1, false), (MOST - 1, false), (MOST + 1, true), (1 << 20, true)] {
            assert_eq!(is_too_deep(nested(depth).as_bytes()), deep, "{depth}");
        }
        assert!(serde_json::from_str::<serde_json::Value>(&nested(MOST - 1)).is_ok());
        assert!(serde_json::from_str::<serde_json::Value>(&nested(MOST + 1)).is_err());
        assert!(!is_too_deep("[],".repeat(1_000).as_bytes()), "side by side is not deep");
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let brackets = "[".repeat(1_000);
        for text in [
            format!(r#"{{"a": "{brackets}"}}"#),
            format!(r#"["\"{brackets}\\", 1]"#),
            format!(r#""{brackets}"#),
        ] {
            assert!(!is_too_deep(text.as_bytes()), "{text}");
        }
        assert!(is_too_deep(format!(r#"["\\", {brackets}"#).as_bytes()));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"[\[\]{}"\\a]{0,64}"#) {
            is_too_deep(text.as_bytes());
        }
    }
}
