//! axum. Knows status codes; nothing about SQL or upstreams.

pub mod admin;

pub mod openai;

pub mod error;

pub mod extract;
