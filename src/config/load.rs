//! From the file, the environment and the flags to a [`Config`], or to everything that is wrong with them.

use super::Config;
use super::overrides::{CONFIG_VARIABLE, Overrides, apply_environment};
use super::problem::{ConfigError, Problem, What, unknown_key, wrong_value};
use super::report::leaves;
use super::tree::{self, Node, Source, Step, key_path, path_text};
use super::values::{Rule, Slug};
use crate::domain::mcp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file's name in the places that are searched.
const FILE_NAME: &str = "config.json";

/// The directories that the defaults depend on.
#[derive(Clone, Debug, Default)]
pub struct Dirs {
    /// Where `./config.json` is looked for, and what relative paths are relative to.
    pub working: PathBuf,
    /// The gateway's directory among the user's configuration, where `config.json` is looked for next.
    pub config: Option<PathBuf>,
    /// The default of `data_dir`.
    pub data: Option<PathBuf>,
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
}

impl Dirs {
    /// The directories of the user who runs this process. Root's data are in `/var/lib/gateway`, since another user,
    /// whom the embedded Postgres needs, cannot get into root's home.
    pub fn of_this_user() -> Self {
        use etcetera::BaseStrategy;
        let base = etcetera::choose_base_strategy().ok();
        let root = rustix::process::geteuid().is_root();
        Self {
            working: std::env::current_dir().unwrap_or_default(),
            config: base.as_ref().map(|base| base.config_dir().join("gateway")),
            data: if root {
                Some(PathBuf::from("/var/lib/gateway"))
            } else {
                base.as_ref().map(|base| base.data_dir().join("gateway"))
            },
            home: etcetera::home_dir().ok(),
        }
    }
}

/// Where settings come from; everything that [`Loader::load`] depends on but the file's text.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    /// The flags.
    pub overrides: Overrides,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The directories.
    pub dirs: Dirs,
}

/// The file's path and text.
pub(super) type FileText = (PathBuf, String);

/// Settings that passed every check.
#[derive(Clone)]
pub struct Loaded {
    /// The effective settings.
    pub config: Arc<Config>,
    /// The file they came from, if there was one.
    pub file: Option<PathBuf>,
    /// The merged tree, which knows the sources. It holds secrets.
    pub(super) tree: Arc<Node>,
}

