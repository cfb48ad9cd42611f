
//! The one integration binary: a module per subject.
#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it promises")]

mod config;
mod layering;

mod backup;
mod embedded;
mod support;
