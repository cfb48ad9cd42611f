//! The built-in tools as models are told of them.

use crate::domain::tool::ToolSpec;
use serde_json::{Value, json};

/// A built-in tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    ReadFile,
    WriteFile,
    EditFile,
    ListFiles,
    SearchFiles,
    Exec,
    WebFetch,
    Remember,
    Recall,
    Forget,
}

impl Builtin {
    /// In the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::ReadFile,
        Self::WriteFile,
        Self::EditFile,
        Self::ListFiles,
        Self::SearchFiles,
        Self::Exec,
        Self::WebFetch,
        Self::Remember,
        Self::Recall,
        Self::Forget,
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// What the model calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadFile => "read_file",
            Self::WriteFile => "write_file",
            Self::EditFile => "edit_file",
            Self::ListFiles => "list_files",
            Self::SearchFiles => "search_files",
            Self::Exec => "exec",
            Self::WebFetch => "web_fetch",
            Self::Remember => "remember",
            Self::Recall => "recall",
            Self::Forget => "forget",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::ReadFile => {
                "Reads a text file of the workspace. A long file comes in parts: the last line of the output says with which \
                 offset to go on."
            }
            Self::WriteFile => {
                "Writes a whole file in the workspace, replacing one that is there. Directories on the way are made. To \
                 change a part of a file, use edit_file."
            }
            Self::EditFile => {
                "Replaces a text in a file of the workspace. old_text has to be in the file exactly as given, white space \
                 and line breaks included, and exactly once unless replace_all is true."
            }
            Self::ListFiles => {
                "Lists a directory of the workspace, or with a glob all files below it that match. Directories end with a \
                 slash."
            }
            Self::SearchFiles => {
                "Searches the text files of the workspace for a regular expression, line by line. Answers path:line: text."
            }
            Self::Exec => {
                "Runs a command with sh in the workspace and answers what it wrote and its exit code. There is no input, and \
                 nothing keeps running: what a command starts in the background is ended with it."
            }
            Self::WebFetch => {
                "Fetches a page of the public internet and answers it as readable text (HTML becomes Markdown; JSON and plain \
                 text stay as they are). A long page comes in parts: the last line says with which offset to go on."
            }
            Self::Remember => {
                "Keeps a note for later conversations: a fact, a preference, a decision, in a sentence or two that can be \
                 understood alone."
            }
            Self::Recall => {
                "Finds notes that were kept with remember: those that have to do with the query, or without one the newest. \
                 Each has a number."
            }
            Self::Forget => "Removes a note that is wrong or of no use any more, by its number.",
        }
    }

    /// The JSON schema of its arguments.
    pub fn parameters(self) -> Value {
        let text = |description: &str| json!({"type": "string", "description": description});
        let number = |description: &str| json!({"type": "integer", "minimum": 1, "description": description});
        let flag = |description: &str| json!({"type": "boolean", "description": description});
        let path = || text("Path relative to the workspace, such as src/main.rs");
        let below =
            || text("Directory to start from, relative to the workspace; the workspace itself when absent");
        let glob = || {
            text(
                "Only files that match, such as *.rs (a name, anywhere) or src/**/*.{ts,tsx} (a path below the start)",
            )
        };
        let (properties, required): (Value, &[&str]) = match self {
            Self::ReadFile => (
                json!({
                    "path": path(),
                    "offset": number("Number of the first line, from 1"),
                    "limit": number("Most lines; as many as fit when absent"),
                }),
                &["path"],
            ),
            Self::WriteFile => {
                (json!({"path": path(), "content": text("The whole content")}), &["path", "content"])
            }
            Self::EditFile => (
                json!({
                    "path": path(),
                    "old_text": text("The text to replace, exactly as it is in the file"),
                    "new_text": text("The text to put in its place; empty to remove it"),
                    "replace_all": flag("Replace every occurrence instead of the only one"),
                }),
                &["path", "old_text", "new_text"],
            ),
            Self::ListFiles => (
                json!({
                    "path": below(),
                    "glob": glob(),
                    "recursive": flag("Also what is in the directories below; true when there is a glob"),
                    "limit": number("Most entries; 500 when absent"),
                }),
                &[],
            ),
            Self::SearchFiles => (
                json!({
                    "pattern": text("Regular expression (no look-around, no back-references)"),
                    "path": below(),
                    "glob": glob(),
                    "ignore_case": flag("Whether capital and small letters are the same"),
                    "context": json!({"type": "integer", "minimum": 0, "description": "Lines to show around each match"}),
                    "limit": number("Most matching lines; 100 when absent"),
                }),
                &["pattern"],
            ),
            Self::Exec => (
                json!({
                    "command": text("The command line, for sh -c"),
                    "timeout_seconds": number("Seconds after which it is stopped"),
                    "directory": text("Directory to run it in, relative to the workspace"),
                }),
                &["command"],
            ),
            Self::WebFetch => (
                json!({
                    "url": text("The page's address, with https:// or http://"),
                    "offset": json!({"type": "integer", "minimum": 0, "description": "Where in the text to begin, for a page that came in parts"}),
                    "raw": flag("The source of an HTML page instead of its text"),
                }),
                &["url"],
            ),
            Self::Remember => (json!({"note": text("What to remember")}), &["note"]),
            Self::Recall => (
                json!({
                    "query": text("Words to look for; the newest notes when absent"),
                    "limit": number("Most notes; 10 when absent"),
                }),
                &[],
            ),
            Self::Forget => (json!({"number": number("The note's number, as recall shows it")}), &["number"]),
        };
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    /// All of it.
    pub fn spec(self) -> ToolSpec {
        ToolSpec {
            name: self.name().to_owned(),
            description: self.description().to_owned(),
            parameters: self.parameters(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tool::BUILT_IN;

    #[test]
    fn the_domain_knows_the_same_tools_in_the_same_order() {
        assert_eq!(Builtin::ALL.map(Builtin::name), BUILT_IN);
        assert!(Builtin::ALL.iter().all(|tool| Builtin::named(tool.name()) == Some(*tool)));
    }

    #[test]
    fn every_schema_is_of_an_object_whose_required_members_are_described() {
        for tool in Builtin::ALL {
            let schema = tool.parameters();
            let properties = schema["properties"].as_object().unwrap();
            assert!(
                properties
                    .values()
                    .all(|member| member["description"].is_string() && member["type"].is_string())
            );
            for name in schema["required"].as_array().unwrap() {
                assert!(properties.contains_key(name.as_str().unwrap()), "{}: {name}", tool.name());
            }
        }
    }
}
