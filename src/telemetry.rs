//! Logs and metrics. What is logged goes to standard error; standard output belongs to the commands.

pub mod logs;

pub mod metrics;
