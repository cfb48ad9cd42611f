//! The ways to an answer that are compared, each as the bytes of its request.

use crate::rig::{BEARER, Gateway, MODEL, Upstream};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// One way to an answer.
pub struct Path {
    pub name: String,
    pub address: SocketAddr,
    /// The whole HTTP request.
    pub request: Vec<u8>,
    /// The index of the direct way that this one is compared with; a direct way is its own.
    pub direct: usize,
    /// The gateway in between, by its index.
    pub gateway: Option<usize>,
    /// Of a way through a pool: the same way through a single account.
    pub single: Option<usize>,
}

/// Directly to the simulator, with a small body and with that of a Codex client; and the same through each gateway.
pub fn paths(upstream: &Upstream, gateways: &[(String, Gateway)]) -> anyhow::Result<Vec<Path>> {
    let simulator = upstream.address()?;
    let account = upstream.account(gateways.iter().filter(|(_, gateway)| gateway.accounts == 1).count());
    let (token, account_id) = (account.mint_tokens().access_token, account.spec().account_id);
    let own = [("authorization", format!("Bearer {token}")), ("chatgpt-account-id", account_id)];
    let direct = |name: &str, at: usize, headers: &[(&'static str, String)], body: &Value| Path {
        name: name.to_owned(),
        address: simulator,
        request: post("/backend-api/codex/responses", simulator, headers, body),
        direct: at,
        gateway: None,
        single: None,
    };
    let codex = [&own[..], &codex_headers()].concat();
    let mut paths = vec![
        direct("direct", 0, &own, &plain_body()),
        direct("direct, Codex's body", 1, &codex, &codex_body()),
    ];
    for (at, (label, gateway)) in gateways.iter().enumerate() {
        // The first gateway has one account, and its ways follow the direct ones.
        let single = |place: usize| (gateway.accounts > 1).then_some(2 + place);
        let through =
            |name: &str, path: &str, direct: usize, more: Vec<(&'static str, String)>, body: &Value| {
                let headers = [&[("authorization", format!("Bearer {BEARER}"))], &more[..]].concat();
                Path {
                    name: format!("{label}{name}"),
                    address: gateway.address,
                    request: post(path, gateway.address, &headers, body),
                    direct,
                    gateway: Some(at),
                    single: None,
                }
            };
        let text = "Tell me about the sea.";
        let responses = json!({"model": MODEL, "input": text, "stream": true});
        let chat = json!({"model": MODEL, "messages": [{"role": "user", "content": text}], "stream": true});
        let ways = [
            through("responses", "/v1/responses", 0, Vec::new(), &responses),
            through("chat/completions", "/v1/chat/completions", 0, Vec::new(), &chat),
            through("responses, Codex", "/v1/responses", 1, codex_headers().into(), &codex_body()),
        ];
        for (place, way) in ways.into_iter().enumerate() {
            // Two ways tell what a pool costs.
            if place == 1 && gateway.accounts > 1 {
                continue;
            }
            paths.push(Path { single: single(place), ..way });
        }
    }
    Ok(paths)
}

fn post(path: &str, host: SocketAddr, headers: &[(&'static str, String)], body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n\
         content-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str("\r\n");
    request.push_str(&body);
    request.into_bytes()
}

/// What a gateway makes of the small request.
fn plain_body() -> Value {
    json!({
        "model": MODEL, "instructions": "", "stream": true, "store": false,
        "input": [user("Tell me about the sea.")],
        "include": ["reasoning.encrypted_content"],
    })
}

/// A Codex turn of a usual size: long instructions, tools, some history.
fn codex_body() -> Value {
    let tools = ["exec_command", "write_stdin", "update_plan", "apply_patch_to", "view_image", "spawn_agent"];
    let tools = tools.map(|name| {
        json!({
            "type": "function", "name": name, "strict": false,
            "description": "Runs a command in a PTY, returning output or a session id for ongoing interaction. ".repeat(4),
            "parameters": {
                "type": "object", "additionalProperties": false, "required": ["cmd"],
                "properties": {
                    "cmd": {"type": "string", "description": "Shell command to execute."},
                    "workdir": {"type": "string", "description": "Working directory; the turn's own without it."},
                    "yield_time_ms": {"type": "number", "description": "How long to wait for output."},
                },
            },
        })
    });
    let mut input =
        vec![user(&"# AGENTS.md instructions\n\nRun the tests before you say that it works.\n".repeat(20))];
    for n in 0..6 {
        let call = format!("call_{n}");
        input.push(user("Look at the next file."));
        input.push(json!({
            "type": "function_call", "call_id": call, "name": "exec_command", "arguments": "{\"cmd\":\"cat src/main.rs\"}",
        }));
        let output = "fn main() {\n    println!(\"Hello, world!\");\n}\n".repeat(20);
        input.push(json!({"type": "function_call_output", "call_id": call, "output": output}));
    }
    input.push(user("What does it do?"));
    json!({
        "model": MODEL,
        "instructions": "You are a coding agent running in a terminal. You are precise, safe and helpful. ".repeat(150),
        "input": input, "tools": tools, "tool_choice": "auto", "parallel_tool_calls": true,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "store": false, "stream": true, "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": SESSION,
        "text": {"verbosity": "medium"},
    })
}

fn user(text: &str) -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
}

const SESSION: &str = "0199c2f0-6d2b-7b11-8a44-3f0e3a9d1c55";

fn codex_headers() -> [(&'static str, String); 7] {
    [
        ("originator", "codex_exec".into()),
        (
            "user-agent",
            "codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm-256color (codex_exec; 0.169.0)".into(),
        ),
        ("session-id", SESSION.into()),
        ("thread-id", SESSION.into()),
        ("x-client-request-id", SESSION.into()),
        ("x-codex-window-id", format!("{SESSION}:0")),
        ("x-codex-beta-features", "remote_compaction_v2".into()),
    ]
}
