//! The settings from outside: the example file, the search for a file, and the watch over real directories.

use gateway::config::{
    AgentEntry, AgentTools, ChatgptOauthRouting, Config, ConfigChange, ConfigError, ConfigWatch, Dirs,
    Loaded, Loader, LogFormat, McpServer, Source,
};
use gateway::lifecycle::Tasks;
use gateway::telemetry::logs;
use jsonc_parser::{CollectOptions, ParseOptions};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

fn loader(working: &Path) -> Loader {
    let dirs = Dirs {
        working: working.to_owned(),
        config: Some(working.join("user")),
        data: Some(working.join("data")),
        home: None,
    };
    Loader { dirs, ..Loader::default() }
}

fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn example() -> Loaded {
    let mut loader = loader(Path::new("/nowhere"));
    loader.overrides.config = Some(repository("config.example.json"));
    loader.load().unwrap_or_else(|error| panic!("{error}"))
}

/// The paths of all keys, sections included.
fn keys(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    for (key, member) in value.as_object().into_iter().flatten() {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        keys(member, &path, found);
        found.insert(path);
    }
}

#[test]
fn the_example_has_every_key() {
    let text = fs::read_to_string(repository("config.example.json")).unwrap();
    let parsed =
        jsonc_parser::parse_to_ast(&text, &CollectOptions::default(), &ParseOptions::default()).unwrap();
    let (mut there, mut known) = (BTreeSet::new(), BTreeSet::new());
    keys(&Value::from(parsed.value.unwrap()), "", &mut there);
    keys(&serde_json::to_value(Config::default()).unwrap(), "", &mut known);
    assert_eq!(there, known);
}

#[test]
fn every_value_of_the_example_is_its_default() {
    let example = example();
    let default =
        serde_json::to_value(Config { data_dir: PathBuf::from("/nowhere/data"), ..Config::default() });
    assert_eq!(example.masked(), default.unwrap());
    let from_file = |(path, _, source): &(String, Value, Source)| {
        assert!(matches!(source, Source::File { .. }), "{path} is not from the file but {source}");
    };
    example.values().iter().for_each(from_file);
}

#[test]
fn every_key_of_the_example_is_explained_on_the_line_above() {
    let text = fs::read_to_string(repository("config.example.json")).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (number, pair) in lines.windows(2).enumerate() {
        if pair[1].starts_with('"') {
            assert!(pair[0].starts_with("//"), "line {}: {}", number + 2, pair[1]);
        }
    }
}

/// What the example describes in a comment, between these texts.
fn described(after: &str, before: &str) -> String {
    let text = fs::read_to_string(repository("config.example.json")).unwrap();
    let described = text
        .split_once(after)
        .and_then(|(_, rest)| rest.split_once("for instance:"))
        .and_then(|(_, rest)| rest.split_once(before))
        .map(|(described, _)| described)
        .unwrap();
    described
        .lines()
        .map(|line| line.trim_start().strip_prefix("//").unwrap_or(line).to_owned() + "\n")
        .collect()
}

/// What these settings amount to.
fn loaded(text: &str) -> Loaded {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.json"), text).unwrap();
    loader(dir.path()).load().unwrap_or_else(|error| panic!("{error}"))
}

/// Members of an object, comments and all.
fn parsed(members: &str) -> Value {
    let text = format!("{{{members}}}");
    let parsed = jsonc_parser::parse_to_ast(&text, &CollectOptions::default(), &ParseOptions::default());
    parsed.unwrap().value.unwrap().into()
}

#[test]
fn the_agent_that_the_example_describes_has_every_key_and_is_valid() {
    let described = described("\"agents\": {", "\"list\": {}");
    let loaded = loaded(&format!("{{\"agents\": {{\"list\": {{{described}}}}}}}"));
    let (mut there, mut known) = (BTreeSet::new(), BTreeSet::new());
    keys(&parsed(&described)["reviewer"], "", &mut there);
    keys(&serde_json::to_value(AgentEntry::default()).unwrap(), "", &mut known);
    keys(&serde_json::to_value(AgentTools::default()).unwrap(), "tools", &mut known);
    keys(&serde_json::to_value(ChatgptOauthRouting::default()).unwrap(), "chatgpt_oauth_routing", &mut known);
    assert_eq!(there, known);
    assert!(loaded.config.agents.list["reviewer"].default);
}

