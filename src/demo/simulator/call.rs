//! What every authenticated call has in common: who is it, remember it, and is there a script for it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::net::Conn;
use super::refusal::Refusal;
use super::script::{self, Endpoint, Script, StreamScript};
use super::state::{RecordedRequest, Shared};

/// What a script leaves to do.
pub(super) enum Ruling {
    /// The ordinary answer.
    Proceed,
    /// The work, but no answer.
    Lose,
    /// A stream with these particulars.
    Stream(Box<StreamScript>),
    /// This answer.
    Answer(Response),
}

/// Takes the account's next script for the endpoint and carries out what needs no work.
pub(super) async fn rule(shared: &Shared, account: usize, endpoint: Endpoint, conn: &Conn) -> Ruling {
    let mut next = shared.lock().accounts[account].next_script(endpoint);
    loop {
        return match next {
            Script::Default => Ruling::Proceed,
            Script::Delay { ms, then } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                next = *then;
                continue;
            }
            Script::Held { then } => {
                let gate = shared.lock().accounts[account].gate.clone();
                // It is never closed.
                gate.acquire().await.map(tokio::sync::SemaphorePermit::forget).unwrap_or_default();
                next = *then;
                continue;
            }
            Script::Status { status, headers, body } => {
                let headers = headers.into_iter().collect();
                Ruling::Answer(Refusal { status, headers, body }.into_response())
            }
            Script::Fixture { name } => match (script::sse_fixture(&name), script::error_fixture(&name)) {
                (Ok(_), _) => Ruling::Stream(Box::new(StreamScript::fixture(&name))),
                (_, Ok(refusal)) => Ruling::Answer(refusal.into_response()),
                (_, Err(problem)) => Ruling::Answer(script::broken(&problem).into_response()),
            },
            Script::Stream(stream) => Ruling::Stream(stream),
            Script::Hang => std::future::pending().await,
            Script::Reset => Ruling::Answer(lose(conn)),
            Script::LoseAnswer => Ruling::Lose,
        };
    }
}

/// An answer nobody gets: the connection is reset when it is written.
pub(super) fn lose(conn: &Conn) -> Response {
    conn.reset();
    "lost".into_response()
}

/// One authenticated request of the account endpoints.
pub(super) struct Call {
    pub(super) conn: Conn,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Arc<Value>,
}

impl Call {
    /// Authenticates, remembers, obeys the script, and otherwise does the work.
    pub(super) async fn serve(
        self,
        shared: &Shared,
        endpoint: Option<Endpoint>,
        work: impl FnOnce(&Shared, usize) -> Response,
    ) -> Response {
        let account = match shared.authenticate(&self.headers) {
            Ok(account) => account,
            Err(refusal) => return refusal.into_response(),
        };
        {
            let mut state = shared.lock();
            let account = &mut state.accounts[account];
            account.remember(RecordedRequest::new(&self.method, &self.uri, &self.headers, self.body));
            match endpoint {
                Some(Endpoint::Usage) => account.counters.usage_polls += 1,
                Some(Endpoint::Models) => account.counters.model_polls += 1,
                Some(Endpoint::AccountsCheck) => account.counters.account_checks += 1,
                Some(Endpoint::Responses | Endpoint::Token) | None => {}
            }
        }
        let ruling = match endpoint {
            Some(endpoint) => rule(shared, account, endpoint, &self.conn).await,
            None => Ruling::Proceed,
        };
        match ruling {
            Ruling::Answer(response) => response,
            Ruling::Proceed | Ruling::Stream(_) => work(shared, account),
            Ruling::Lose => {
                work(shared, account);
                lose(&self.conn)
            }
        }
    }
}
