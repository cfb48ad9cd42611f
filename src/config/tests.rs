//! The promises of the settings, over all of its files.

mod oidc;

use super::load::{defaults, to_json};
use super::reload::reload;
use super::report::leaves;
use super::tree::path_text;
use super::values::{Host, HttpUrl, LogFilter, Origin, Rule, Slug, ToolPattern, TrustedHost};
use super::*;
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn loader(env: &[(&str, &str)]) -> Loader {
    Loader {
        overrides: Overrides::default(),
        env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        dirs: Dirs {
            working: "/here".into(),
            config: None,
            data: Some("/data/gateway".into()),
            home: Some("/home/ada".into()),
        },
    }
}

fn file(text: &str) -> (PathBuf, String) {
    ("/here/config.json".into(), text.to_owned())
}

fn load(text: &str) -> Loaded {
    loader(&[]).build(Some(file(text))).unwrap_or_else(|error| panic!("{error}"))
}

/// The problems of a file, as they are printed, without the file's path.
fn problems(text: &str) -> Vec<String> {
    problems_with(text, &[])
}

fn problems_with(text: &str, env: &[(&str, &str)]) -> Vec<String> {
    match loader(env).build(Some(file(text))) {
        Err(ConfigError::Invalid(problems)) => {
            problems.iter().map(|problem| problem.to_string().replace("/here/config.json:", "")).collect()
        }
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

#[test]
fn without_a_file_every_value_is_its_default() {
    let loaded = loader(&[]).build(None).unwrap();
    assert_eq!(loaded.config.server.port, 18_790);
    assert_eq!(loaded.config.agents.defaults.provider, "openai-codex");
    assert_eq!(loaded.config.agents.defaults.model, "gpt-5.3-codex");
    assert_eq!(loaded.config.data_dir, PathBuf::from("/data/gateway"));
    assert!(loaded.values().iter().all(|(_, _, source)| *source == Source::Default));
}

#[test]
fn the_file_stands_below_the_environment_and_the_environment_below_the_flags() {
    for in_file in [false, true] {
        for in_env in [false, true] {
            for in_flags in [false, true] {
                let mut from = loader(if in_env { &[("GATEWAY_PORT", "2")] } else { &[] });
                from.overrides.port = in_flags.then_some(3);
                let text = if in_file { "{ \"gateway\": { \"port\": 1 } }" } else { "{}" };
                let loaded = from.build(Some(file(text))).unwrap();
                let (port, source) = match (in_file, in_env, in_flags) {
                    (_, _, true) => (3, Source::Flag("--port")),
                    (_, true, false) => (2, Source::Environment("GATEWAY_PORT")),
                    (true, false, false) => (1, Source::File { line: 1, column: 24 }),
                    (false, false, false) => (18_790, Source::Default),
                };
                assert_eq!(loaded.config.server.port, port);
                let values = loaded.values();
                let (_, _, shown) = values.iter().find(|(path, ..)| path == "gateway.port").unwrap();
                assert_eq!(*shown, source);
            }
        }
    }
}

#[test]
fn every_variable_sets_the_key_it_names() {
    let texts: BTreeMap<&str, &str> = [
        ("GATEWAY_PORT", "4000"),
        ("GATEWAY_LOG", "debug"),
        ("GATEWAY_LOG_FORMAT", "json"),
        ("GATEWAY_CHATGPT_ISSUER", "http://localhost:1"),
        ("GATEWAY_CHATGPT_API_BASE", "http://localhost:2"),
    ]
    .into();
    for (name, key) in VARIABLES {
        let loaded = loader(&[(name, texts.get(name).unwrap_or(&"localhost"))]).build(None).unwrap();
        let values = loaded.values();
        let set: Vec<_> = values.iter().filter(|(_, _, source)| *source != Source::Default).collect();
        assert_eq!(set.len(), 1, "{name}");
        assert_eq!((set[0].0.as_str(), set[0].2), (key, Source::Environment(name)));
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let loaded = loader(&[("GATEWAY_PORT", ""), ("GATEWAY_TOKEN", "")]).build(None).unwrap();
    assert_eq!(loaded.config.server.port, 18_790);
    assert!(loaded.config.server.token.is_none());
}

#[test]
fn a_kubernetes_service_called_gateway_does_not_set_the_port() {
    let loaded = loader(&[("GATEWAY_PORT", "tcp://10.0.0.7:80")]).build(None).unwrap();
    assert_eq!(loaded.config.server.port, 18_790);
}

#[test]
fn a_wrong_variable_is_named_with_what_was_found() {
    assert_eq!(
        problems_with("{}", &[("GATEWAY_PORT", "many"), ("GATEWAY_LOG_FORMAT", "xml")]),
        [
            "environment variable GATEWAY_PORT: gateway.port: found \"many\", expected a whole number from 0 to 65535",
            "environment variable GATEWAY_LOG_FORMAT: telemetry.log_format: found xml, expected \"pretty\" or \"json\"",
        ]
    );
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
    let text = "{\n  \"agents\": {\n    \"defaults\": { \"max_token\": 5 },\n    \"list\": { \"coder\": { \"Modell\": \"x\" } }\n  },\n  \"gatway\": {}\n}";
    assert_eq!(
        problems(text),
        [
            "3:19: unknown key \"max_token\" in agents.defaults; did you mean \"max_tokens\"?",
            "4:26: unknown key \"Modell\" in agents.list.coder; did you mean \"model\"?",
            "6:3: unknown key \"gatway\" at the top; did you mean \"gateway\"?",
        ]
    );
}

#[test]
fn a_key_in_the_wrong_place_is_told_its_right_one() {
    assert_eq!(
        problems("{ \"port\": 1 }"),
        ["1:3: unknown key \"port\" at the top; did you mean \"gateway.port\"?"]
    );
}

#[test]
fn a_key_like_no_other_gets_the_list_of_known_ones() {
    let said = problems("{ \"upstream\": { \"zzzzzz\": 1 } }");
    assert_eq!(
        said,
        [
            "1:17: unknown key \"zzzzzz\" in upstream; known are connect_timeout_seconds, first_byte_timeout_seconds, idle_timeout_seconds"
        ]
    );
}

#[test]
fn every_key_with_a_letter_missing_is_recognised() {
    for (path, _) in leaves(&defaults()) {
        let path = path_text(&path);
        let (place, key) = path.rsplit_once('.').unwrap_or(("", &path));
        let typo = format!("{}{}", &key[..1], &key[2..]);
        let mut text = format!("{{\"{typo}\": null}}");
        for section in place.split('.').rev().filter(|section| !section.is_empty()) {
            text = format!("{{\"{section}\": {text}}}");
        }
        let said = problems(&text);
        assert!(said[0].ends_with(&format!("did you mean \"{key}\"?")), "{path}: {said:?}");
    }
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = r#"{
      "gateway": { "port": "http", "heartbeat_seconds": 0, "host": "", "max_body_mib": 1.5 },
      "chatgpt": { "issuer": "auth.openai.com", "callback_ports": [1455, 70000, "x", 1457] },
      "agents": { "list": { "Bad Key": {}, "a": { "thinking_level": "hard", "default": true }, "b": { "default": true } } },
      "database": "postgres://ada:hunter2@db/gateway",
      "upstream": 7,
      "nonsense": true
    }"#;
    assert_eq!(
        problems(text),
        [
            "2:28: gateway.port: found \"http\", expected a whole number from 0 to 65535",
            "2:57: gateway.heartbeat_seconds: found 0, expected a whole number from 1 to 3600",
            "2:68: gateway.host: found \"\", expected an IP address or a host name, without a port",
            "2:88: gateway.max_body_mib: found 1.5, expected a whole number from 1 to 1024",
            "3:30: chatgpt.issuer: found \"auth.openai.com\", expected a URL that begins with http:// or https://, without user, query and fragment",
            "3:74: chatgpt.callback_ports[1]: found 70000, expected a whole number from 0 to 65535",
            "3:81: chatgpt.callback_ports[2]: found \"x\", expected a whole number from 0 to 65535",
            "4:69: agents.list.a.thinking_level: found \"hard\", expected one of off, none, minimal, low, medium, high, xhigh, max, ultra",
            "5:19: database: found a string, expected an object",
            "6:19: upstream: found 7, expected an object",
            "7:7: unknown key \"nonsense\" at the top; known are gateway, database, data_dir, encryption_key, encryption_keys_previous, agents, tools, chatgpt, routing, upstream, quota, mcp, access, telemetry",
            "4:29: agents.list.Bad Key: an agent's key has to be a name of at most 64 small letters, digits and inner hyphens, such as \"openai-codex\"",
            "4:96: agents.list.b: only one agent can be the default, and \"a\" is it",
        ]
    );
}

#[test]
fn what_is_wrong_in_the_file_is_said_even_where_the_environment_overrides_it() {
    let said = problems_with("{\"gateway\": {\"port\": true}}", &[("GATEWAY_PORT", "4000")]);
    assert_eq!(said, ["1:22: gateway.port: found true, expected a whole number from 0 to 65535"]);
}

#[test]
fn a_key_that_stands_twice_is_a_problem() {
    let said = problems("{\"gateway\": {\"port\": 1, \"port\": 2}}");
    assert_eq!(said, ["1:25: gateway.port is set twice"]);
}

#[test]
fn a_file_that_is_not_json_says_where() {
    let error = loader(&[]).build(Some(file("{\n  \"gateway\": {,\n}"))).err().unwrap();
    assert_eq!(error.to_string(), "/here/config.json:2:15: Unexpected token in object");
    let error = loader(&[]).build(Some(file(" \n"))).err().unwrap();
    assert_eq!(error.to_string(), "/here/config.json:1:1: The file is empty; the least is {}");
    let said = problems(r#"{"upstream": [10], "agents": {"list": []}}"#);
    assert_eq!(
        said,
        [
            "1:14: upstream: found a list, expected an object",
            "1:39: agents.list: found a list, expected an object",
        ]
    );
    assert_eq!(problems("[1]"), ["1:1: the settings: found a list, expected an object"]);
}

#[test]
fn comments_trailing_commas_and_a_byte_order_mark_are_fine() {
    let loaded = load("\u{feff}// hello\n{ /* here */ \"gateway\": { \"port\": 8e3, }, }");
    assert_eq!(loaded.config.server.port, 8_000);
}

#[test]
fn an_agent_may_be_written_as_goclaw_writes_it() {
    let loaded =
        load(r#"{"agents": {"list": {"coder": {"displayName": "Coder", "thinking_level": "high"}}}}"#);
    let coder = &loaded.config.agents.list["coder"];
    assert_eq!(coder.display_name.as_deref(), Some("Coder"));
    assert_eq!(coder.thinking_level.as_deref(), Some("high"));
    let values = loaded.values();
    let (_, _, source) = values.iter().find(|(path, ..)| path == "agents.list.coder.display_name").unwrap();
    assert!(matches!(source, Source::File { .. }));
}

#[test]
fn secrets_are_masked_wherever_settings_are_shown() {
    let secret = "sesame-0123456789";
    let text = format!(
        r#"{{"gateway": {{"token": "{secret}"}}, "encryption_key": "{secret}", "database": {{"url": "{secret}"}},
            "encryption_keys_previous": ["{secret}", "{secret}2"]}}"#
    );
    let loaded = load(&text);
    assert_eq!(loaded.config.server.token.as_ref().unwrap().expose_secret(), secret);
    for shown in [loaded.masked().to_string(), loaded.report().to_string(), loaded.table()] {
        assert!(!shown.contains("sesame"), "{shown}");
        assert_eq!(shown.matches("***").count(), 5, "{shown}");
    }
    assert!(!format!("{:?}", loaded.config).contains("sesame"));
}

#[test]
fn an_error_never_repeats_a_secret() {
    for text in [
        r#"{"gateway": {"token": ["sesame"]}}"#,
        r#"{"gateway": {"token": {"sesame": 1}}}"#,
        r#"{"database": "postgres://ada:sesame@db/gateway"}"#,
        r#"{"chatgpt": {"issuer": "https://ada:sesame@auth.example.com"}}"#,
        r#"{"gateway": "sesame"}"#,
        r#"{"encryption_keys_previous": "sesame"}"#,
        r#"{"encryption_keys_previous": [["sesame"]]}"#,
        r#"{"encryption_keys_previous": {"sesame": "sesame"}}"#,
    ] {
        let said = problems(text);
        assert!(!said.is_empty() && said.iter().all(|line| !line.contains("sesame")), "{said:?}");
    }
    assert_eq!(
        problems(r#"{"encryption_key": 7}"#),
        ["1:20: encryption_key: expected a string (what was found is a secret and is not shown)"]
    );
    assert_eq!(problems(r#"{"encryption_key": "***"}"#).len(), 1);
    assert_eq!(problems(r#"{"encryption_keys_previous": ["***"]}"#).len(), 1);
}

#[test]
fn the_previous_keys_are_a_list_in_the_file_and_separated_by_commas_in_the_environment() {
    let keys = |loaded: &Loaded| -> Vec<String> {
        loaded.config.encryption_keys_previous.iter().map(|key| key.expose_secret().to_owned()).collect()
    };
    assert_eq!(keys(&load("{}")), Vec::<String>::new());
    assert_eq!(keys(&load(r#"{"encryption_keys_previous": null}"#)), Vec::<String>::new());
    let text = r#"{"encryption_keys_previous": ["one", "two"]}"#;
    assert_eq!(keys(&load(text)), ["one", "two"]);
    let with_environment = loader(&[("GATEWAY_ENCRYPTION_KEYS_PREVIOUS", "three, four,")]);
    let loaded = with_environment.build(Some(file(text))).unwrap();
    assert_eq!(keys(&loaded), ["three", "four"]);
    assert!(loaded.table().contains("(environment GATEWAY_ENCRYPTION_KEYS_PREVIOUS)"), "{}", loaded.table());
}

#[test]
fn a_changed_previous_key_waits_for_a_restart_and_is_not_shown() {
    let running = load(r#"{"encryption_keys_previous": ["one"]}"#);
    let text = r#"{"encryption_keys_previous": ["two"]}"#;
    let change = reload(&loader(&[]), &running, Some(file(text))).unwrap().unwrap();
    let said: Vec<String> = change.needs_restart.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["encryption_keys_previous: changed"]);
    assert_eq!(change.loaded.config.encryption_keys_previous[0].expose_secret(), "one");
}

#[test]
fn an_mcp_servers_secrets_are_masked_and_a_change_of_one_is_seen() {
    let text = |secret: &str| {
        format!(
            r#"{{"mcp": {{"servers": {{"docs": {{"command": "npx", "env": {{"TOKEN": "{secret}", "EMPTY": ""}}}}}}}}}}"#
        )
    };
    let running = load(&text("sesame"));
    let server = &running.config.mcp.servers["docs"];
    assert_eq!(server.env["TOKEN"].expose_secret(), "sesame");
    assert_eq!((server.enabled, server.timeout_seconds), (true, 60));
    assert!(!running.masked().to_string().contains("sesame"), "{}", running.masked());
    assert!(!format!("{server:?}").contains("sesame"));
    let change = reload(&loader(&[]), &running, Some(file(&text("sesame2")))).unwrap().unwrap();
    let said: Vec<String> = change.applied.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["mcp.servers.docs.env.TOKEN: changed"]);
    assert_eq!(change.loaded.config.mcp.servers["docs"].env["TOKEN"].expose_secret(), "sesame2");
}

#[test]
fn what_an_mcp_server_must_be_is_said_where_it_stands() {
    let text = r#"{"mcp": {"servers": {
"No": {"command": "x"},
"both": {"command": "x", "url": "http://x"},
"http": {"url": "ftp://x",
"headers": {"host": "sesame", "ok": "x"}},
"odd": {"command": "x", "env": {"A": ["sesame"]}, "wait": 1}
}}}"#;
    let said = problems(text);
    let expected = [
        "6:32: mcp.servers.odd.env: A: expected a string (what was found is a secret and is not shown)",
        "6:51: unknown key \"wait\" in mcp.servers.odd; known are",
        "2:1: mcp.servers.No: \"No\" is not a server name",
        "3:1: mcp.servers.both.transport: give either a command (stdio) or a url (streamable_http)",
        "4:10: mcp.servers.http.url: it has to begin with http://",
        "5:13: mcp.servers.http.headers.host: the transport sets this header itself",
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said}\n{expected}");
    }
}

#[test]
fn paths_are_absolute_and_know_the_home_directory() {
    let loaded = load(r#"{"data_dir": "~/gw", "database": {"embedded": {"bin_dir": "pg/bin"}}}"#);
    assert_eq!(loaded.config.data_dir, PathBuf::from("/home/ada/gw"));
    assert_eq!(loaded.config.database.embedded.bin_dir, Some(PathBuf::from("/here/pg/bin")));
    assert_eq!(load(r#"{"data_dir": null}"#).config.data_dir, PathBuf::from("/data/gateway"));
}

#[test]
fn without_a_home_directory_the_data_directory_has_to_be_named() {
    let mut homeless = loader(&[]);
    homeless.dirs.data = None;
    let error = homeless.build(None).err().unwrap().to_string();
    assert!(error.contains("data_dir: there is no home directory"), "{error}");
    homeless.env.insert("GATEWAY_DATA_DIR".into(), "/srv".into());
    assert_eq!(homeless.build(None).unwrap().config.data_dir, PathBuf::from("/srv"));
}

#[test]
fn a_trusted_host_is_kept_as_it_stands_in_a_url() {
    for (written, kept) in [
        ("wiki.internal", "wiki.internal"),
        ("WIKI.internal.:80", "wiki.internal:80"),
        ("10.0.0.7:8080", "10.0.0.7:8080"),
        ("0x7f.1", "127.0.0.1"),
        ("[::1]:9000", "[::1]:9000"),
        ("[0:0::1]", "[::1]"),
    ] {
        assert_eq!(TrustedHost::accept(written).as_deref(), Some(kept), "{written}");
    }
    for wrong in
        ["", "http://a", "a/b", "u@a", "a:x", "a b", "a?b", "a\\b", "::1", "*.internal", "10.0.0.0/8"]
    {
        assert!(TrustedHost::accept(wrong).is_none(), "{wrong}");
    }
    assert!(ToolPattern::accept("mcp:docs").is_some() && ToolPattern::accept("raed_file").is_none());
}

#[test]
fn the_rules_of_single_values_take_what_is_right_and_refuse_the_rest() {
    for right in ["a", "openai-codex", "0", "a--b"] {
        assert!(Slug::accept(right).is_some(), "{right}");
    }
    for wrong in ["", "-a", "a-", "A", "a_b", "a b"] {
        assert!(Slug::accept(wrong).is_none(), "{wrong}");
    }
    assert_eq!(HttpUrl::accept("https://a.example/x//").as_deref(), Some("https://a.example/x"));
    for wrong in ["ftp://a", "https://", "a.example", "https://u:p@a", "https://a/?q", "https://a/#f"] {
        assert!(HttpUrl::accept(wrong).is_none(), "{wrong}");
    }
    assert_eq!(Origin::accept("https://A.example:443/").as_deref(), Some("https://a.example"));
    assert!(Origin::accept("*").is_some() && Origin::accept("https://a.example/path").is_none());
    assert_eq!(Host::accept("[::1]").as_deref(), Some("::1"));
    for wrong in ["", "localhost:80", "a b", "http://a", "a..b"] {
        assert!(Host::accept(wrong).is_none(), "{wrong}");
    }
    for right in ["info", "WARN", "info,gateway=debug", "off", "gateway[request]=trace"] {
        assert!(LogFilter::accept(right).is_some(), "{right}");
    }
    for wrong in ["", "loud", "info,", "gateway=loud"] {
        assert!(LogFilter::accept(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn a_change_says_what_applies_and_what_waits_for_a_restart() {
    let running = load(r#"{"gateway": {"port": 1, "token": "one"}, "agents": {"list": {"a": {}}}}"#);
    let text = r#"{"gateway": {"port": 2, "token": "two"}, "agents": {"defaults": {"model": "m"}}, "telemetry": {"log_level": "debug"}}"#;
    let change = reload(&loader(&[]), &running, Some(file(text))).unwrap().unwrap();
    let said = |changes: &[Change]| changes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let applied = said(&change.applied);
    assert!(applied.contains(&"agents.defaults.model: \"gpt-5.3-codex\" -> \"m\"".to_owned()), "{applied:?}");
    assert!(applied.contains(&"telemetry.log_level: \"info\" -> \"debug\"".to_owned()));
    assert!(applied.contains(&"agents.list.a.model: removed".to_owned()));
    assert_eq!(said(&change.needs_restart), ["gateway.port: 1 -> 2", "gateway.token: changed"]);
    let config = &change.loaded.config;
    assert_eq!((config.server.port, config.agents.defaults.model.as_str()), (1, "m"));
    assert_eq!(config.server.token.as_ref().unwrap().expose_secret(), "one");

    let again = reload(&loader(&[]), &change.loaded, Some(file(text))).unwrap().unwrap();
    assert!(again.applied.is_empty() && again.needs_restart.len() == 2);
}

#[test]
fn the_same_settings_in_other_words_are_no_change() {
    let running = load(r#"{"gateway": {"port": 18790}}"#);
    assert!(reload(&loader(&[]), &running, Some(file("{ /* all as it was */ }"))).unwrap().is_none());
}

#[test]
fn what_the_environment_sets_is_not_changed_by_the_file() {
    let loader = loader(&[("GATEWAY_LOG", "warn")]);
    let running = loader.build(Some(file("{}"))).unwrap();
    let text = r#"{"telemetry": {"log_level": "debug"}}"#;
    assert!(reload(&loader, &running, Some(file(text))).unwrap().is_none());
}

#[test]
fn every_key_that_needs_a_restart_is_a_key() {
    let defaults = defaults();
    for key in NEEDS_RESTART {
        assert!(defaults.pointer(&format!("/{}", key.replace('.', "/"))).is_some(), "{key}");
    }
    for (name, key) in VARIABLES {
        assert!(defaults.pointer(&format!("/{}", key.replace('.', "/"))).is_some(), "{name}");
    }
}

#[test]
fn the_table_names_the_source_of_each_value() {
    let mut loader = loader(&[("GATEWAY_LOG", "warn")]);
    loader.overrides.host = Some("0.0.0.0".into());
    let table = loader.build(Some(file("{\n\"gateway\": {\"port\": 5}}"))).unwrap().table();
    for line in [
        "# /here/config.json",
        "gateway.host = \"0.0.0.0\" (flag --host)",
        "gateway.port = 5 (file, line 2)",
        "telemetry.log_level = \"warn\" (environment GATEWAY_LOG)",
        "telemetry.log_format = \"pretty\" (default)",
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(table.lines().any(|found| squeezed(found) == line), "{line}\n{table}");
    }
}

#[test]
fn the_flags_are_understood_before_and_after_a_subcommand() {
    use clap::{Args, Command, FromArgMatches};
    let command = Overrides::augment_args(Command::new("gateway")).subcommand(Command::new("serve"));
    let line = "gateway --host ::1 --log-format json serve --port 0 --data-dir d --config c.json";
    let matches = command.try_get_matches_from(line.split(' ')).unwrap();
    let (_, after) = matches.subcommand().unwrap();
    for matches in [&matches, after] {
        let flags = Overrides::from_arg_matches(matches).unwrap();
        assert_eq!((flags.host.as_deref(), flags.port), (Some("::1"), Some(0)));
        assert_eq!((flags.data_dir, flags.config), (Some("d".into()), Some("c.json".into())));
        assert_eq!(flags.log_format, Some(LogFormat::Json));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "gateway",
            "agents",
            "defaults",
            "list",
            "chatgpt",
            "port",
            "model",
            "database",
            "scopes",
            "token",
            "callback_ports",
            "chatgpt_oauth_routing",
            "extra_provider_names",
            "displayName",
            "display_name",
        ])
        .prop_map(str::to_owned),
        "[a-z]{0,3}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_either_settings_or_a_list_of_problems(value in any_json()) {
        match loader(&[]).build(Some(file(&value.to_string()))) {
            Ok(_) => prop_assert!(value.is_object()),
            Err(ConfigError::Invalid(problems)) => prop_assert!(!problems.is_empty()),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn any_text_is_judged_without_a_panic(text in "[{}\\[\\]\",:a-z0-9/* \n]{0,40}") {
        let _judged = loader(&[]).build(Some(file(&text)));
    }

    #[test]
    fn settings_that_are_written_out_and_read_again_are_the_same(
        port in any::<u16>(), seconds in 1_u64..3_600, level in prop::sample::select(THINKING_LEVELS.to_vec()),
        key in "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", prompt in "\\PC{1,20}".prop_filter("not blank", |p| !p.trim().is_empty()),
    ) {
        let text = json!({
            "gateway": {"port": port, "heartbeat_seconds": seconds},
            "agents": {"list": {key: {"thinking_level": level, "system_prompt": prompt}}},
        });
        let once = load(&text.to_string());
        let twice = load(&once.masked().to_string());
        prop_assert_eq!(to_json(&once.config), to_json(&twice.config));
    }
}
