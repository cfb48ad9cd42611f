//! One run of an agent as a state machine: what the model said becomes what to do next. The driver around it
//! (`app::runs`) asks the model, calls the tools and keeps the history; nothing here waits for anything.

pub mod compaction;
pub mod event;
pub mod merge;

use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A call of a tool, as the model made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// What the output names it by.
    pub call_id: String,
    pub name: String,
    /// JSON as text, not checked.
    pub arguments: String,
}

impl ToolCall {
    /// Of a `function_call` item; `None` for any other.
    pub fn of(item: &Value) -> Option<Self> {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        (item["type"] == "function_call").then(|| Self {
            call_id: text("call_id"),
            name: text("name"),
            arguments: text("arguments"),
        })
    }
}

/// Whose calls are the gateway's to make; a client never sees those.
#[derive(Clone, Debug, Default)]
pub struct OwnTools {
    /// The gateway's tools that the agent may call.
    pub names: HashSet<String>,
    /// The client brought tools of its own: a name that is not here may be one of them. Without, a name that nobody
    /// knows is answered here, where the model is told so.
    pub beside_clients: bool,
}

impl OwnTools {
    /// Whether a call by this name stays here.
    pub fn takes(&self, name: &str) -> bool {
        self.names.contains(name) || !self.beside_clients
    }
}

/// What a run may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rounds of tool calls; then the model is asked to answer without tools.
    pub iterations: u32,
    /// Input and output tokens of all its model calls together.
    pub tokens: Option<u64>,
    /// How often the very same call may be made.
    pub repeats: u32,
}

/// Which limit ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Iterations,
    RepeatedCalls,
    Tokens,
    WallTime,
}

impl Limit {
    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Iterations => "max_tool_iterations",
            Self::RepeatedCalls => "repeated_tool_calls",
            Self::Tokens => "max_run_tokens",
            Self::WallTime => "max_run_seconds",
        }
    }

    /// What the model is told when it is asked for its last words.
    pub const fn last_words(self) -> &'static str {
        match self {
            Self::Iterations => {
                "You have used all rounds of tool calls of this run. Answer now, without tools, with what you know; \
                 say what is still open."
            }
            Self::RepeatedCalls => {
                "You made the same tool call with the same arguments several times. Answer now, without tools, with \
                 what you know; say what is still open."
            }
            Self::Tokens | Self::WallTime => "Answer now, briefly, without tools.",
        }
    }
}

/// One answer of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Calls of the gateway's own tools, in their order.
    pub calls: Vec<ToolCall>,
    /// There are calls of tools that the client brought: it makes them.
    pub client_calls: bool,
    /// Input and output tokens of this call.
    pub tokens: u64,
    /// The answer was cut, and why.
    pub incomplete: Option<String>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the model; `last` forbids tools and tells why.
    Ask { last: Option<Limit> },
    /// Make these calls side by side; one with a text gets that as its output without being made.
    Call(Vec<(ToolCall, Option<String>)>),
    /// The run is over. The calls are those without an output: the history has to say why they have none.
    End { end: End, open: Vec<ToolCall> },
}

/// How a run ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The model said all it had to say.
    Finished,
    /// The client has to make calls of its own tools.
    ClientCalls,
    /// The last answer was cut by the upstream or an output limit.
    Incomplete(String),
    /// A limit; the model had its last words unless there were no tokens left for them.
    Limit(Limit),
}

impl End {
    /// `reason` in the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Finished => "finished",
            Self::ClientCalls => "client_tool_calls",
            Self::Incomplete(reason) => reason,
            Self::Limit(limit) => limit.as_str(),
        }
    }
}

/// A run between two steps.
#[derive(Clone, Debug)]
pub struct AgentLoop {
    limits: Limits,
    /// Answers so far.
    iterations: u32,
    rounds: u32,
    tokens: u64,
    /// How often each call was made: by name and arguments.
    times: HashMap<(String, String), u32>,
    /// The next answer is the last one.
    closing: Option<Limit>,
    client_calls: bool,
}

