//! The life of a browser's session: it ends when nobody comes for a while, and in any case some days after it was opened.
//! Its cookie gets another value now and then, so that a copied one is soon worth nothing, and tells that it was copied.
//!
//! The browser may not get a new value (the answer is lost) and asks several things at once. So a new value is in force
//! when it was shown; until then the old one goes on, and a moment longer for what was under way.

use chrono::{DateTime, TimeDelta, Utc};

/// How long the replaced value still works, and how soon a value that never came back is replaced by another one.
pub const OVERLAP: TimeDelta = TimeDelta::seconds(60);
/// How much later a visit is written down.
pub const TOUCH: TimeDelta = TimeDelta::seconds(60);

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Token,
    Password,
    Oidc,
    Invitation,
}

impl Way {
    /// Its name in the API and in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Password => "password",
            Self::Oidc => "oidc",
            Self::Invitation => "invitation",
        }
    }
}

/// How long sessions and their values live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    pub idle: TimeDelta,
    pub absolute: TimeDelta,
    pub value: TimeDelta,
}

/// Which of its values a session was shown with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Current,
    Next,
    Previous,
}

/// The times of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub last_seen_at: DateTime<Utc>,
    /// Never later than this.
    pub expires_at: DateTime<Utc>,
    /// When the present value came into force.
    pub value_since: DateTime<Utc>,
    /// When the next one was handed out.
    pub next_since: Option<DateTime<Utc>>,
}

/// What a session is worth, and what has to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is over.
    Over,
    /// A value that was replaced some time ago: two have this session, and one of them took it.
    Copied,
    Good(Step),
}

/// What has to be done with a session that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Nothing,
    /// Hand the next value out.
    Rotate,
    /// The next value came back: it is the present one now.
    Confirm,
}

impl Times {
    /// When it ends if nobody comes any more.
    pub fn ends_at(&self, lifetime: &Lifetime) -> DateTime<Utc> {
        self.expires_at.min(self.last_seen_at + lifetime.idle)
    }

    pub fn judge(&self, shown: Shown, lifetime: &Lifetime, now: DateTime<Utc>) -> Verdict {
        if now >= self.ends_at(lifetime) {
            return Verdict::Over;
        }
        match shown {
            Shown::Next => Verdict::Good(Step::Confirm),
            Shown::Previous if now < self.value_since + OVERLAP => Verdict::Good(Step::Nothing),
            Shown::Previous => Verdict::Copied,
            Shown::Current => {
                let old = now >= self.value_since + lifetime.value;
                let under_way = self.next_since.is_some_and(|since| now < since + OVERLAP);
                Verdict::Good(if old && !under_way { Step::Rotate } else { Step::Nothing })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Lifetime =
        Lifetime { idle: TimeDelta::hours(12), absolute: TimeDelta::days(7), value: TimeDelta::minutes(15) };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn fresh() -> Times {
        Times {
            last_seen_at: at(0),
            expires_at: at(0) + LIFETIME.absolute,
            value_since: at(0),
            next_since: None,
        }
    }

    #[test]
    fn a_session_ends_when_it_rests_and_in_any_case_at_its_end() {
        let session = fresh();
        let judge = |session: &Times, now| session.judge(Shown::Current, &LIFETIME, now);
        assert!(matches!(judge(&session, at(12 * 3600 - 1)), Verdict::Good(_)));
        assert_eq!(judge(&session, at(12 * 3600)), Verdict::Over);
        let busy = Times { last_seen_at: at(7 * 86_400 - 1), ..session };
        assert!(matches!(judge(&busy, at(7 * 86_400 - 1)), Verdict::Good(_)));
        assert_eq!(judge(&busy, at(7 * 86_400)), Verdict::Over);
    }

    #[test]
    fn an_old_value_is_replaced_once_at_a_time() {
        let session = fresh();
        let judge = |session: &Times, shown, now| session.judge(shown, &LIFETIME, now);
        assert_eq!(judge(&session, Shown::Current, at(899)), Verdict::Good(Step::Nothing));
        assert_eq!(judge(&session, Shown::Current, at(900)), Verdict::Good(Step::Rotate));
        let handed_out = Times { next_since: Some(at(900)), ..session };
        assert_eq!(judge(&handed_out, Shown::Current, at(959)), Verdict::Good(Step::Nothing));
        // It never came back: the answer was lost.
        assert_eq!(judge(&handed_out, Shown::Current, at(960)), Verdict::Good(Step::Rotate));
        assert_eq!(judge(&handed_out, Shown::Next, at(901)), Verdict::Good(Step::Confirm));
    }

    #[test]
    fn a_replaced_value_works_a_moment_longer_and_then_gives_the_copy_away() {
        let session = Times { value_since: at(1000), ..fresh() };
        let judge = |now| session.judge(Shown::Previous, &LIFETIME, now);
        assert_eq!(judge(at(1059)), Verdict::Good(Step::Nothing));
        assert_eq!(judge(at(1060)), Verdict::Copied);
    }
}
