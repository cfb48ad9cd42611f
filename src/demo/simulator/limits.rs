//! The usage windows of an account: what an answer costs, and how they are reported (headers, usage, refusal).

use serde_json::{Value, json};

use super::ids;
use super::refusal::Refusal;
use super::spec::{AccountSpec, WindowShape};

#[derive(Clone, Debug)]
struct Window {
    used: f64,
    cost: f64,
    minutes: i64,
    /// Unix seconds.
    reset_at: i64,
}

impl Window {
    fn roll(&mut self, now: i64) {
        while self.reset_at <= now {
            self.used = 0.0;
            self.reset_at += self.minutes * 60;
        }
    }

    fn reset_after(&self, now: i64) -> i64 {
        (self.reset_at - now).max(0)
    }

    fn usage(&self, now: i64) -> Value {
        json!({
            "used_percent": percent(self.used), "limit_window_seconds": self.minutes * 60,
            "reset_after_seconds": self.reset_after(now), "reset_at": self.reset_at,
        })
    }
}

/// Two decimals at most, and a whole number as a whole number, as the backend writes them.
fn percent(used: f64) -> Value {
    let rounded = (used * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "percentages are small")]
        return json!(rounded as i64);
    }
    json!(rounded)
}

/// An account's windows. The shorter one stands in `primary`, unless the plan has only the longer.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    plan: String,
    primary: Window,
    secondary: Option<Window>,
    credits: Option<String>,
}

/// New values for [`Meter::set`]; what is absent stays.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageChange {
    /// Percent of the five-hour window.
    pub five_hour_used: Option<f64>,
    /// Percent of the week, or of the month.
    pub weekly_used: Option<f64>,
    /// Seconds from now to the reset of the five-hour window.
    pub five_hour_resets_in: Option<i64>,
    /// Seconds from now to the reset of the longer window.
    pub weekly_resets_in: Option<i64>,
    /// What one answer costs of the five-hour window, in percent.
    pub five_hour_cost: Option<f64>,
    /// What one answer costs of the longer window, in percent.
    pub weekly_cost: Option<f64>,
}

impl Meter {
    pub(super) fn new(spec: &AccountSpec, now_ms: i64) -> Self {
        let window = |used, cost, minutes, resets_in| Window {
            used,
            cost,
            minutes,
            reset_at: (now_ms + ids::millis(resets_in)).div_euclid(1000).max(1),
        };
        let short = window(spec.five_hour_used, spec.five_hour_cost, 300, spec.five_hour_resets_in);
        let long = |minutes| window(spec.weekly_used, spec.weekly_cost, minutes, spec.weekly_resets_in);
        let (primary, secondary) = match spec.windows {
            WindowShape::FiveHoursAndWeek => (short, Some(long(10080))),
            WindowShape::WeekOnly => (long(10080), None),
            WindowShape::MonthOnly => (long(43200), None),
        };
        Self { plan: spec.plan.clone(), primary, secondary, credits: spec.credits.clone() }
    }

    pub(super) fn set(&mut self, change: UsageChange, now_ms: i64) {
        let now = now_ms.div_euclid(1000);
        let (short, long) = match &mut self.secondary {
            Some(long) => (Some(&mut self.primary), long),
            None => (None, &mut self.primary),
        };
        let apply = |window: &mut Window, used: Option<f64>, resets_in: Option<i64>, cost: Option<f64>| {
            window.used = used.unwrap_or(window.used);
            window.cost = cost.unwrap_or(window.cost);
            window.reset_at = resets_in.map_or(window.reset_at, |seconds| now + seconds);
        };
        if let Some(short) = short {
            apply(short, change.five_hour_used, change.five_hour_resets_in, change.five_hour_cost);
        }
        apply(long, change.weekly_used, change.weekly_resets_in, change.weekly_cost);
    }

    /// Both windows back to zero.
    pub(super) fn clear(&mut self) -> usize {
        self.primary.used = 0.0;
        self.secondary.as_mut().map_or(1, |window| {
            window.used = 0.0;
            2
        })
    }

    /// Takes the price of one answer, or says that the account is out.
    pub(super) fn charge(&mut self, now_ms: i64) -> Result<(), Refusal> {
        let now = now_ms.div_euclid(1000);
        self.roll(now);
        if self.credits.is_none() && self.exhausted().is_some() {
            return Err(self.refusal(now));
        }
        self.primary.used += self.primary.cost;
        if let Some(window) = &mut self.secondary {
            window.used += window.cost;
        }
        Ok(())
    }

