//! `read_file`

use super::{Limits, is_binary, note, shortened};
use crate::app::tools::workspace::Workspace;
use serde::Deserialize;

/// Most bytes of one line.
const LINE: usize = 4_000;

/// The arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    path: String,
    /// The first line, from 1.
    offset: Option<u64>,
    /// Most lines.
    limit: Option<u64>,
}

/// Lines of a text file, as many as are asked for and fit.
pub fn read(workspace: &Workspace, call: &Read, limits: &Limits) -> Result<String, String> {
    let offset = call.offset.unwrap_or(1);
    if offset == 0 || call.limit == Some(0) {
        return Err(
            "offset and limit begin at 1: offset is the first line's number, limit how many".to_owned()
        );
    }
    let path = workspace.relative(&call.path)?;
    let content = workspace.read(&path, limits.file_bytes)?;
    if is_binary(&content) {
        return Err(format!(
            "\"{}\" is a binary file of {} bytes{}, and read_file reads text",
            path.display(),
            content.len(),
            kind_of(&content)
        ));
    }
    if content.is_empty() {
        return Ok("[the file is empty]".to_owned());
    }
    let text = String::from_utf8_lossy(&content);
    let foreign = matches!(text, std::borrow::Cow::Owned(_));
    let total = text.lines().count() as u64;
    if offset > total {
        return Err(format!("offset: the file has {total} lines, and line {offset} was asked for"));
    }
    let most = limits.text_bytes();
    let (mut shown, mut last, mut cut_lines) = (String::new(), offset - 1, false);
    let wanted = usize::try_from(call.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let skipped = usize::try_from(offset - 1).unwrap_or(usize::MAX);
    for line in text.split_inclusive('\n').skip(skipped).take(wanted) {
        let piece = shortened(line, LINE);
        if !shown.is_empty() && shown.len() + piece.len() > most {
            break;
        }
        if piece.len() == line.len() {
            shown.push_str(line);
        } else {
            cut_lines = true;
            shown.push_str(&piece);
            shown.push('\n');
        }
        last += 1;
    }
    let mut notes = Vec::new();
    if offset > 1 || last < total {
        notes.push(format!("lines {offset} to {last} of {total}"));
    }
    if last < total {
        notes.push(format!("go on with offset {}", last + 1));
    }
    if cut_lines {
        notes.push("lines that are too long are cut".to_owned());
    }
    if foreign {
        notes.push("some bytes are no UTF-8 and are shown as \u{FFFD}".to_owned());
    }
    note(&mut shown, &notes);
    Ok(shown)
}

/// What it looks like, for the commonest kinds.
fn kind_of(content: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 9] = [
        (b"\x89PNG", " (a PNG image)"),
        (b"\xFF\xD8\xFF", " (a JPEG image)"),
        (b"GIF8", " (a GIF image)"),
        (b"%PDF", " (a PDF document)"),
        (b"PK\x03\x04", " (a ZIP archive, or an Office document)"),
        (b"\x1F\x8B", " (gzip)"),
        (b"\x7FELF", " (a program)"),
        (b"SQLite format 3", " (an SQLite database)"),
        (b"\xFF\xFE", " (perhaps text in UTF-16)"),
    ];
    KINDS.iter().find(|(magic, _)| content.starts_with(magic)).map_or("", |(_, kind)| kind)
}
