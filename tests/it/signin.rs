//! Signing in with ChatGPT: each way end to end, against the simulated issuer and a real Postgres.

mod audit;
mod browser;
mod device;
mod identity;
mod import;
mod life;
mod world;
