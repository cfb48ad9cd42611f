//! into_events
