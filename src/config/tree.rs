//! The settings before they are typed: one tree in which every value knows where it came from.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use serde_json::{Number, Value};
use std::fmt::{self, Write};

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The file, at this line and column (both from 1; a column is a character).
    File { line: usize, column: usize },
    /// The environment variable of this name.
    Environment(&'static str),
    /// The flag of this name.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { line, .. } => write!(f, "file, line {line}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A path as people write it: `agents.list.coder.model`, `gateway.allowed_origins[1]`.
pub(super) fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Index(index) => write!(text, "[{index}]").expect("writing to a string cannot fail"),
        }
    }
    text
}

/// The steps of a path of keys: `gateway.port`.
pub(super) fn key_path(path: &str) -> Vec<Step> {
    path.split('.').map(|key| Step::Key(key.to_owned())).collect()
}

/// A value and its source. It may hold secrets, so it has no `Debug`.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) source: Source,
    pub(super) kind: Kind,
}

#[derive(Clone)]
pub(super) enum Kind {
    /// Anything that is neither a list nor an object.
    Scalar(Value),
    /// The items with the index that each has in the file; an item that was taken out leaves a gap.
    List(Vec<(usize, Node)>),
    Object(Vec<Member>),
}

#[derive(Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// Where the name stands.
    pub(super) named_at: Source,
    pub(super) value: Node,
}

impl Node {
    /// An object without members.
    pub(super) fn empty() -> Self {
        Self { source: Source::Default, kind: Kind::Object(Vec::new()) }
    }

    /// A single value.
    pub(super) fn scalar(value: Value, source: Source) -> Self {
        Self { source, kind: Kind::Scalar(value) }
    }

    pub(super) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(|(_, item)| item.to_json()).collect(),
            Kind::Object(members) => {
                members.iter().map(|member| (member.name.clone(), member.value.to_json())).collect()
            }
        }
    }

    fn child(&self, step: &Step) -> Option<&Self> {
        match (&self.kind, step) {
            (Kind::Object(members), Step::Key(key)) => {
                members.iter().find(|member| member.name == *key).map(|member| &member.value)
            }
            (Kind::List(items), Step::Index(index)) => {
                items.iter().find(|(at, _)| at == index).map(|(_, item)| item)
            }
            _ => None,
        }
    }

    fn child_mut(&mut self, step: &Step) -> Option<&mut Self> {
        match (&mut self.kind, step) {
            (Kind::Object(members), Step::Key(key)) => {
                members.iter_mut().find(|member| member.name == *key).map(|member| &mut member.value)
            }
            (Kind::List(items), Step::Index(index)) => {
                items.iter_mut().find(|(at, _)| at == index).map(|(_, item)| item)
            }
            _ => None,
        }
    }

    pub(super) fn get(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| node.child(step))
    }

    /// Sets a value, making the objects on its way. A value on the way that is no object is replaced.
    pub(super) fn set(&mut self, path: &[Step], value: Self) {
        let Some((Step::Key(key), rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if !matches!(self.kind, Kind::Object(_)) {
            *self = Self::empty();
        }
        let Kind::Object(members) = &mut self.kind else {
            return;
        };
        let at = members.iter().position(|member| member.name == *key).unwrap_or_else(|| {
            members.push(Member { name: key.clone(), named_at: value.source, value: Self::empty() });
            members.len() - 1
        });
        members[at].value.set(rest, value);
    }

    /// Takes out what stands at the end of the path; whether there was something.
    pub(super) fn remove(&mut self, path: &[Step]) -> bool {
        let Some((last, parents)) = path.split_last() else {
            return false;
        };
        let Some(parent) = parents.iter().try_fold(self, |node, step| node.child_mut(step)) else {
            return false;
        };
        match (&mut parent.kind, last) {
            (Kind::Object(members), Step::Key(key)) => {
                let before = members.len();
                members.retain(|member| member.name != *key);
                members.len() < before
            }
            (Kind::List(items), Step::Index(index)) => {
                let before = items.len();
                items.retain(|(at, _)| at != index);
                items.len() < before
            }
            _ => false,
        }
    }

    /// The same path with the indices of the file instead of the places in the lists as they now are.
    pub(super) fn file_path(&self, path: &[Step]) -> Vec<Step> {
        let mut node = Some(self);
        let mut found = Vec::with_capacity(path.len());
        for step in path {
            let step = match (node.map(|node| &node.kind), step) {
                (Some(Kind::List(items)), Step::Index(place)) => {
                    Step::Index(items.get(*place).map_or(*place, |(index, _)| *index))
                }
                _ => step.clone(),
            };
            node = node.and_then(|node| node.child(&step));
            found.push(step);
        }
        found
    }

    /// Where the value at the path came from; for a key also where the key itself stands.
    pub(super) fn place(&self, path: &[Step]) -> Option<Source> {
        let (last, parents) = path.split_last()?;
        match (&self.get(parents)?.kind, last) {
            (Kind::Object(members), Step::Key(key)) => {
                members.iter().find(|member| member.name == *key).map(|member| member.named_at)
            }
            (Kind::List(_), Step::Index(_)) => self.get(path).map(|node| node.source),
            _ => None,
        }
    }

    /// The source of the nearest value on the way to the path, itself included, where keys may be spelled in the
    /// other case (`displayName` for `display_name`).
    pub(super) fn source_of(&self, path: &[Step]) -> Source {
        let mut node = self;
        for step in path {
            let next = match (&node.kind, step) {
                (Kind::Object(members), Step::Key(key)) => members
                    .iter()
                    .find(|member| plain(&member.name) == plain(key))
                    .map(|member| &member.value),
                _ => node.child(step),
            };
            match next {
                Some(next) => node = next,
                None => return Source::Default,
            }
        }
        node.source
    }
}

/// A key without its case and underscores.
pub(super) fn plain(key: &str) -> String {
    key.chars().filter(|c| *c != '_' && *c != '-').flat_map(char::to_lowercase).collect()
}

/// The keys that stand twice in one object: the second of each.
pub(super) type Twice = Vec<(Vec<Step>, Source)>;

/// The text's tree, and the keys that stand twice.
pub(super) fn parse(text: &str) -> Result<(Node, Twice), SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = jsonc_parser::ParseOptions {
        allow_missing_commas: false,
        allow_non_finite_numbers: false,
        ..jsonc_parser::ParseOptions::default()
    };
    let parsed = jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &options)
        .map_err(|error| SyntaxError {
            line: error.line_display(),
            column: error.column_display(),
            message: error.kind().to_string(),
        })?;
    let Some(value) = parsed.value else {
        return Err(SyntaxError { line: 1, column: 1, message: "The file is empty; the least is {}".into() });
    };
    let mut builder = Builder { text, twice: Vec::new(), path: Vec::new() };
    let node = builder.node(value);
    Ok((node, builder.twice))
}

