//! axum

pub mod admin;

pub mod login_callback;
