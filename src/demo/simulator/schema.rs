//! The smallest value that a JSON schema takes.

use serde_json::{Map, Value, json};

/// Nesting after which optional parts and recursion end.
const DEEPEST: usize = 12;

/// A minimal instance of the schema: required properties only, shortest lists, first alternatives.
pub(super) fn instance(schema: &Value) -> Value {
    build(schema, schema, 0)
}

fn build(schema: &Value, root: &Value, depth: usize) -> Value {
    let Some(map) = schema.as_object() else {
        return Value::Null;
    };
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(target) = map.get("$ref").and_then(Value::as_str) {
        let pointed = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return pointed.map_or(Value::Null, |pointed| build(pointed, root, depth + 1));
    }
    if let Some(fixed) = map.get("const").or_else(|| map.get("default")) {
        return fixed.clone();
    }
    if let Some(first) = map.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(options) = map.get(key).and_then(Value::as_array) {
            // Deep inside a recursive schema only the way out helps.
            let out = options.iter().find(|option| option["type"] == "null").filter(|_| depth > 4);
            return out
                .or_else(|| options.first())
                .map_or(Value::Null, |option| build(option, root, depth + 1));
        }
    }
    if let Some(all) = map.get("allOf").and_then(Value::as_array) {
        let mut merged = Map::new();
        for part in all {
            match build(part, root, depth + 1) {
                Value::Object(fields) => merged.extend(fields),
                other => return other,
            }
        }
        return Value::Object(merged);
    }
    match kind(map) {
        "object" => object(map, root, depth),
        "array" => {
            let least = map.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(16);
            let items = map.get("items").unwrap_or(&Value::Null);
            Value::Array((0..least).map(|_| build(items, root, depth + 1)).collect())
        }
        "string" => Value::from(string(map)),
        "integer" | "number" => number(map),
        "boolean" => Value::Bool(true),
        _ => Value::Null,
    }
}

fn kind(map: &Map<String, Value>) -> &str {
    match map.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut names = kinds.iter().filter_map(Value::as_str);
            names.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if map.contains_key("properties") => "object",
        _ if map.contains_key("items") => "array",
        _ => "null",
    }
}

fn object(map: &Map<String, Value>, root: &Value, depth: usize) -> Value {
    let properties = map.get("properties").and_then(Value::as_object);
    let required = map.get("required").and_then(Value::as_array);
    let needed = required.into_iter().flatten().filter_map(Value::as_str);
    let fields = needed.map(|name| {
        let schema = properties.and_then(|properties| properties.get(name)).unwrap_or(&Value::Null);
        (name.to_owned(), build(schema, root, depth + 1))
    });
    Value::Object(fields.collect())
}

fn string(map: &Map<String, Value>) -> String {
    let text = match map.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("date") => "2026-01-01",
        Some("time") => "00:00:00Z",
        Some("email") => "someone@example.com",
        Some("uri" | "url") => "https://example.com/",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("ipv4") => "127.0.0.1",
        _ => "example",
    };
    let bound = |key| map.get(key).and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok());
    let mut text = text.to_owned();
    while bound("minLength").is_some_and(|least| text.len() < least.min(4096)) {
        text.push('x');
    }
    if let Some(most) = bound("maxLength") {
        text.truncate(most);
    }
    text
}

fn number(map: &Map<String, Value>) -> Value {
    let integer = kind(map) == "integer";
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    let step = if integer { 1.0 } else { 0.5 };
    let low = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + step));
    let high = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - step));
    let value = match (low, high) {
        (Some(low), _) => low,
        (None, Some(high)) => high.min(1.0),
        (None, None) => 1.0,
    };
    if integer {
        #[expect(clippy::cast_possible_truncation, reason = "bounds of a schema under test")]
        return json!(value.ceil() as i64);
    }
    json!(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_what_is_required_and_no_more() {
        let schema = json!({
            "type": "object", "required": ["city", "days", "unit", "tags", "at"],
            "properties": {
                "city": { "type": "string", "minLength": 9 }, "days": { "type": "integer", "minimum": 3 },
                "unit": { "enum": ["C", "F"] }, "tags": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/t" } },
                "at": { "type": ["null", "object"], "properties": {} }, "more": { "type": "string" },
            },
            "$defs": { "t": { "type": "boolean" } },
        });
        assert_eq!(
            instance(&schema),
            json!({ "city": "examplexx", "days": 3, "unit": "C", "tags": [true], "at": {} })
        );
    }

    #[test]
    fn a_recursive_schema_ends() {
        let schema = json!({
            "type": "object", "required": ["next"],
            "properties": { "next": { "anyOf": [{ "$ref": "#" }, { "type": "null" }] } },
        });
        assert!(
            instance(&schema).to_string().ends_with("null}}}")
                || instance(&schema).to_string().contains("null")
        );
    }
}
