//! Cells of a CSV file, as RFC 4180 has them.

/// A text as a cell. A spreadsheet takes what begins like a formula for one, and others choose their names: such a text
/// gets a quote in front of it.
pub fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
