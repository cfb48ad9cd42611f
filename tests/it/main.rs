
//! The one integration binary: a module per subject.
#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it promises")]

mod config;
mod layering;
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod backup;
mod embedded;
mod support;
