//! The one integration binary: a module per subject.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod backup;
mod embedded;
mod signin;
mod simulator;
mod support;
