//! A pending sign-in and its life: a row of a table, so that a reload or another replica can finish it.

use crate::domain::access::Actor;
use crate::domain::ids::{LoginId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};

/// How the person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginMethod {
    /// A page that redirects back with a code.
    Browser,
    /// A short code that the person types on the issuer's page.
    Device,
}

impl LoginMethod {
    /// As the API and the table write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Device => "device",
        }
    }
}

/// What only one method has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginWay {
    /// Waits for the browser's redirect.
    Browser {
        /// The `state` parameter: finds this sign-in.
        oauth_state: String,
        /// Sent again at the exchange, byte for byte.
        redirect_uri: String,
        /// The page to open.
        auth_url: String,
    },
    /// Is polled.
    Device {
        /// What the person types.
        user_code: String,
        /// Where.
        verification_url: String,
        /// Seconds between two polls.
        interval_seconds: u32,
    },
}

/// A sign-in that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Also part of the associated data of its sealed columns.
    pub id: LoginId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who began it: as them it completes, unless somebody brings the answer by hand.
    pub begun_by: Actor,
    /// The provider to connect; made when the sign-in completes, if there is none.
    pub provider_name: String,
    /// For a provider that is made.
    pub display_name: Option<String>,
    /// For a provider that is made.
    pub api_base: Option<String>,
    /// Another account may take the provider's place.
    pub force: bool,
    /// What its method needs.
    pub way: LoginWay,
    /// Where it stands.
    pub state: LoginState,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When its state last changed.
    pub updated_at: DateTime<Utc>,
    /// From then on it cannot be finished.
    pub expires_at: DateTime<Utc>,
}

impl Login {
    /// The method of its way.
    pub fn method(&self) -> LoginMethod {
        match self.way {
            LoginWay::Browser { .. } => LoginMethod::Browser,
            LoginWay::Device { .. } => LoginMethod::Device,
        }
    }

    /// Whether somebody can still finish it, or is about to.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            LoginState::Pending => now < self.expires_at,
            LoginState::Exchanging => true,
            LoginState::Completed
            | LoginState::Failed { .. }
            | LoginState::Cancelled
            | LoginState::Expired => false,
        }
    }
}

/// Where a sign-in stands. A transition consumes the state and may refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginState {
    /// Waits for the person.
    Pending,
    /// One replica holds the code and exchanges it. A code works once, so nobody else may try.
    Exchanging,
    /// The account is connected.
    Completed,
    /// It did not work; a new one must be begun.
    Failed {
        /// Stable, `snake_case`.
        code: String,
        /// For people.
        error: String,
    },
    /// The person gave up.
    Cancelled,
    /// Nobody finished it in time.
    Expired,
}

/// A step that the life of a sign-in does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sign-in that is {from} cannot become {to}")]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: &'static str,
    /// Where it was to go.
    pub to: &'static str,
}

/// An exchange takes seconds. One that has taken so long was left by a process that died.
const EXCHANGE_LIMIT: TimeDelta = TimeDelta::minutes(3);

impl LoginState {
    /// As the table writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Exchanging => "exchanging",
            Self::Completed => "completed",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    fn refuse<T>(&self, to: &'static str) -> Result<T, InvalidTransition> {
        Err(InvalidTransition { from: self.as_str(), to })
    }

    /// Somebody brought a code: from here on nobody else can.
    pub fn begin_exchange(
        self,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending if now < expires_at => Ok(Self::Exchanging),
            Self::Pending => Self::Expired.refuse("exchanging"),
            other => other.refuse("exchanging"),
        }
    }

    /// The issuer was not reached, so the code is not spent: it may be brought again.
    pub fn release(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Exchanging => Ok(Self::Pending),
            other => other.refuse("pending"),
        }
    }

    /// The account is stored, in the same transaction.
    pub fn complete(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Exchanging => Ok(Self::Completed),
            other => other.refuse("completed"),
        }
    }

    /// The person, the issuer or one of our rules refused.
    pub fn fail(self, code: &str, error: &str) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending | Self::Exchanging => Ok(Self::Failed { code: code.into(), error: error.into() }),
            other => other.refuse("failed"),
        }
    }

    /// The person gave up. During an exchange too: what it brings is then dropped.
    pub fn cancel(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending | Self::Exchanging => Ok(Self::Cancelled),
            other => other.refuse("cancelled"),
        }
    }

    /// What the passing of time makes of it: an unfinished one ends, so does an exchange that its process left
    /// behind (since `updated_at`). Refuses where time changes nothing.
    pub fn expire(
        self,
        now: DateTime<Utc>,
        updated_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending if now >= expires_at => Ok(Self::Expired),
            Self::Exchanging if now - updated_at >= EXCHANGE_LIMIT => Ok(Self::Failed {
                code: "sign_in_interrupted".into(),
                error: "the gateway stopped while it exchanged the code; sign in again".into(),
            }),
            other => other.refuse("expired"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::oauth::LOGIN_MINUTES;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn ended() -> Vec<LoginState> {
        vec![
            LoginState::Completed,
            LoginState::Failed { code: "c".into(), error: "e".into() },
            LoginState::Cancelled,
            LoginState::Expired,
        ]
    }

    #[test]
    fn an_ended_sign_in_stays_ended() {
        for state in ended() {
            let from = state.as_str();
            assert!(state.clone().begin_exchange(at(0), at(15)).is_err(), "{from}");
            assert!(state.clone().release().is_err(), "{from}");
            assert!(state.clone().complete().is_err(), "{from}");
            assert!(state.clone().fail("c", "e").is_err(), "{from}");
            assert!(state.clone().cancel().is_err(), "{from}");
            assert!(state.expire(at(99), at(0), at(15)).is_err(), "{from}");
        }
    }

    #[test]
    fn only_one_can_begin_the_exchange() {
        let state = LoginState::Pending.begin_exchange(at(0), at(LOGIN_MINUTES)).unwrap();
        assert_eq!(state, LoginState::Exchanging);
        let refused = state.begin_exchange(at(0), at(LOGIN_MINUTES)).unwrap_err();
        assert_eq!(refused.to_string(), "a sign-in that is exchanging cannot become exchanging");
    }

    #[test]
    fn a_sign_in_ends_after_fifteen_minutes_to_the_second() {
        let (last, over) = (at(15) - TimeDelta::seconds(1), at(15));
        assert!(LoginState::Pending.begin_exchange(last, at(15)).is_ok());
        assert!(LoginState::Pending.expire(last, at(0), at(15)).is_err());
        assert_eq!(LoginState::Pending.begin_exchange(over, at(15)).unwrap_err().from, "expired");
        assert_eq!(LoginState::Pending.expire(over, at(0), at(15)), Ok(LoginState::Expired));
    }

    #[test]
    fn an_exchange_begun_in_time_may_end_after_it_but_not_last_for_ever() {
        assert!(LoginState::Exchanging.complete().is_ok());
        assert!(LoginState::Exchanging.expire(at(16), at(14), at(15)).is_err());
        let left = LoginState::Exchanging.expire(at(17), at(14), at(15)).unwrap();
        assert_eq!(left.as_str(), "failed");
    }

    #[test]
    fn a_code_that_was_not_spent_can_be_brought_again() {
        let again = LoginState::Exchanging.release().unwrap();
        assert!(again.begin_exchange(at(1), at(15)).is_ok());
    }

    #[test]
    fn nothing_completes_that_was_not_exchanged() {
        assert!(LoginState::Pending.complete().is_err());
        assert!(LoginState::Pending.release().is_err());
    }
}
