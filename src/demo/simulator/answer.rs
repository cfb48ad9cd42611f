//! What the simulated model says: decided from the request alone, so the same request gets the same answer.

use serde_json::{Value, json};

use super::script::Source;
use super::spec::AccountSpec;
use super::{ids, schema, sealed};

/// The command that the shell triggers run.
const COMMAND: &str = "echo hello-from-tool";

/// One output item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Reasoning { id: String, encrypted: Option<String>, summary: Vec<String> },
    Message { id: String, text: String },
    FunctionCall { id: String, call_id: String, name: String, namespace: Option<String>, arguments: String },
    CustomCall { id: String, call_id: String, name: String, input: String },
    Compaction { id: String, encrypted: String },
}

/// Something to say, before it gets ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Say {
    Text(String),
    Call { name: String, namespace: Option<String>, arguments: String },
    Custom { name: String, input: String },
    Compact,
}

/// A tool as the model sees it.
struct Tool<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    custom: bool,
    parameters: &'a Value,
}

/// The text of a message, whatever the shape of its content.
pub(super) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Whether the person asks for an answer that takes its time: `[slow]` in what they said last.
pub(super) fn wants_time(body: &Value) -> bool {
    let items = body["input"].as_array().map(Vec::as_slice).unwrap_or_default();
    let asked = items.iter().rfind(|item| item["role"] == "user");
    asked.is_some_and(|item| text_of(&item["content"]).contains("[slow]"))
}

/// The answer to a request of the responses endpoint.
pub(super) fn decide(body: &Value, source: &Source) -> Vec<Say> {
    match source {
        Source::Text { text } => return vec![Say::Text(text.clone())],
        Source::ToolCall { name, arguments } => {
            return vec![Say::Call { name: name.clone(), namespace: None, arguments: arguments.clone() }];
        }
        Source::ToolCalls { text, calls } => {
            let said = (!text.is_empty()).then(|| Say::Text(text.clone()));
            let calls = calls.iter().map(|(name, arguments)| Say::Call {
                name: name.clone(),
                namespace: None,
                arguments: arguments.clone(),
            });
            return said.into_iter().chain(calls).collect();
        }
        Source::Generated | Source::Fixture(_) | Source::Raw(_) => {}
    }
    let no_items = Vec::new();
    let input = body["input"].as_array().unwrap_or(&no_items);
    if input.last().is_some_and(|item| item["type"] == "compaction_trigger") {
        return vec![Say::Compact];
    }
    let asked = input.iter().rposition(|item| item["role"] == "user");
    let prompt = asked.map(|at| text_of(&input[at]["content"])).unwrap_or_default();
    if let Some(text) = prompt.strip_prefix("[say] ") {
        return vec![Say::Text(text.to_owned())];
    }
    let since = &input[asked.map_or(0, |at| at + 1)..];
    let is_output = |item: &&Value| item["type"].as_str().is_some_and(|kind| kind.ends_with("_output"));
    let outputs: Vec<String> = since.iter().filter(is_output).map(|item| text_of(&item["output"])).collect();
    let tools = offered(body, input);
    let lite = input.iter().any(|item| item["type"] == "additional_tools");
    if outputs.is_empty() {
        let calls = if lite { lite_call(&prompt, &tools) } else { calls(&prompt, &tools, body) };
        if !calls.is_empty() {
            return calls;
        }
    }
    vec![Say::Text(reply(&prompt, &outputs, &body["text"]["format"]))]
}

/// The final text: the tools' answers quoted, an instance of the schema, or a few sentences.
pub(super) fn reply(prompt: &str, outputs: &[String], format: &Value) -> String {
    match format["type"].as_str() {
        Some("json_schema") => {
            let schema = format.get("schema").unwrap_or(&format["json_schema"]["schema"]);
            return schema::instance(schema).to_string();
        }
        Some("json_object") => return json!({ "answer": shortened(prompt, 200) }).to_string(),
        _ => {}
    }
    if outputs.is_empty() {
        return sentences(prompt);
    }
    let quoted: Vec<String> = outputs.iter().map(|output| shortened(output, 2000)).collect();
    format!("The tool answered: {}", quoted.join("\n---\n"))
}

