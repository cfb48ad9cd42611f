//! From bytes to text.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The text of a body: by its byte order mark, else the charset of its header, else what an HTML page says of itself,
/// else UTF-8 when it is that, else what browsers assume.
pub fn decode(body: &[u8], header: Option<&str>, is_html: bool) -> String {
    let named = |label: &str| Encoding::for_label(label.trim_matches(['"', '\'', ' ']).as_bytes());
    let encoding = header.and_then(named).or_else(|| is_html.then(|| declared(body)).flatten());
    let encoding = encoding.unwrap_or_else(|| match str::from_utf8(body) {
        Ok(_) => UTF_8,
        // Cut within a character.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    });
    encoding.decode(body).0.into_owned()
}

/// `<meta charset=…>` or `<meta http-equiv … charset=…>` among the first bytes.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&body[..body.len().min(2_048)]).to_ascii_lowercase();
    let at = head.find("<meta")?;
    let (_, rest) = head[at..].split_once("charset=")?;
    let label: String = rest
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
        .collect();
    match Encoding::for_label(label.as_bytes()) {
        // It can't be: we have read the declaration byte by byte.
        Some(wide) if !wide.is_ascii_compatible() => Some(UTF_8),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charset_is_taken_from_the_mark_the_header_the_page_or_guessed() {
        assert_eq!(decode(b"\xEF\xBB\xBFt\xC3\xA4g", Some("latin1"), true), "täg");
        assert_eq!(decode(b"t\xE4g", Some("ISO-8859-1"), true), "täg");
        assert_eq!(
            decode(b"<meta charset='windows-1251'>\xE4", None, true),
            "<meta charset='windows-1251'>д"
        );
        let old = b"<META http-equiv=Content-Type content=\"text/html; charset=Shift_JIS\">\x93\xFA";
        assert!(decode(old, None, true).ends_with('日'));
        assert_eq!(decode("täg".as_bytes(), None, true), "täg");
        assert_eq!(decode(b"t\xE4g", None, false), "täg");
        assert_eq!(decode(b"t\xC3\xA4g\xC3", None, false), "täg\u{FFFD}");
        assert_eq!(decode(b"\xFF\xFEh\0i\0", None, false), "hi");
    }
}
