//! The use cases: read the clock, open transactions, call upstreams, ask the domain.

pub mod login_listener;
