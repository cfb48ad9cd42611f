//! `access`: how people sign in, and how long they stay so.

use super::section::section;
use super::values;

section! {
    /// How people sign in, and how long they stay so.
    Access {
        /// Minutes after which a browser that nobody uses is signed out.
        #[serde(deserialize_with = "values::within::<5, 43_200, _, _>")]
        session_idle_minutes: u32 = 1_440,
        /// Hours after which a browser is signed out in any case.
        #[serde(deserialize_with = "values::within::<1, 2_160, _, _>")]
        session_hours: u32 = 168,
        /// Minutes after which the value of a session's cookie is replaced.
        #[serde(deserialize_with = "values::within::<1, 1_440, _, _>")]
        session_rotation_minutes: u32 = 15,
        /// Sign-ins that may fail for one account: from new addresses together, and from each that the person knows.
        #[serde(deserialize_with = "values::within::<3, 1_000, _, _>")]
        sign_in_attempts: u32 = 10,
        /// Sign-ins that may fail from one address, over all accounts that don't know it.
        #[serde(deserialize_with = "values::within::<3, 10_000, _, _>")]
        sign_in_attempts_per_address: u32 = 30,
        /// Minutes after which failed sign-ins count no more.
        #[serde(deserialize_with = "values::within::<1, 1_440, _, _>")]
        sign_in_window_minutes: u32 = 15,
    }
}
