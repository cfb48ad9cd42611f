//! Pools: several ChatGPT accounts behind one provider, its owner.
//!
//! [`config`] is what an owner says of its pool, [`validate`] which pools may exist, [`effective`] what a request
//! really goes over, an agent's own wishes included.

pub mod config;

pub mod validate;

pub mod effective;