impl Loader {
    /// The process's environment and directories.
    pub fn of_this_process(overrides: Overrides) -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { overrides, env, dirs: Dirs::of_this_user() }
    }

    /// Reads the file, if there is one, and merges everything.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        self.build(self.read()?)
    }

    /// The file that is named, and by what.
    fn named(&self) -> Option<(PathBuf, &'static str)> {
        let variable = || self.env.get(CONFIG_VARIABLE).filter(|path| !path.is_empty());
        let (path, named_by) = match (&self.overrides.config, variable()) {
            (Some(path), _) => (path.clone(), "--config"),
            (None, Some(path)) => (PathBuf::from(path), CONFIG_VARIABLE),
            (None, None) => return None,
        };
        Some((self.dirs.working.join(path), named_by))
    }

    /// Where a file is looked for when none is named, in order.
    pub(super) fn candidates(&self) -> Vec<PathBuf> {
        std::iter::once(&self.dirs.working).chain(&self.dirs.config).map(|dir| dir.join(FILE_NAME)).collect()
    }

    /// The named file, or the first of the candidates that is there.
    pub(super) fn read(&self) -> Result<Option<FileText>, ConfigError> {
        if let Some((path, named_by)) = self.named() {
            return match read_file(&path)? {
                Some(text) => Ok(Some((path, text))),
                None => Err(ConfigError::Missing { path, named_by }),
            };
        }
        for path in self.candidates() {
            if let Some(text) = read_file(&path)? {
                return Ok(Some((path, text)));
            }
        }
        Ok(None)
    }

    /// Merges the file's text with the environment and the flags.
    pub(super) fn build(&self, file: Option<FileText>) -> Result<Loaded, ConfigError> {
        let mut problems = Vec::new();
        let (path, mut tree) = match file {
            Some((path, text)) => {
                let (mut tree, twice) = tree::parse(&text).map_err(|error| ConfigError::Syntax {
                    path: path.clone(),
                    line: error.line,
                    column: error.column,
                    message: error.message,
                })?;
                for (key, source) in twice {
                    problems.push(problem(&key, source, What::Twice));
                }
                // On its own first: what is wrong in the file is said even where the environment overrides it.
                typed(&mut tree, &mut problems);
                (Some(path), tree)
            }
            None => (None, Node::empty()),
        };
        apply_environment(&self.env, &defaults(), &mut tree);
        self.overrides.apply(&mut tree);
        let loaded = self.finish(tree, path.clone(), &mut problems);
        if problems.is_empty() {
            return Ok(loaded);
        }
        for problem in &mut problems {
            problem.file.clone_from(&path);
        }
        Err(ConfigError::Invalid(problems))
    }

    /// Types a merged tree, fills in what depends on the directories, and checks the rules over several values.
    pub(super) fn finish(
        &self,
        mut tree: Node,
        file: Option<PathBuf>,
        problems: &mut Vec<Problem>,
    ) -> Loaded {
        let mut config = typed(&mut tree, problems);
        let data_dir = match tree.get(&key_path("data_dir")) {
            Some(node) if !node.to_json().is_null() => Some(self.absolute(&config.data_dir)),
            _ => self.dirs.data.clone(),
        };
        match data_dir {
            Some(data_dir) => config.data_dir = data_dir,
            None => problems.push(problem(
                &key_path("data_dir"),
                Source::Default,
                What::Rule("there is no home directory to keep data in; set this or GATEWAY_DATA_DIR".into()),
            )),
        }
        if let Some(bin_dir) = &mut config.database.embedded.bin_dir {
            *bin_dir = self.absolute(bin_dir);
        }
        for file in [&mut config.server.tls.certificate, &mut config.server.tls.key].into_iter().flatten() {
            *file = self.absolute(file);
        }
        for (path, rule) in broken_rules(&config) {
            // What is missing is said where it should be.
            let place = (1..=path.len()).rev().find_map(|length| tree.place(&path[..length]));
            problems.push(problem(&path, place.unwrap_or(Source::Default), What::Rule(rule)));
        }
        Loaded { config: Arc::new(config), file, tree: Arc::new(tree) }
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.dirs.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => self.dirs.working.join(path),
        }
    }
}

/// The default settings as JSON.
pub(super) fn defaults() -> Value {
    to_json(&Config::default())
}

/// The settings as JSON, secrets masked.
pub(super) fn to_json(config: &Config) -> Value {
    serde_json::to_value(config).expect("settings are plain data with text keys")
}

/// The text of a file, or nothing when it is not there.
pub(super) fn read_file(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(source) => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    }
}

fn problem(path: &[Step], source: Source, what: What) -> Problem {
    Problem { path: path_text(path), source, file: None, what }
}

/// The typed settings of a tree. serde stops at the first wrong value; so the value is noted and taken out, which
/// makes it its default, until the rest is right. Unknown keys are taken out too.
fn typed(tree: &mut Node, problems: &mut Vec<Problem>) -> Config {
    loop {
        let mut ignored = Vec::new();
        let mut note = |path: serde_ignored::Path<'_>| ignored.push(ignored_path(&path));
        let wrapped = serde_ignored::Deserializer::new(&*tree, &mut note);
        match serde_path_to_error::deserialize::<_, Config>(wrapped) {
            Ok(config) => {
                unknown(tree, &config, &ignored, problems);
                return config;
            }
            Err(error) => {
                let mut path = tree.file_path(&error_path(error.path()));
                let source = tree.get(&path).map_or(Source::Default, |node| node.source);
                problems.push(problem(&path, source, wrong_value(&error.into_inner().to_string())));
                while !tree.remove(&path) {
                    if path.pop().is_none() {
                        *tree = Node::empty();
                        break;
                    }
                }
            }
        }
    }
}