/// Where the text is not JSON.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

struct Builder<'t> {
    text: &'t str,
    twice: Twice,
    path: Vec<Step>,
}

impl Builder<'_> {
    fn at(&self, offset: usize) -> Source {
        let before = &self.text[..offset];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Source::File { line, column }
    }

    fn node(&mut self, value: ast::Value<'_>) -> Node {
        let source = self.at(value.start());
        let kind = match value {
            ast::Value::Array(array) => Kind::List(
                array
                    .elements
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| {
                        self.path.push(Step::Index(index));
                        let item = self.node(item);
                        self.path.pop();
                        (index, item)
                    })
                    .collect(),
            ),
            ast::Value::Object(object) => Kind::Object(self.members(object)),
            ast::Value::NumberLit(number) => Kind::Scalar(whole(Value::from(ast::Value::NumberLit(number)))),
            scalar => Kind::Scalar(Value::from(scalar)),
        };
        Node { source, kind }
    }

    fn members(&mut self, object: ast::Object<'_>) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::with_capacity(object.properties.len());
        for property in object.properties {
            let named_at = self.at(property.range.start);
            let name = property.name.into_string();
            self.path.push(Step::Key(name.clone()));
            let value = self.node(property.value);
            if members.iter().any(|member| member.name == name) {
                self.twice.push((self.path.clone(), named_at));
            } else {
                members.push(Member { name, named_at, value });
            }
            self.path.pop();
        }
        members
    }
}

/// `8192.0` and `2e5` are whole numbers too.
fn whole(value: Value) -> Value {
    let float = value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15);
    match (value.is_f64(), float) {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
        (true, Some(float)) => Value::Number(Number::from(float as i64)),
        _ => value,
    }
}
