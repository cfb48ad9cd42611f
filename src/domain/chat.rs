//! Chat Completions, translated to and from the Responses dialect, event by event.

pub mod request;

pub mod chunk;

pub mod completion;

pub mod from_responses;

pub mod into_events;
