use serde_json::json;

use super::*;
use crate::demo::simulator::{script, sealed};

fn spec() -> AccountSpec {
    AccountSpec::new("ada@example.com")
}

fn classic() -> Value {
    json!({
        "model": "gpt-5.5", "stream": true, "store": false, "instructions": "",
        "input": [{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "hi" }] }],
    })
}

fn lite() -> Value {
    json!({
        "model": "gpt-6.1-sol", "stream": true, "store": false, "parallel_tool_calls": false, "tool_choice": "auto",
        "reasoning": { "effort": "low", "context": "all_turns" }, "prompt_cache_key": "k",
        "input": [
            { "type": "additional_tools", "id": "at_1", "role": "developer", "tools": [
                { "type": "namespace", "name": "functions", "description": "", "tools": [
                    { "type": "custom", "name": "exec", "format": { "type": "grammar" } },
                ] },
            ] },
            { "type": "message", "role": "developer", "content": [{ "type": "input_text", "text": "base" }] },
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "hi" }] },
        ],
    })
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = body.pointer_mut(parent).expect("the parent exists");
    match parent {
        Value::Array(list) => list.push(value),
        other => other[key] = value,
    }
    body
}

fn check(body: &Value, lite_header: bool) -> Result<(), Refusal> {
    let mut headers = HeaderMap::new();
    if lite_header {
        headers.insert(LITE_HEADER, axum::http::HeaderValue::from_static("true"));
    }
    validate(body, &headers, &spec(), Strict::default())
}

#[track_caller]
fn refused(body: &Value, lite_header: bool, text: &str) {
    let refusal = check(body, lite_header).expect_err("taken, but the backend refuses it");
    assert!(refusal.body.to_string().contains(text), "expected `{text}` in {}", refusal.body);
}

fn recorded(name: &str) -> Refusal {
    script::error_fixture(name).expect("the fixture exists")
}

#[test]
fn a_classic_and_a_lite_request_are_taken() {
    assert_eq!(check(&classic(), false), Ok(()));
    assert_eq!(check(&lite(), true), Ok(()));
}

#[test]
fn every_parameter_the_backend_does_not_know_is_named() {
    for key in UNSUPPORTED {
        let refusal = check(&with(classic(), &format!("/{key}"), json!(1)), false).expect_err("refused");
        assert_eq!(refusal, Refusal::unsupported(key));
    }
    assert_eq!(check(&with(classic(), "/a_future_key", json!(1)), false), Ok(()));
}

#[test]
fn the_recorded_refusals_come_back_word_for_word() {
    let body = classic();
    let cases = [
        (with(body.clone(), "/stream", json!(false)), "error-400-stream"),
        (with(body.clone(), "/store", json!(true)), "error-400-store"),
        (with(body.clone(), "/instructions", Value::Null), "error-400-instructions"),
        (with(body.clone(), "/model", json!("gpt-x")), "error-400-model-not-supported"),
        (with(body.clone(), "/previous_response_id", json!("resp_1")), "error-400-previous-response-http"),
        (
            with(body.clone(), "/input/-", json!({ "role": "system", "content": "x" })),
            "error-400-system-role",
        ),
        (
            with(
                body.clone(),
                "/input/-",
                json!({ "type": "function_call", "name": "f", "arguments": "{}", "call_id": "call_fake" }),
            ),
            "error-400-missing-tool-output",
        ),
        (
            with(body, "/input/-", json!({ "type": "reasoning", "id": "rs_fake", "summary": [] })),
            "error-404-item-not-found",
        ),
    ];
    for (body, fixture) in cases {
        assert_eq!(check(&body, false), Err(recorded(fixture)), "{fixture}");
    }
}

#[test]
fn the_lite_contract_holds_as_a_whole_or_not_at_all() {
    refused(&lite(), false, "additional_tools");
    refused(&classic(), true, "not supported when using X-OpenAI");
    refused(&with(classic(), "/model", json!("gpt-6.1-sol")), true, "additional_tools item");
    refused(&with(lite(), "/reasoning/context", Value::Null), true, "context to be all_turns");
    refused(&with(lite(), "/tools", json!([])), true, "\"param\":\"tools\"");
    refused(&with(lite(), "/parallel_tool_calls", json!(true)), true, "parallel_tool_calls");
    refused(&with(classic(), "/reasoning", json!({ "context": "all_turns" })), false, "reasoning.context");
    // The classic shape of a Lite model goes without the header.
    assert_eq!(check(&with(classic(), "/model", json!("gpt-6.1-sol")), false), Ok(()));
}

