//! From the text that a model wrote as arguments to typed ones. What is wrong is said to the model with its place.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads the arguments of the tool with this schema.
pub fn parse<T: DeserializeOwned>(tool: &str, schema: &Value, arguments: &str) -> Result<T, String> {
    let arguments = match arguments.trim() {
        "" | "null" => "{}",
        given => given,
    };
    let right = || format!("{tool} takes {}", signature(schema));
    // A list would be taken for the members in order.
    if !arguments.starts_with('{') {
        return Err(format!("the arguments have to be one JSON object. {}", right()));
    }
    let mut reader = serde_json::Deserializer::from_str(arguments);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let place = if inner.is_data() && path != "." { format!("{path}: ") } else { String::new() };
        let what = if inner.is_data() { place } else { "the arguments are not JSON: ".to_owned() };
        format!("{what}{inner}. {}", right())
    })?;
    reader.end().map_err(|error| format!("the arguments are not one JSON object: {error}. {}", right()))?;
    Ok(value)
}

/// `{path: string, offset?: integer}`
fn signature(schema: &Value) -> String {
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
    };
    let members: Vec<String> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, member)| {
            let mark = if required(name) { "" } else { "?" };
            format!("{name}{mark}: {}", member["type"].as_str().unwrap_or("any"))
        })
        .collect();
    format!("{{{}}}", members.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Call {
        #[expect(dead_code, reason = "only read into")]
        path: String,
        #[expect(dead_code, reason = "only read into")]
        limit: Option<u64>,
    }

    #[test]
    fn what_is_wrong_with_arguments_is_said_with_its_place_and_what_would_be_right() {
        let schema = json!({"type": "object", "required": ["path"],
            "properties": {"path": {"type": "string"}, "limit": {"type": "integer"}}});
        let error = |arguments| parse::<Call>("read", &schema, arguments).expect_err("wrong");
        for (arguments, part) in [
            ("", "missing field `path`"),
            ("{}", "missing field `path`"),
            ("[\"a\"]", "one JSON object"),
            ("\"a\"", "one JSON object"),
            ("{\"path\": 3}", "path: invalid type: integer `3`, expected a string"),
            ("{\"path\": \"a\", \"limit\": \"5\"}", "limit: invalid type: string \"5\""),
            ("{\"path\": \"a\", \"limit\": -1}", "limit: invalid value: integer `-1`"),
            ("{\"path\": \"a\", \"lines\": 1}", "lines: unknown field `lines`"),
            ("{\"path\": \"a\", \"path\": \"b\"}", "duplicate field `path`"),
            ("{\"path\": \"a\"", "not JSON: EOF"),
            ("{\"path\": \"a\"} {}", "trailing characters"),
        ] {
            let error = error(arguments);
            assert!(error.contains(part), "{arguments}: {error}");
            assert!(error.ends_with("read takes {path: string, limit?: integer}"), "{error}");
        }
        assert!(parse::<Call>("read", &schema, " {\"path\": \"a\", \"limit\": null}\n").is_ok());
    }
}
