//! `write_file` and `edit_file`

use super::{Limits, is_binary};
use crate::app::tools::workspace::Workspace;
use serde::Deserialize;

/// The arguments of `write_file`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    path: String,
    content: String,
}

/// The arguments of `edit_file`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    path: String,
    old_text: String,
    new_text: String,
    replace_all: Option<bool>,
}

/// Writes a whole file. `temporary` is a name that nobody else uses.
pub fn write(
    workspace: &Workspace,
    call: &Write,
    limits: &Limits,
    temporary: &str,
) -> Result<String, String> {
    let path = workspace.relative(&call.path)?;
    let bytes = call.content.len();
    if bytes as u64 > limits.file_bytes {
        return Err(too_large(bytes, limits));
    }
    let is_new = workspace.changing(&path, || workspace.write(&path, call.content.as_bytes(), temporary))?;
    let lines = call.content.lines().count();
    let how = if is_new { "made" } else { "overwritten" };
    Ok(format!("{how} {} with {lines} lines, {bytes} bytes", path.display()))
}

/// Replaces a text in a file.
pub fn edit(workspace: &Workspace, call: &Edit, limits: &Limits, temporary: &str) -> Result<String, String> {
    if call.old_text.is_empty() {
        return Err(
            "old_text is empty; it has to be a text that is in the file. write_file writes a whole file"
                .into(),
        );
    }
    if call.old_text == call.new_text {
        return Err("old_text and new_text are the same, so there is nothing to change".into());
    }
    let path = workspace.relative(&call.path)?;
    workspace.changing(&path, || {
        let content = workspace.read(&path, limits.file_bytes)?;
        let shown = path.display();
        let text = match String::from_utf8(content) {
            Ok(text) if !is_binary(text.as_bytes()) => text,
            _ => return Err(format!("\"{shown}\" is no UTF-8 text, and edit_file changes such text only")),
        };
        let Edits { old, new, at } = find(&text, call).map_err(|reason| format!("\"{shown}\": {reason}"))?;
        let count = at.len();
        let bytes = text.len() - count * old.len() + count * new.len();
        if bytes as u64 > limits.file_bytes {
            return Err(too_large(bytes, limits));
        }
        workspace.write(&path, text.replace(&old, &new).as_bytes(), temporary)?;
        let lines: Vec<String> = at.iter().take(20).map(ToString::to_string).collect();
        let more = if count > 20 { ", …" } else { "" };
        let (places, lines) = (if count == 1 { "place" } else { "places" }, lines.join(", "));
        Ok(format!("changed {shown} in {count} {places} (line {lines}{more})"))
    })
}

fn too_large(bytes: usize, limits: &Limits) -> String {
    format!(
        "the file would have {bytes} bytes, and at most {} are written (tools.files.max_file_kib in config.json)",
        limits.file_bytes
    )
}

/// What to replace by what, and the lines where it begins.
struct Edits {
    old: String,
    new: String,
    at: Vec<usize>,
}

fn find(text: &str, call: &Edit) -> Result<Edits, String> {
    let mut edits =
        Edits { old: call.old_text.clone(), new: call.new_text.clone(), at: lines_of(text, &call.old_text) };
    if edits.at.is_empty() && text.contains("\r\n") && !call.old_text.contains('\r') {
        // A file of Windows, and a model that does not see the difference.
        let windows = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        (edits.old, edits.new) = (windows(&call.old_text), windows(&call.new_text));
        edits.at = lines_of(text, &edits.old);
    }
    match edits.at.as_slice() {
        [] => Err(format!("old_text is not in the file{}", near(text, &call.old_text))),
        [_] => Ok(edits),
        many if !call.replace_all.unwrap_or(false) => {
            let lines: Vec<String> = many.iter().take(20).map(ToString::to_string).collect();
            Err(format!(
                "old_text is in the file {} times (lines {}); give more text around it so that it is there once, or set \
                 replace_all to true",
                many.len(),
                lines.join(", ")
            ))
        }
        _ => Ok(edits),
    }
}

fn lines_of(text: &str, old: &str) -> Vec<usize> {
    let (mut line, mut seen) = (1, 0);
    text.match_indices(old)
        .map(|(at, _)| {
            line += text[seen..at].matches('\n').count();
            seen = at;
            line
        })
        .collect()
}

/// Where it nearly is.
fn near(text: &str, old: &str) -> String {
    let blank = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted: Vec<String> = old.lines().map(blank).filter(|line| !line.is_empty()).collect();
    let Some(first) = wanted.first() else {
        return "; it is white space only".to_owned();
    };
    let lines: Vec<String> = text.lines().map(blank).collect();
    for (number, line) in lines.iter().enumerate() {
        if !line.contains(first.as_str()) {
            continue;
        }
        let rest = lines[number..].iter().filter(|line| !line.is_empty());
        if rest.zip(&wanted).filter(|(line, wanted)| line.contains(wanted.as_str())).count() == wanted.len() {
            return format!(
                "; line {} has it with other white space. Read the file, and copy the text exactly, with its indentation",
                number + 1
            );
        }
    }
    match lines.iter().position(|line| line.contains(first.as_str())) {
        Some(number) => format!(
            "; its first line is at line {}, but what follows differs. Read the file there, and copy the text exactly",
            number + 1
        ),
        None => ". Read the file first, and copy the text exactly".to_owned(),
    }
}