    fn roll(&mut self, now: i64) {
        self.primary.roll(now);
        if let Some(window) = &mut self.secondary {
            window.roll(now);
        }
    }

    /// The full window that opens last.
    fn exhausted(&self) -> Option<&Window> {
        let windows = std::iter::once(&self.primary).chain(&self.secondary);
        windows.filter(|window| window.used >= 100.0).max_by_key(|window| window.reset_at)
    }

    fn refusal(&self, now: i64) -> Refusal {
        let window = self.exhausted().unwrap_or(&self.primary);
        let mut refusal = Refusal::new(
            429,
            json!({ "error": {
                "type": "usage_limit_reached", "message": "The usage limit has been reached",
                "plan_type": self.plan, "resets_at": window.reset_at, "eligible_promo": null,
                "limit_window_minutes": window.minutes, "resets_in_seconds": window.reset_after(now),
            } }),
        );
        refusal.headers = self.headers_at(now);
        refusal.header("x-codex-rate-limit-reached-type", "rate_limit_reached")
    }

    /// The `x-codex-*` headers of an answer.
    pub(super) fn headers(&mut self, now_ms: i64) -> Vec<(String, String)> {
        let now = now_ms.div_euclid(1000);
        self.roll(now);
        self.headers_at(now)
    }

    fn headers_at(&self, now: i64) -> Vec<(String, String)> {
        let slot = |name: &str, window: Option<&Window>| {
            let (used, minutes, after, at) = window.map_or_else(
                || ("0".to_owned(), "0".to_owned(), "0".to_owned(), String::new()),
                |window| {
                    let used = percent(window.used).to_string();
                    (
                        used,
                        window.minutes.to_string(),
                        window.reset_after(now).to_string(),
                        window.reset_at.to_string(),
                    )
                },
            );
            [
                (format!("x-codex-{name}-used-percent"), used),
                (format!("x-codex-{name}-window-minutes"), minutes),
                (format!("x-codex-{name}-reset-after-seconds"), after),
                (format!("x-codex-{name}-reset-at"), at),
            ]
        };
        let mut headers = vec![
            ("x-codex-active-limit".to_owned(), "codex".to_owned()),
            ("x-codex-plan-type".to_owned(), self.plan.clone()),
        ];
        headers.extend(slot("primary", Some(&self.primary)));
        headers.push(("x-codex-primary-over-secondary-limit-percent".to_owned(), "0".to_owned()));
        headers.extend(slot("secondary", self.secondary.as_ref()));
        let has = if self.credits.is_some() { "True" } else { "False" };
        headers.push(("x-codex-credits-has-credits".to_owned(), has.to_owned()));
        headers.push(("x-codex-credits-unlimited".to_owned(), "False".to_owned()));
        headers.push(("x-codex-credits-balance".to_owned(), self.balance().to_owned()));
        headers
    }

    fn balance(&self) -> &str {
        self.credits.as_deref().unwrap_or("0")
    }

    /// The `codex.rate_limits` vendor frame, without its type.
    pub(super) fn frame(&self, now_ms: i64) -> Value {
        let now = now_ms.div_euclid(1000);
        let slot = |window: &Window| {
            json!({
                "used_percent": percent(window.used), "window_minutes": window.minutes,
                "reset_after_seconds": window.reset_after(now), "reset_at": window.reset_at,
            })
        };
        let reached = self.exhausted().is_some();
        json!({
            "plan_type": self.plan,
            "rate_limits": {
                "allowed": !reached || self.credits.is_some(), "limit_reached": reached,
                "primary": slot(&self.primary), "secondary": self.secondary.as_ref().map(slot),
            },
            "code_review_rate_limits": null, "additional_rate_limits": null,
            "credits": { "has_credits": self.credits.is_some(), "unlimited": false, "balance": self.balance() },
            "promo": null,
        })
    }