impl AgentLoop {
    /// Nothing has been asked yet: ask.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            iterations: 0,
            rounds: 0,
            tokens: 0,
            times: HashMap::new(),
            closing: None,
            client_calls: false,
        }
    }

    /// Answers of the model so far.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// What to ask first.
    pub fn begin(&self) -> Action {
        Action::Ask { last: self.closing }
    }

    /// The model answered.
    pub fn answered(&mut self, answer: Answer) -> Action {
        self.iterations += 1;
        self.tokens = self.tokens.saturating_add(answer.tokens);
        let Answer { calls, client_calls, incomplete, .. } = answer;
        if let Some(reason) = incomplete {
            return Action::End { end: End::Incomplete(reason), open: calls };
        }
        if let Some(limit) = self.closing {
            return Action::End { end: End::Limit(limit), open: calls };
        }
        if self.is_out_of_tokens() && !calls.is_empty() {
            return Action::End { end: End::Limit(Limit::Tokens), open: calls };
        }
        self.client_calls |= client_calls;
        if calls.is_empty() {
            let end = if self.client_calls { End::ClientCalls } else { End::Finished };
            return Action::End { end, open: Vec::new() };
        }
        self.rounds += 1;
        let mut wanted = Vec::with_capacity(calls.len());
        for call in calls {
            let times = self.times.entry((call.name.clone(), call.arguments.clone())).or_default();
            *times += 1;
            if *times > self.limits.repeats {
                let text = format!(
                    "This very call was made {} times already and is not made again: its result would be the same. \
                     Answer with what you know.",
                    self.limits.repeats
                );
                self.closing = Some(Limit::RepeatedCalls);
                wanted.push((call, Some(text)));
            } else {
                wanted.push((call, None));
            }
        }
        Action::Call(wanted)
    }

    /// Somebody said more before the run was over: it is answered too.
    pub fn more_said(&mut self) -> Action {
        if self.is_out_of_tokens() {
            return Action::End { end: End::Limit(Limit::Tokens), open: Vec::new() };
        }
        Action::Ask { last: self.closing }
    }

    fn is_out_of_tokens(&self) -> bool {
        self.limits.tokens.is_some_and(|most| self.tokens >= most)
    }

    /// Every call of the last answer has its output.
    pub fn called(&mut self) -> Action {
        if self.client_calls {
            return Action::End { end: End::ClientCalls, open: Vec::new() };
        }
        if self.rounds >= self.limits.iterations {
            self.closing.get_or_insert(Limit::Iterations);
        }
        Action::Ask { last: self.closing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(name: &str, arguments: &str) -> ToolCall {
        ToolCall { call_id: format!("call_{name}"), name: name.into(), arguments: arguments.into() }
    }

    fn answer(calls: &[ToolCall]) -> Answer {
        Answer { calls: calls.to_vec(), tokens: 10, ..Answer::default() }
    }

    fn new(iterations: u32, tokens: Option<u64>) -> AgentLoop {
        AgentLoop::new(Limits { iterations, tokens, repeats: 2 })
    }

    fn end(end: End) -> Action {
        Action::End { end, open: Vec::new() }
    }

    #[test]
    fn a_plain_answer_ends_the_run_and_calls_lead_to_another_question() {
        let mut run = new(3, None);
        assert_eq!(run.begin(), Action::Ask { last: None });
        let calls = [call("a", "1"), call("b", "2")];
        let wanted = calls.iter().map(|call| (call.clone(), None)).collect();
        assert_eq!(run.answered(answer(&calls)), Action::Call(wanted));
        assert_eq!(run.called(), Action::Ask { last: None });
        assert_eq!(run.answered(answer(&[])), end(End::Finished));
        assert_eq!(run.iterations(), 2);
    }

    #[test]
    fn after_the_last_round_the_model_is_asked_without_tools_and_the_run_says_why_it_ended() {
        let mut run = new(1, None);
        run.answered(answer(&[call("a", "1")]));
        assert_eq!(run.called(), Action::Ask { last: Some(Limit::Iterations) });
        assert_eq!(run.answered(answer(&[])), end(End::Limit(Limit::Iterations)));
    }

    #[test]
    fn a_model_that_calls_tools_in_its_last_words_leaves_open_calls_that_are_told() {
        let mut run = new(1, None);
        run.answered(answer(&[call("a", "1")]));
        run.called();
        let open = vec![call("b", "1")];
        assert_eq!(run.answered(answer(&open)), Action::End { end: End::Limit(Limit::Iterations), open });
    }

    #[test]
    fn the_same_call_again_and_again_is_refused_and_ends_the_run() {
        let mut run = new(30, None);
        for _ in 0..2 {
            let Action::Call(wanted) = run.answered(answer(&[call("a", "1")])) else { panic!("no call") };
            assert_eq!(wanted, [(call("a", "1"), None)]);
            assert_eq!(run.called(), Action::Ask { last: None });
        }
        let calls = [call("a", "1"), call("a", "2")];
        let Action::Call(wanted) = run.answered(answer(&calls)) else { panic!("no call") };
        assert!(wanted[0].1.as_ref().is_some_and(|text| text.contains("2 times")), "{wanted:?}");
        assert_eq!(wanted[1], (call("a", "2"), None));
        assert_eq!(run.called(), Action::Ask { last: Some(Limit::RepeatedCalls) });
    }

    #[test]
    fn tokens_end_a_run_that_wants_more_and_never_an_answer_that_is_whole() {
        let mut run = new(30, Some(15));
        run.answered(answer(&[call("a", "1")]));
        run.called();
        let open = vec![call("b", "1")];
        assert_eq!(run.answered(answer(&open)), Action::End { end: End::Limit(Limit::Tokens), open });
        let mut run = new(30, Some(15));
        assert_eq!(run.answered(Answer { tokens: 99, ..Answer::default() }), end(End::Finished));
    }

    #[test]
    fn what_was_said_meanwhile_is_answered_before_the_run_ends() {
        let mut run = new(3, None);
        run.answered(answer(&[]));
        assert_eq!(run.more_said(), Action::Ask { last: None });
        assert_eq!(run.answered(answer(&[])), end(End::Finished));
        let mut run = new(3, Some(10));
        run.answered(answer(&[]));
        assert_eq!(run.more_said(), end(End::Limit(Limit::Tokens)));
    }

    #[test]
    fn calls_of_the_clients_tools_end_the_run_after_our_own_are_made() {
        let mut run = new(3, None);
        let mixed = Answer { client_calls: true, ..answer(&[call("a", "1")]) };
        assert!(matches!(run.answered(mixed), Action::Call(_)));
        assert_eq!(run.called(), end(End::ClientCalls));
        let mut run = new(3, None);
        assert_eq!(run.answered(Answer { client_calls: true, ..Answer::default() }), end(End::ClientCalls));
    }

    #[test]
    fn an_answer_that_was_cut_ends_the_run_with_its_reason() {
        let mut run = new(3, None);
        let cut = Answer { incomplete: Some("max_output_tokens".into()), ..answer(&[call("a", "1")]) };
        let Action::End { end, open } = run.answered(cut) else { panic!("no end") };
        assert_eq!((end.as_str(), open.len()), ("max_output_tokens", 1));
    }

    proptest! {
        /// Whatever the model says, the run ends: within its rounds and its last words.
        #[test]
        fn every_run_ends(script in prop::collection::vec((0u8..4, 0u8..3), 200), rounds in 1u32..9) {
            let mut run = new(rounds, None);
            let mut action = run.begin();
            let mut asked = 0u32;
            for (name, count) in script {
                action = match action {
                    Action::Ask { .. } => {
                        asked += 1;
                        let calls: Vec<_> = (0..count).map(|n| call(&n.to_string(), &name.to_string())).collect();
                        run.answered(answer(&calls))
                    }
                    Action::Call(_) => run.called(),
                    Action::End { .. } => break,
                };
            }
            let ended = matches!(action, Action::End { .. });
            prop_assert!(ended);
            prop_assert!(asked <= rounds + 1, "{asked} questions");
        }
    }
}
