//! How much is left of an account, and how sure we are.
//!
//! What is heard (the usage endpoint, response headers, `codex.rate_limits` events, refusals) becomes an
//! [`Observation`](parse::Observation); observations are joined into [`Evidence`](evidence::Evidence), whose state does
//! not depend on their order; everything that is told or decided is judged from the evidence and the present time.
//! What nobody has said stays unknown: it is neither full nor empty.

pub mod window;

pub mod parse;

pub mod evidence;

pub mod debit;
pub mod readiness;

pub mod forecast;

pub mod capacity;

pub mod envelope;

pub mod schedule;