/// Notes and takes out the keys that nothing reads. What a place knows is asked of the typed settings themselves.
fn unknown(tree: &mut Node, config: &Config, ignored: &[Vec<Step>], problems: &mut Vec<Problem>) {
    if ignored.is_empty() {
        return;
    }
    let json = to_json(config);
    let everywhere: Vec<String> = leaves(&defaults()).into_iter().map(|(path, _)| path_text(&path)).collect();
    let mut taken_out = Vec::with_capacity(ignored.len());
    for path in ignored {
        let parent = path[..path.len() - 1].iter().try_fold(&json, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
        });
        let known = parent
            .and_then(Value::as_object)
            .map(|object| object.keys().cloned().collect())
            .unwrap_or_default();
        let path = tree.file_path(path);
        let source = tree.place(&path).unwrap_or(Source::Default);
        problems.push(problem(&path, source, unknown_key(&path, known, &everywhere)));
        taken_out.push(path);
    }
    for path in taken_out {
        tree.remove(&path);
    }
}

/// The rules over several values, and those of the keys of agents and MCP servers.
fn broken_rules(config: &Config) -> Vec<(Vec<Step>, String)> {
    let mut broken = Vec::new();
    let tls = &config.server.tls;
    for (key, there, other) in
        [("certificate", &tls.certificate, &tls.key), ("key", &tls.key, &tls.certificate)]
    {
        if there.is_none() && other.is_some() {
            broken.push((
                key_path(&format!("gateway.tls.{key}")),
                "TLS needs a certificate and its key".to_owned(),
            ));
        }
    }
    let agent = |key: &str| vec![Step::Key("agents".into()), Step::Key("list".into()), Step::Key(key.into())];
    for key in config.agents.list.keys().filter(|key| Slug::accept(key).is_none()) {
        broken.push((agent(key), format!("an agent's key has to be {}", Slug::expected())));
    }
    let mut default = config.agents.list.iter().filter(|(_, entry)| entry.default).map(|(key, _)| key);
    if let Some(first) = default.next() {
        for other in default {
            broken.push((agent(other), format!("only one agent can be the default, and \"{first}\" is it")));
        }
    }
    for (at, key, rule) in config.access.broken_rules() {
        let mut path = key_path("access.oidc");
        path.extend([Step::Index(at), Step::Key(key.to_owned())]);
        broken.push((path, rule));
    }
    for (name, server) in &config.mcp.servers {
        let violations =
            mcp::check_name(name).into_iter().chain(server.draft().check().err().into_iter().flatten());
        for violation in violations {
            let mut path = key_path("mcp.servers");
            path.push(Step::Key(name.clone()));
            // A rule names a member, `env.TOKEN`, of which the last part may have dots.
            let (member, rest) = violation.field.split_once('.').unwrap_or((&violation.field, ""));
            if server_has(member) {
                path.push(Step::Key(member.to_owned()));
                path.extend((!rest.is_empty()).then(|| Step::Key(rest.to_owned())));
            }
            broken.push((path, violation.message));
        }
    }
    broken
}

/// Whether this is a key of an MCP server, not its name.
fn server_has(member: &str) -> bool {
    matches!(member, "transport" | "command" | "args" | "env" | "url" | "headers")
}

fn ignored_path(path: &serde_ignored::Path<'_>) -> Vec<Step> {
    use serde_ignored::Path as Ignored;
    let (parent, step) = match path {
        Ignored::Root => return Vec::new(),
        Ignored::Seq { parent, index } => (parent, Some(Step::Index(*index))),
        Ignored::Map { parent, key } => (parent, Some(Step::Key(key.clone()))),
        Ignored::Some { parent } | Ignored::NewtypeStruct { parent } | Ignored::NewtypeVariant { parent } => {
            (parent, None)
        }
    };
    let mut steps = ignored_path(parent);
    steps.extend(step);
    steps
}

fn error_path(path: &serde_path_to_error::Path) -> Vec<Step> {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}