#[test]
fn the_mcp_server_that_the_example_describes_has_every_key_and_is_valid() {
    let described = described("\"mcp\": {", "\"servers\": {}");
    let loaded = loaded(&format!("{{\"mcp\": {{\"servers\": {{{described}}}}}}}"));
    let there = parsed(&described)["files"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let known = serde_json::to_value(McpServer::default()).unwrap();
    assert_eq!(there, known.as_object().unwrap().keys().cloned().collect());
    assert!(loaded.config.mcp.servers["files"].draft().check().is_ok());
}

#[test]
fn the_file_is_the_named_one_else_the_one_here_else_the_users_and_may_be_absent() {
    let dir = tempfile::tempdir().unwrap();
    let mut from = loader(dir.path());
    assert!(from.load().unwrap().file.is_none());

    fs::create_dir(dir.path().join("user")).unwrap();
    let write = |name: &str, port: u16| {
        fs::write(dir.path().join(name), format!("{{\"gateway\": {{\"port\": {port}}}}}")).unwrap();
    };
    write("user/config.json", 1);
    assert_eq!(from.load().unwrap().config.server.port, 1);
    write("config.json", 2);
    assert_eq!(from.load().unwrap().config.server.port, 2);
    write("variable.json", 3);
    from.env.insert("GATEWAY_CONFIG".into(), "variable.json".into());
    assert_eq!(from.load().unwrap().config.server.port, 3);
    write("flag.json", 4);
    from.overrides.config = Some("flag.json".into());
    let loaded = from.load().unwrap();
    assert_eq!((loaded.config.server.port, loaded.file), (4, Some(dir.path().join("flag.json"))));
}

#[test]
fn a_named_file_that_is_missing_is_an_error_that_says_who_named_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut loader = loader(dir.path());
    loader.env.insert("GATEWAY_CONFIG".into(), "no.json".into());
    let error = loader.load().err().unwrap();
    assert!(matches!(&error, ConfigError::Missing { named_by: "GATEWAY_CONFIG", .. }));
    assert!(error.to_string().ends_with("no.json (named by GATEWAY_CONFIG)"));
    loader.overrides.config = Some("neither.json".into());
    assert!(loader.load().err().unwrap().to_string().ends_with("neither.json (named by --config)"));
}

/// A watch in a directory of its own.
struct Watched {
    dir: tempfile::TempDir,
    config: tokio::sync::watch::Receiver<Arc<Config>>,
    changes: Arc<Mutex<Vec<ConfigChange>>>,
    running: JoinHandle<()>,
}

impl Watched {
    fn start(text: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        if let Some(text) = text {
            fs::write(dir.path().join("config.json"), text).unwrap();
        }
        Self::over(dir)
    }

    fn over(dir: tempfile::TempDir) -> Self {
        let from = loader(dir.path());
        let running = from.load().unwrap();
        let watch = ConfigWatch::start(from, running).unwrap();
        let (config, changes) = (watch.subscribe(), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&changes);
        let running =
            Tasks::new().spawn("config", watch.run(move |change| seen.lock().unwrap().push(change.clone())));
        Self { dir, config, changes, running }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, text: &str) {
        fs::write(self.path("config.json"), text).unwrap();
    }

    /// As editors do it: a new file, renamed over the old one.
    fn replace(&self, text: &str) {
        fs::write(self.path("config.json.new"), text).unwrap();
        fs::rename(self.path("config.json.new"), self.path("config.json")).unwrap();
    }

