//! Chat Completions, translated to and from the Responses dialect, event by event.
//!
//! Two directions. A chat client in front of a Responses upstream: [`request`] on the way in, [`chunk`] (streaming)
//! or [`completion`] on the way out. An upstream that speaks only Chat Completions: [`from_responses`] on the way
//! in, [`into_events`] on the way out. [`names`] keeps the function names that had to be shortened.

pub mod names;

pub mod request;

pub mod stop;

pub mod chunk;

pub mod completion;

pub mod from_responses;

pub mod into_events;

#[cfg(test)]
mod testing;
