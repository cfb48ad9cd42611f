//! The use cases: they read the clock, open transactions, call upstreams and ask the domain.

pub mod clock;

pub mod vault;

pub mod tokens;
