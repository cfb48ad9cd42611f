//! The remotes, one file each. Nothing here knows SQL.

pub mod http_client;

pub mod openai_auth;