fn shortened(text: &str, most: usize) -> String {
    let mut short: String = text.trim().chars().take(most).collect();
    if text.trim().chars().count() > most {
        short.push('…');
    }
    short
}

fn sentences(prompt: &str) -> String {
    const LINES: [&str; 8] = [
        "This answer comes from the simulated model, so nothing here was thought through.",
        "Every word arrives as its own event, at the pace of a real stream.",
        "The same question gets the same answer, which makes tests quick to write.",
        "Behind this stands one of the accounts of the pool, chosen by the gateway.",
        "A busy account would have been skipped, and you would not have noticed.",
        "The quota shown on the dashboard went down a little just now.",
        "Ask for a tool by its name and the model will call it.",
        "Ask again in this session and most of the prompt will be read from the cache.",
    ];
    let said = if prompt.trim().is_empty() { "nothing".to_owned() } else { shortened(prompt, 120) };
    let start = usize::from(ids::digest(&["sentences", prompt])[0]);
    let picked: Vec<&str> = (0..2).map(|step| LINES[(start + step * 3) % LINES.len()]).collect();
    format!("You said: {said}\n\n{}", picked.join(" "))
}

fn offered<'a>(body: &'a Value, input: &'a [Value]) -> Vec<Tool<'a>> {
    let top = body["tools"].as_array().into_iter().flatten();
    let added = input.iter().filter(|item| item["type"] == "additional_tools");
    let added = added.flat_map(|item| item["tools"].as_array().into_iter().flatten());
    let mut tools = Vec::new();
    for tool in top.chain(added) {
        if tool["type"] == "namespace" {
            let inner = tool["tools"].as_array().into_iter().flatten();
            tools.extend(inner.filter_map(|inner| as_tool(inner, tool["name"].as_str())));
        } else {
            tools.extend(as_tool(tool, None));
        }
    }
    tools
}

fn as_tool<'a>(tool: &'a Value, namespace: Option<&'a str>) -> Option<Tool<'a>> {
    let custom = match tool["type"].as_str() {
        Some("function") => false,
        Some("custom") => true,
        _ => return None,
    };
    Some(Tool { name: tool["name"].as_str()?, namespace, custom, parameters: &tool["parameters"] })
}

/// In the Lite shape everything goes through `exec`, and only when asked: its tool names are everyday words.
fn lite_call(prompt: &str, tools: &[Tool<'_>]) -> Vec<Say> {
    if !prompt.contains("[use-exec]") || !tools.iter().any(|tool| tool.custom && tool.name == "exec") {
        return Vec::new();
    }
    let input =
        format!("const result = await tools.exec_command({{ cmd: \"{COMMAND}\" }});\ntext(result.output);\n");
    vec![Say::Custom { name: "exec".into(), input }]
}

fn calls(prompt: &str, tools: &[Tool<'_>], body: &Value) -> Vec<Say> {
    let choice = &body["tool_choice"];
    if choice == "none" {
        return Vec::new();
    }
    if prompt.contains("[use-shell]") {
        let shells = ["exec_command", "shell_command", "shell", "local_shell"];
        let shell =
            shells.iter().find_map(|name| tools.iter().find(|tool| !tool.custom && tool.name == *name));
        if let Some(shell) = shell {
            return vec![call(shell, shell_arguments(shell).to_string())];
        }
    }
    let forced = choice["name"].as_str();
    let parallel = body["parallel_tool_calls"] != false;
    let mut wanted: Vec<&Tool<'_>> = match forced {
        Some(name) => tools.iter().filter(|tool| tool.name == name).collect(),
        None => tools.iter().filter(|tool| mentions(prompt, tool.name).is_some()).collect(),
    };
    let asked = prompt.to_ascii_lowercase().contains("use the tool") || choice == "required";
    if wanted.is_empty() && asked {
        wanted.extend(tools.first());
    }
    wanted.truncate(if parallel { 4 } else { 1 });
    wanted.into_iter().map(|tool| call(tool, arguments(prompt, tool.name, tool.parameters))).collect()
}

fn call(tool: &Tool<'_>, arguments: String) -> Say {
    if tool.custom {
        return Say::Custom { name: tool.name.to_owned(), input: arguments };
    }
    Say::Call { name: tool.name.to_owned(), namespace: tool.namespace.map(str::to_owned), arguments }
}

fn shell_arguments(tool: &Tool<'_>) -> Value {
    let properties = &tool.parameters["properties"];
    if properties.get("cmd").is_some() {
        return json!({ "cmd": COMMAND });
    }
    if properties["command"]["type"] == "array" {
        return json!({ "command": ["bash", "-lc", COMMAND] });
    }
    json!({ "command": COMMAND })
}

/// Where the prompt says this name as a word of its own.
pub(super) fn mentions(prompt: &str, name: &str) -> Option<usize> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    prompt.match_indices(name).find_map(|(at, _)| {
        let before = prompt[..at].chars().next_back().is_some_and(word);
        let after = prompt[at + name.len()..].chars().next().is_some_and(word);
        (!before && !after).then_some(at + name.len())
    })
}

