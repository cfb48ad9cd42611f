//! Tools and tool choices in the upstream's flat shape.

use super::RequestError;
use serde_json::{Map, Value, json};

/// Tools that need something the subscription backend does not keep.
const NOT_SERVED: [&str; 6] = [
    "file_search",
    "code_interpreter",
    "computer",
    "computer_use_preview",
    "mcp",
    "programmatic_tool_calling",
];

/// The longest name of a function that the upstream takes.
const MAX_NAME: usize = 64;

/// One tool in the upstream's shape. `place` names it in errors, such as `tools[0]`.
///
/// The nested shape of Chat Completions (`{type, function: {name, …}}`) is flattened, `web_search_preview` renamed,
/// a function without parameters given an empty schema. Kinds that are not known here pass as they are.
pub fn flat_tool(tool: Value, place: &str) -> Result<Value, RequestError> {
    let Value::Object(mut tool) = tool else {
        return Err(RequestError::at("invalid_type", place, format!("`{place}` must be an object")));
    };
    tool.retain(|key, value| !value.is_null() && key != "prompt_cache_breakpoint" && key != "cache_control");
    let Some(kind) = tool.get("type").and_then(Value::as_str).map(str::to_owned) else {
        let param = format!("{place}.type");
        let message = format!("`{param}` is missing: for a function it is `function`");
        return Err(RequestError::at("missing_required_parameter", param, message));
    };
    match &*kind {
        "function" => function(tool, place),
        "custom" => custom(tool, place),
        "namespace" => {
            if let Some(Value::Array(inner)) = tool.get_mut("tools") {
                for (n, tool) in inner.iter_mut().enumerate() {
                    *tool = flat_tool(tool.take(), &format!("{place}.tools[{n}]"))?;
                }
            }
            Ok(Value::Object(tool))
        }
        preview if preview.starts_with("web_search_preview") => {
            tool.insert("type".into(), "web_search".into());
            Ok(Value::Object(tool))
        }
        refused if NOT_SERVED.contains(&refused) => Err(RequestError::at(
            "unsupported_value",
            format!("{place}.type"),
            format!(
                "tools of the type `{refused}` are not served by a ChatGPT subscription; `function`, `custom`, \
                 `namespace`, `web_search` and `image_generation` are"
            ),
        )),
        _ => Ok(Value::Object(tool)),
    }
}

fn function(mut tool: Map<String, Value>, place: &str) -> Result<Value, RequestError> {
    let mut place = place.to_owned();
    if let Some(Value::Object(mut nested)) = tool.remove("function") {
        // The default of `strict` is false in Chat Completions and true in the Responses API.
        if !matches!(nested.get("strict"), Some(Value::Bool(_))) {
            nested.insert("strict".into(), false.into());
        }
        tool = nested;
        place.push_str(".function");
    }
    let name = name_of(&tool, &place)?;
    let mut flat = Map::from_iter([("type".to_owned(), json!("function")), ("name".to_owned(), name.into())]);
    for key in ["description", "strict", "defer_loading"] {
        if let Some(value) = tool.remove(key).filter(|v| !v.is_null()) {
            flat.insert(key.into(), value);
        }
    }
    let parameters = match tool.remove("parameters") {
        // Closed, so that it passes for a strict function too.
        None | Some(Value::Null) => {
            json!({"type": "object", "properties": {}, "additionalProperties": false})
        }
        Some(Value::Object(mut schema)) => {
            // "object schema missing properties" is what an argument-less function is refused with.
            if schema.is_empty() {
                schema.insert("type".into(), "object".into());
            }
            if schema.get("type") == Some(&json!("object")) && !schema.contains_key("properties") {
                schema.insert("properties".into(), json!({}));
            }
            Value::Object(schema)
        }
        Some(_) => {
            let param = format!("{place}.parameters");
            let message = format!("`{param}` must be a JSON schema, an object");
            return Err(RequestError::at("invalid_type", param, message));
        }
    };
    flat.insert("parameters".into(), parameters);
    Ok(Value::Object(flat))
}

fn custom(mut tool: Map<String, Value>, place: &str) -> Result<Value, RequestError> {
    if let Some(Value::Object(mut nested)) = tool.remove("custom") {
        name_of(&nested, &format!("{place}.custom"))?;
        // Chat Completions nests the grammar once more: {type: "grammar", grammar: {syntax, definition}}.
        if let Some(Value::Object(format)) = nested.get_mut("format")
            && let Some(Value::Object(grammar)) = format.remove("grammar")
        {
            format.extend(grammar);
        }
        let mut flat = Map::from_iter([("type".to_owned(), json!("custom"))]);
        flat.extend(nested);
        return Ok(Value::Object(flat));
    }
    name_of(&tool, place)?;
    Ok(Value::Object(tool))
}

