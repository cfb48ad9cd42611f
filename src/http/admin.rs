//! The admin API.

pub mod oauth;