    async fn model_becomes(&mut self, model: &str) {
        let changed = self.config.wait_for(|config| config.agents.defaults.model == model);
        tokio::time::timeout(Duration::from_secs(10), changed)
            .await
            .expect("the change applies in time")
            .unwrap();
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn model(model: &str) -> String {
    format!("{{\"agents\": {{\"defaults\": {{\"model\": \"{model}\"}}}}}}")
}

#[tokio::test]
async fn a_changed_file_applies_without_a_restart_however_it_is_saved() {
    let mut watched = Watched::start(Some(&model("one")));
    watched.write(&model("two"));
    watched.model_becomes("two").await;
    watched.replace(&model("three"));
    watched.model_becomes("three").await;
    watched.replace(&model("four"));
    watched.model_becomes("four").await;
}

/// What is logged on this thread from here on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let lines = logs::subscriber(LogFormat::Pretty, "gateway=info", false, move || writer.clone());
        (log, tracing::subscriber::set_default(lines.unwrap().0))
    }

    async fn says(&self, words: &str) {
        let said = async {
            while !String::from_utf8_lossy(&self.0.lock().unwrap()).contains(words) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(10), said).await;
        let text = || String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        assert!(in_time.is_ok(), "{words} is not in the log:\n{}", text());
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_invalid_change_is_refused_with_its_reason_and_the_old_settings_stay() {
    let (log, _guard) = Log::capture();
    let mut watched = Watched::start(Some(&model("one")));
    watched.write("{\"agents\": {\"defaults\": {\"model\": \"broken\", \"max_tokens\": \"many\"}}}");
    log.says("agents.defaults.max_tokens: found \"many\", expected a whole number").await;
    watched.replace("{ not json");
    log.says("config.json:1:7: Expected colon").await;
    assert_eq!(watched.config.borrow().agents.defaults.model, "one");
    watched.replace(&model("two"));
    watched.model_becomes("two").await;
    log.says("changed settings applied").await;
    log.says("agents.defaults.model: \"one\" -> \"two\"").await;
    assert_eq!(watched.changes.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_vanishes_leaves_the_settings_in_force_and_one_that_returns_applies() {
    let (log, _guard) = Log::capture();
    let mut watched = Watched::start(Some(&model("one")));
    fs::remove_file(watched.path("config.json")).unwrap();
    log.says("config.json is gone").await;
    assert_eq!(watched.config.borrow().agents.defaults.model, "one");
    watched.write(&model("two"));
    watched.model_becomes("two").await;
    assert!(watched.changes.lock().unwrap().iter().all(|change| change.loaded.file.is_some()));
}

#[tokio::test]
async fn a_file_that_appears_where_none_was_applies() {
    let mut watched = Watched::start(None);
    watched.write(&model("two"));
    watched.model_becomes("two").await;
}

#[tokio::test]
async fn what_needs_a_restart_is_said_and_stays_as_it_was() {
    let mut watched = Watched::start(Some("{\"gateway\": {\"port\": 1}}"));
    let (log, _guard) = Log::capture();
    watched.write("{\"gateway\": {\"port\": 2}, \"agents\": {\"defaults\": {\"model\": \"two\"}}}");
    watched.model_becomes("two").await;
    assert_eq!(watched.config.borrow().server.port, 1);
    log.says("changed settings need a restart changes=gateway.port: 1 -> 2").await;
}

/// Kubernetes mounts a file as a link to `..data/config.json` and renames another `..data` over the old one.
#[cfg(unix)]
#[tokio::test]
async fn a_mounted_file_whose_directory_is_exchanged_applies() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    for (version, name) in [("v1", "one"), ("v2", "two")] {
        fs::create_dir(dir.path().join(version)).unwrap();
        fs::write(dir.path().join(version).join("config.json"), model(name)).unwrap();
    }
    symlink("v1", dir.path().join("..data")).unwrap();
    symlink("..data/config.json", dir.path().join("config.json")).unwrap();
    let mut watched = Watched::over(dir);
    symlink("v2", watched.path("..new")).unwrap();
    fs::rename(watched.path("..new"), watched.path("..data")).unwrap();
    watched.model_becomes("two").await;
}