#[test]
fn tools_are_flat_and_named() {
    let tools = |tool: Value| with(classic(), "/tools", json!([tool]));
    let nested = json!({ "type": "function", "function": { "name": "f", "parameters": {} } });
    refused(&tools(nested), false, "Missing required parameter: 'tools[0].name'");
    refused(&tools(json!({ "type": "function", "name": "a b" })), false, "does not match pattern");
    refused(&tools(json!({ "type": "function", "name": "x".repeat(65) })), false, "string too long");
    refused(&tools(json!({ "type": "web_search_preview" })), false, "web_search_preview");
    refused(&tools(json!({ "type": "file_search" })), false, "Unsupported tool type");
    let open = json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] });
    let strict =
        |schema: &Value| json!({ "type": "function", "name": "f", "strict": true, "parameters": schema });
    refused(&tools(strict(&open)), false, "additionalProperties");
    let closed = with(open, "/additionalProperties", json!(false));
    assert_eq!(check(&tools(strict(&closed)), false), Ok(()));
    refused(&tools(strict(&with(closed, "/required", json!([])))), false, "Missing 'a'");
    let chosen =
        |choice: Value| with(tools(json!({ "type": "function", "name": "f" })), "/tool_choice", choice);
    refused(
        &chosen(json!({ "type": "function", "function": { "name": "f" } })),
        false,
        "tool_choice.function",
    );
    refused(&chosen(json!({ "type": "function", "name": "g" })), false, "Tool choice 'g' not found");
    assert_eq!(check(&chosen(json!({ "type": "function", "name": "f" })), false), Ok(()));
    refused(&with(classic(), "/parallel_tool_calls", json!(true)), false, "only allowed when 'tools'");
}

#[test]
fn calls_and_outputs_come_in_pairs() {
    let call =
        json!({ "type": "function_call", "id": "fc_1", "name": "f", "arguments": "{}", "call_id": "c" });
    let output = json!({ "type": "function_call_output", "call_id": "c", "output": "done" });
    let body = with(classic(), "/input/-", call.clone());
    assert_eq!(check(&with(body.clone(), "/input/-", output.clone()), false), Ok(()));
    refused(&with(classic(), "/input/-", output), false, "No tool call found for function call output");
    let custom = json!({ "type": "custom_tool_call_output", "call_id": "c", "output": "done" });
    refused(&with(body.clone(), "/input/-", custom), false, "No tool call found for custom tool call output");
    refused(&with(body, "/input/-", call.clone()), false, "Duplicate call_id");
    refused(
        &with(classic(), "/input/-", with(call, "/namespace", json!("functions"))),
        false,
        "Unknown namespace",
    );
}

#[test]
fn ids_have_the_prefix_of_their_type() {
    let message = |id: &str| json!({ "id": id, "role": "user", "content": "x" });
    assert_eq!(check(&with(classic(), "/input/-", message("msg_1")), false), Ok(()));
    refused(&with(classic(), "/input/-", message("item_1")), false, "begins with 'msg'");
    refused(
        &with(classic(), "/input/-", message(&format!("msg_{}", "x".repeat(61)))),
        false,
        "string too long",
    );
    let call =
        json!({ "type": "function_call", "id": "fco_1", "name": "f", "arguments": "{}", "call_id": "c" });
    refused(&with(classic(), "/input/-", call), false, "begins with 'fc'");
}

#[test]
fn encrypted_content_belongs_to_the_account_that_got_it() {
    let (own, other) = (spec(), AccountSpec::new("eve@example.com"));
    let item = |owner: &AccountSpec, id: &str| {
        let content = sealed::seal(&owner.user_id, &owner.account_id, "rs_1");
        json!({ "type": "reasoning", "id": id, "summary": [], "content": null, "encrypted_content": content })
    };
    assert_eq!(check(&with(classic(), "/input/-", item(&own, "rs_1")), false), Ok(()));
    refused(&with(classic(), "/input/-", item(&other, "rs_1")), false, "invalid_encrypted_content");
    refused(&with(classic(), "/input/-", item(&own, "rs_2")), false, "invalid_encrypted_content");
}

#[test]
fn the_rest_of_the_body_is_read_too() {
    for (pointer, value, text) in [
        ("/input", json!("hi"), "Input must be a list"),
        ("/input", json!([]), "Missing required parameter: 'input'"),
        ("/prompt_cache_key", json!(""), "empty_string"),
        ("/service_tier", json!("fast"), "Unsupported service_tier: fast"),
        ("/service_tier", json!("auto"), "Unsupported service_tier: auto"),
        ("/reasoning", json!({ "effort": "ultra" }), "reasoning.effort"),
        ("/reasoning", json!({ "summary": "none" }), "reasoning.summary"),
        ("/text", json!({ "verbosity": "loud" }), "text.verbosity"),
        ("/text", json!({ "format": { "type": "json_schema", "schema": {} } }), "text.format.name"),
        ("/text", json!({ "format": { "type": "json_object" } }), "the word 'json'"),
        ("/client_metadata", json!({ "a": 1 }), "client_metadata"),
        ("/input/-", json!({ "role": "user", "content": [{ "type": "text", "text": "x" }] }), "input_text"),
        (
            "/input/-",
            json!({ "role": "assistant", "content": [{ "type": "input_text", "text": "x" }] }),
            "output_text",
        ),
        (
            "/input/-",
            json!({ "role": "user", "content": [{ "type": "input_file", "file_id": "f" }] }),
            "file_id",
        ),
    ] {
        refused(&with(classic(), pointer, value), false, text);
    }
    let strict = Strict { instructions: true };
    let mut bare = classic();
    bare.as_object_mut().expect("an object").shift_remove("instructions");
    assert_eq!(check(&bare, false), Ok(()));
    assert_eq!(validate(&bare, &HeaderMap::new(), &spec(), strict), Err(recorded("error-400-instructions")));
}