/// The JSON object that follows the name in the prompt, else a minimal instance of the parameters.
pub(super) fn arguments(prompt: &str, name: &str, parameters: &Value) -> String {
    let rest = mentions(prompt, name).map_or("", |end| &prompt[end..]);
    if let Some(open) = rest.find('{') {
        let mut values = serde_json::Deserializer::from_str(&rest[open..]).into_iter::<Value>();
        if let Some(Ok(value @ Value::Object(_))) = values.next() {
            return value.to_string();
        }
    }
    match schema::instance(parameters) {
        Value::Null => "{}".into(),
        value => value.to_string(),
    }
}

/// Gives the answer its ids, with the reasoning in front that the request asked for.
pub(super) fn with_ids(
    says: Vec<Say>,
    body: &Value,
    spec: &AccountSpec,
    mut fresh: impl FnMut(&str) -> [u8; 32],
) -> Vec<Item> {
    let mut id = |prefix: &str| format!("{prefix}_{}", ids::hex(&fresh(prefix), 50));
    let mut items = Vec::with_capacity(says.len() + 1);
    let reasoning = &body["reasoning"];
    let thinks = !reasoning["summary"].is_null() || reasoning["effort"].as_str().is_some_and(|e| e != "none");
    if thinks && says != [Say::Compact] {
        let id = id("rs");
        let include = body["include"].as_array().into_iter().flatten();
        let encrypted = include
            .into_iter()
            .any(|name| name == "reasoning.encrypted_content")
            .then(|| sealed::seal(&spec.user_id, &spec.account_id, &id));
        items.push(Item::Reasoning { id, encrypted, summary: summary(&reasoning["summary"]) });
    }
    let call_id = |id: &str| format!("call_{}", ids::alphanumeric(&ids::digest(&["call", id]), 24));
    for say in says {
        items.push(match say {
            Say::Text(text) => Item::Message { id: id("msg"), text },
            Say::Call { name, namespace, arguments } => {
                let id = id("fc");
                Item::FunctionCall { call_id: call_id(&id), id, name, namespace, arguments }
            }
            Say::Custom { name, input } => {
                let id = id("ctc");
                Item::CustomCall { call_id: call_id(&id), id, name, input }
            }
            Say::Compact => {
                let id = id("cmp");
                Item::Compaction { encrypted: sealed::seal(&spec.user_id, &spec.account_id, &id), id }
            }
        });
    }
    items
}

fn summary(wanted: &Value) -> Vec<String> {
    let reading = "**Reading the question**\n\nThe user wants a short answer.".to_owned();
    match wanted.as_str() {
        None => Vec::new(),
        Some("detailed") => {
            vec![reading, "**Choosing an approach**\n\nThe simplest one that can be checked.".to_owned()]
        }
        Some(_) => vec![reading],
    }
}

