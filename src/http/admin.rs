//! The admin routes: what the dashboard and scripts use.

pub mod agents;

pub mod oauth;

pub mod overview;

pub mod providers;

pub mod quota;

pub mod session;

pub mod traces;