fn name_of(tool: &Map<String, Value>, place: &str) -> Result<String, RequestError> {
    let param = format!("{place}.name");
    let Some(name) = tool.get("name").and_then(Value::as_str) else {
        let message = format!("`{param}` is missing: every tool needs a name");
        return Err(RequestError::at("missing_required_parameter", param, message));
    };
    let right = (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if !right {
        let message = format!(
            "`{param}` is `{name}`; a name has 1 to {MAX_NAME} characters out of letters, digits, `_` and `-`"
        );
        return Err(RequestError::at("invalid_value", param, message));
    }
    Ok(name.to_owned())
}

/// The tool choice in the upstream's flat shape, `None` where it would only repeat the default.
///
/// `tools` are flat already. A choice of something that is not among them is refused.
pub fn flat_tool_choice(choice: Value, tools: &[Value]) -> Result<Option<Value>, RequestError> {
    let refuse = |code, message: String| Err(RequestError::at(code, "tool_choice", message));
    match choice {
        Value::Null => Ok(None),
        Value::String(mode) => match &*mode {
            "auto" | "none" if tools.is_empty() => Ok(None),
            "required" if tools.is_empty() => refuse(
                "invalid_value",
                "`tool_choice` is `required`, but there are no `tools` to choose from".into(),
            ),
            "auto" | "none" | "required" => Ok(Some(mode.into())),
            other => refuse(
                "invalid_value",
                format!("`tool_choice` is `{other}`; it may be `none`, `auto`, `required` or an object"),
            ),
        },
        Value::Object(choice) => {
            let choice = flat_choice(choice);
            if choice["type"] == "allowed_tools" {
                return Ok(Some(choice));
            }
            let is_named = matches!(choice["type"].as_str(), Some("function" | "custom"));
            match choice["name"].as_str() {
                Some(name) if is_named && !is_among(name, tools) => refuse(
                    "invalid_value",
                    format!("`tool_choice` names `{name}`, which is not among `tools`"),
                ),
                None if is_named => refuse(
                    "missing_required_parameter",
                    "`tool_choice` names no tool: `name` is missing".into(),
                ),
                _ if tools.is_empty() => {
                    refuse("invalid_value", "`tool_choice` asks for a tool, but there are no `tools`".into())
                }
                _ => Ok(Some(choice)),
            }
        }
        _ => refuse("invalid_type", "`tool_choice` must be a string or an object".into()),
    }
}

fn flat_choice(mut choice: Map<String, Value>) -> Value {
    let kind = choice.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(Value::Object(nested)) = choice.remove(&kind) {
        choice.extend(nested);
    }
    if kind.starts_with("web_search_preview") {
        choice.insert("type".into(), "web_search".into());
    }
    if let Some(Value::Array(allowed)) = choice.get_mut("tools") {
        for tool in allowed {
            if let Value::Object(inner) = tool.take() {
                *tool = flat_choice(inner);
            }
        }
    }
    Value::Object(choice)
}

fn is_among(name: &str, tools: &[Value]) -> bool {
    tools.iter().any(|tool| {
        tool["name"] == name || tool["tools"].as_array().is_some_and(|inner| is_among(name, inner))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(tool: Value) -> Result<Value, RequestError> {
        flat_tool(tool, "tools[0]")
    }

    #[test]
    fn nested_tools_are_flattened_and_flat_ones_stay() {
        let nested = json!({"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}});
        assert_eq!(
            flat(nested).expect("flat"),
            json!({"type": "function", "name": "f", "description": "d", "strict": false,
                   "parameters": {"type": "object", "properties": {}}})
        );
        let own = json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {}}}, "strict": null});
        assert_eq!(
            flat(own).expect("flat"),
            json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {}}}})
        );
        let grammar = json!({"type": "custom", "custom": {"name": "g", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}}}});
        assert_eq!(
            flat(grammar).expect("flat"),
            json!({"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}})
        );
        assert_eq!(
            flat(json!({"type": "web_search_preview_2025_03_11"})).expect("flat"),
            json!({"type": "web_search"})
        );
    }

    #[test]
    fn a_tool_that_cannot_be_sent_is_refused_by_its_place() {
        let param = |tool: Value| flat(tool).expect_err("refused").param.expect("param");
        assert_eq!(param(json!({"name": "f"})), "tools[0].type");
        assert_eq!(param(json!({"type": "function", "function": {}})), "tools[0].function.name");
        assert_eq!(param(json!({"type": "function", "name": "with space"})), "tools[0].name");
        assert_eq!(param(json!({"type": "mcp", "server_url": "x"})), "tools[0].type");
        let inner = json!({"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "f", "parameters": 7}]});
        assert_eq!(param(inner), "tools[0].tools[0].parameters");
    }

    #[test]
    fn a_choice_is_flattened_and_must_name_a_tool_that_is_there() {
        let tools = [json!({"type": "function", "name": "f"}), json!({"type": "web_search"})];
        let choose = |choice: Value| flat_tool_choice(choice, &tools);
        let named = json!({"type": "function", "name": "f"});
        assert_eq!(choose(json!({"type": "function", "function": {"name": "f"}})), Ok(Some(named.clone())));
        assert_eq!(choose(json!({"type": "web_search_preview"})), Ok(Some(json!({"type": "web_search"}))));
        assert_eq!(
            choose(
                json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}})
            ),
            Ok(Some(json!({"type": "allowed_tools", "mode": "auto", "tools": [named]})))
        );
        assert!(choose(json!({"type": "function", "name": "g"})).is_err());
        assert!(choose(json!("sometimes")).is_err());
        assert_eq!(flat_tool_choice(json!("auto"), &[]), Ok(None));
        assert!(flat_tool_choice(json!("required"), &[]).is_err());
    }
}
