//! from_responses