    /// The answer of `GET /wham/usage`.
    pub(super) fn usage(&mut self, spec: &AccountSpec, reset_credits: usize, now_ms: i64) -> Value {
        let now = now_ms.div_euclid(1000);
        self.roll(now);
        let reached = self.exhausted().is_some();
        let has_credits = self.credits.is_some();
        let approximate =
            if has_credits { (json!([94, 562]), json!([9, 56])) } else { (json!([0, 0]), json!([0, 0])) };
        json!({
            "user_id": spec.user_id, "account_id": spec.account_id, "email": spec.email, "plan_type": self.plan,
            "rate_limit": {
                "allowed": !reached || has_credits, "limit_reached": reached,
                "primary_window": self.primary.usage(now),
                "secondary_window": self.secondary.as_ref().map(|window| window.usage(now)),
            },
            "code_review_rate_limit": null, "additional_rate_limits": null, "model_usage": null,
            "credits": {
                "has_credits": has_credits, "unlimited": false, "overage_limit_reached": false,
                "balance": self.balance(),
                "approx_local_messages": approximate.0, "approx_cloud_messages": approximate.1,
            },
            "spend_control": { "reached": false, "individual_limit": null },
            "rate_limit_reached_type":
                if reached && !has_credits { json!({ "type": "rate_limit_reached", "details": "default" }) } else { Value::Null },
            "rate_limit_upsell": null, "promo": null,
            "rate_limit_reset_credits": {
                "available_count": reset_credits, "applicable_available_count": reset_credits,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::demo::simulator::script;

    fn keys(value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if let Value::Object(map) = value {
            for (key, inner) in map {
                found.push(key.clone());
                found.extend(keys(inner).into_iter().map(|nested| format!("{key}.{nested}")));
            }
        }
        found
    }

    #[test]
    fn usage_has_the_keys_of_the_recorded_answers_in_their_order() {
        let mut spec = AccountSpec::new("someone@example.com");
        for (fixture, windows, used, credits) in [
            ("usage-plus", WindowShape::FiveHoursAndWeek, 12.0, None),
            ("usage-exhausted-plus-5h", WindowShape::FiveHoursAndWeek, 100.0, None),
            ("usage-with-credits", WindowShape::FiveHoursAndWeek, 100.0, Some("37.50".to_owned())),
            ("usage-pro-weekly-only-no-secondary", WindowShape::WeekOnly, 22.0, None),
        ] {
            (spec.windows, spec.five_hour_used, spec.credits) = (windows, used, credits);
            let recorded = script::json_fixture(fixture).expect("the fixture exists");
            let ours = Meter::new(&spec, 1_795_300_000_000).usage(&spec, 0, 1_795_300_000_000);
            assert_eq!(keys(&ours), keys(&recorded), "{fixture}");
            assert_eq!(ours["rate_limit"]["allowed"], recorded["rate_limit"]["allowed"], "{fixture}");
            assert_eq!(
                ours["rate_limit"]["limit_reached"], recorded["rate_limit"]["limit_reached"],
                "{fixture}"
            );
        }
    }

    fn as_object(headers: Vec<(String, String)>) -> Value {
        Value::Object(headers.into_iter().map(|(name, value)| (name, json!(value))).collect())
    }

    #[test]
    fn the_headers_are_the_recorded_ones() {
        let mut spec = AccountSpec::new("someone@example.com");
        (spec.five_hour_used, spec.weekly_used) = (12.0, 40.0);
        spec.five_hour_resets_in = Duration::from_mins(150);
        spec.weekly_resets_in = Duration::from_secs(400_000);
        let ours = Meter::new(&spec, 1_795_300_000_000).headers(1_795_300_000_000);
        assert_eq!(
            as_object(ours),
            script::json_fixture("ratelimit-headers-two-windows").expect("the fixture")
        );

        "pro".clone_into(&mut spec.plan);
        spec.windows = WindowShape::WeekOnly;
        spec.weekly_used = 22.0;
        spec.weekly_resets_in = Duration::from_secs(155_800);
        let ours = Meter::new(&spec, 1_795_300_000_000).headers(1_795_300_000_000);
        assert_eq!(
            as_object(ours),
            script::json_fixture("ratelimit-headers-weekly-only").expect("the fixture")
        );
    }

    #[test]
    fn an_answer_costs_and_a_full_window_refuses_until_it_resets() {
        let mut spec = AccountSpec::new("someone@example.com");
        (spec.five_hour_used, spec.five_hour_cost) = (99.0, 1.0);
        spec.five_hour_resets_in = Duration::from_mins(1);
        let mut meter = Meter::new(&spec, 0);
        assert_eq!(meter.charge(0), Ok(()));
        let refusal = meter.charge(0).expect_err("the window is full");
        let recorded = script::error_fixture("error-429-usage_limit_reached").expect("the fixture exists");
        assert_eq!(keys(&refusal.body), keys(&recorded.body));
        let names =
            |refusal: &Refusal| refusal.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&refusal), names(&recorded));
        assert_eq!(refusal.body["error"]["limit_window_minutes"], 300);
        assert_eq!(meter.charge(60_000), Ok(()));
    }
}