/// The text in 1 to 60 pieces, cut before spaces where it can be.
pub(super) fn deltas(text: &str) -> Vec<&str> {
    let mut cuts: Vec<usize> =
        text.match_indices([' ', '\n']).map(|(at, _)| at).filter(|at| *at > 0).collect();
    if cuts.len() > 59 {
        let step = cuts.len().div_ceil(59);
        cuts = cuts.into_iter().step_by(step).collect();
    }
    if cuts.is_empty() {
        // One long word, such as JSON: a few characters each.
        let step = (text.chars().count() / 12).max(6);
        cuts = text.char_indices().map(|(at, _)| at).step_by(step).skip(1).collect();
    }
    cuts.push(text.len());
    let mut from = 0;
    cuts.into_iter()
        .filter_map(|to| {
            let piece = &text[from..to];
            from = to;
            (!piece.is_empty()).then_some(piece)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Value {
        json!({ "role": "user", "content": [{ "type": "input_text", "text": text }] })
    }

    fn weather() -> Value {
        json!([{
            "type": "function", "name": "get_weather",
            "parameters": { "type": "object", "required": ["city"], "properties": { "city": { "type": "string" } } },
        }])
    }

    #[test]
    fn a_named_tool_is_called_with_the_arguments_that_follow_its_name() {
        let body =
            json!({ "input": [user("call get_weather {\"city\": \"Oslo\"} now")], "tools": weather() });
        let call = |arguments: &str| Say::Call {
            name: "get_weather".into(),
            namespace: None,
            arguments: arguments.into(),
        };
        assert_eq!(decide(&body, &Source::Generated), [call("{\"city\":\"Oslo\"}")]);
        let body = json!({ "input": [user("use the tool")], "tools": weather() });
        assert_eq!(decide(&body, &Source::Generated), [call("{\"city\":\"example\"}")]);
        let body = json!({ "input": [user("my_get_weather?")], "tools": weather() });
        assert!(matches!(decide(&body, &Source::Generated).as_slice(), [Say::Text(_)]));
    }

    #[test]
    fn after_the_output_of_a_tool_the_answer_quotes_it() {
        let body = json!({
            "input": [
                user("get_weather please"),
                { "type": "function_call", "name": "get_weather", "arguments": "{}", "call_id": "c" },
                { "type": "function_call_output", "call_id": "c", "output": "12 degrees" },
            ],
            "tools": weather(),
        });
        assert_eq!(decide(&body, &Source::Generated), [Say::Text("The tool answered: 12 degrees".into())]);
    }

    #[test]
    fn a_lite_request_runs_a_command_through_exec() {
        let exec = json!({ "type": "custom", "name": "exec" });
        let tools = json!({ "type": "namespace", "name": "functions", "tools": [exec] });
        let head = json!({ "type": "additional_tools", "role": "developer", "tools": [tools] });
        let body = json!({ "input": [head, user("[use-exec] go")] });
        let said = decide(&body, &Source::Generated);
        assert!(
            matches!(&said[..], [Say::Custom { name, input }] if name == "exec" && input.contains(COMMAND))
        );
    }

    #[test]
    fn the_shell_gets_the_arguments_its_parameters_ask_for() {
        for (name, parameters, arguments) in [
            (
                "exec_command",
                json!({ "properties": { "cmd": { "type": "string" } } }),
                json!({ "cmd": COMMAND }),
            ),
            (
                "shell",
                json!({ "properties": { "command": { "type": "array" } } }),
                json!({ "command": ["bash", "-lc", COMMAND] }),
            ),
            ("shell_command", json!({ "properties": { "command": {} } }), json!({ "command": COMMAND })),
        ] {
            let tools = json!([{ "type": "function", "name": name, "parameters": parameters }]);
            let body = json!({ "input": [user("[use-shell]")], "tools": tools });
            let said = decide(&body, &Source::Generated);
            let expected = Say::Call { name: name.into(), namespace: None, arguments: arguments.to_string() };
            assert_eq!(said, [expected]);
        }
    }

    #[test]
    fn the_pieces_of_a_text_make_the_text_and_are_neither_few_nor_many() {
        for text in
            [sentences("hello"), sentences(&"word ".repeat(500)), "x".repeat(900), "ok".into(), String::new()]
        {
            let pieces = deltas(&text);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.len() <= 61, "{} pieces", pieces.len());
        }
        assert!(deltas(&sentences("hello")).len() >= 20);
    }

    #[test]
    fn a_schema_gets_an_instance() {
        let format = json!({ "type": "json_schema", "schema": { "type": "object", "required": ["ok"],
            "properties": { "ok": { "type": "boolean" } } } });
        assert_eq!(reply("x", &[], &format), "{\"ok\":true}");
    }
}
