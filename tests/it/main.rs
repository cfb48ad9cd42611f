#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod backup;
mod embedded;
mod providers;
mod simulator;
mod support;
mod tokens;
mod vault;
