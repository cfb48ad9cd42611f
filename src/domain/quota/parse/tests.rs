use super::*;
use crate::domain::quota::window::WindowKind;
use proptest::prelude::*;
use serde_json::json;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_300_000, 0).expect("a time")
}

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("the fixture")).expect("JSON")
}

/// Kind, percent and seconds to the reset of each window, in the order they stand.
fn windows(meter: &MeterReading) -> Vec<(WindowKind, f64, Option<i64>)> {
    let told = |w: &WindowReading| {
        let left = w.resets_at.map(|reset| (reset - now()).num_seconds());
        (w.length.kind(), f64::from(w.used) / 100.0, left)
    };
    meter.windows.iter().map(told).collect()
}

#[test]
fn the_recorded_answers_of_the_usage_endpoint_are_read() {
    use WindowKind::{FiveHour, Weekly};
    let week = |used, left| (Weekly, used, Some(left));
    let five = |used, left| (FiveHour, used, Some(left));
    for (name, plan, flags, expected) in [
        ("usage-plus", "plus", (true, false), vec![five(12.0, 9_000), week(40.0, 400_000)]),
        ("usage-exhausted-plus-5h", "plus", (false, true), vec![five(100.0, 7_000), week(71.0, 300_000)]),
        ("usage-exhausted-plus-weekly", "plus", (false, true), vec![five(4.0, 16_000), week(100.0, 210_000)]),
        ("usage-pro-weekly-only-no-secondary", "pro", (true, false), vec![week(22.0, 155_800)]),
        ("usage-team-spend-control", "team", (true, false), vec![five(3.0, 17_000), week(8.0, 500_000)]),
        ("usage-with-credits", "plus", (true, true), vec![five(100.0, 7_000), week(64.0, 300_000)]),
    ] {
        let said = usage(&fixture(name), now());
        assert_eq!(said.plan.as_deref(), Some(plan), "{name}");
        let [main] = &*said.meters else { panic!("{name}: {:?}", said.meters) };
        assert_eq!((main.allowed, main.limit_reached), (Some(flags.0), Some(flags.1)), "{name}");
        assert_eq!(windows(main), expected, "{name}");
        assert_eq!(said.credits.expect("credits").has_credits, name == "usage-with-credits");
        let told = &fixture(name)["rate_limit_reset_credits"];
        assert_eq!(
            said.reset_credits.map(|r| r.available.into()),
            told["available_count"].as_u64(),
            "{name}"
        );
    }
    let nothing = usage(&fixture("usage-minimal-nulls"), now());
    assert_eq!(
        (nothing.plan.as_deref(), nothing.meters, nothing.credits, nothing.reset_credits),
        (Some("unknown_future_plan"), vec![], None, None)
    );
}

#[test]
fn additional_limits_are_meters_of_their_own() {
    let body = json!({
        "rate_limit": {"primary_window": {"used_percent": 1, "limit_window_seconds": 18_000}},
        "code_review_rate_limit": {"primary_window": {"used_percent": 2, "limit_window_seconds": 604_800}},
        "additional_rate_limits": [{
            "limit_name": "GPT-5.3-Codex-Spark", "metered_feature": "codex_bengalfox",
            "rate_limit": {"allowed": false, "limit_reached": true, "primary_window":
                {"used_percent": 100, "limit_window_seconds": 18_000, "reset_after_seconds": 60}},
        }],
        "model_usage": {"gpt-x": {"available": false, "available_at": 1_795_300_600, "credits_would_enable": true}},
    });
    let said = usage(&body, now());
    let names: Vec<_> = said.meters.iter().map(|m| (m.meter.as_str(), m.name.as_deref())).collect();
    assert_eq!(names, [("codex", None), ("code_review", None), ("bengalfox", Some("GPT-5.3-Codex-Spark"))]);
    assert_eq!(windows(&said.meters[2]), [(WindowKind::FiveHour, 100.0, Some(60))]);
    let until = DateTime::from_timestamp(1_795_300_600, 0);
    assert_eq!(said.models, [("gpt-x".to_owned(), ModelUse { available: false, available_at: until })]);
}

#[test]
fn headers_are_read_and_a_window_of_no_minutes_is_none() {
    let read = |name: &str, more: &[(&str, &str)]| {
        let Value::Object(map) = fixture(name) else { panic!("an object") };
        let told: Vec<(String, String)> =
            map.into_iter().map(|(k, v)| (k, v.as_str().expect("text").to_owned())).collect();
        let all = told.iter().map(|(k, v)| (&**k, &**v)).chain(more.iter().copied());
        headers(all, now()).expect("an observation")
    };
    let two = read("ratelimit-headers-two-windows", &[]);
    assert_eq!(two.plan.as_deref(), Some("plus"));
    assert_eq!(
        windows(&two.meters[0]),
        [(WindowKind::FiveHour, 12.0, Some(9_000)), (WindowKind::Weekly, 40.0, Some(400_000))]
    );
    assert_eq!(
        two.credits,
        Some(Credits { has_credits: false, unlimited: false, balance: Some("0".into()) })
    );
    let weekly = read("ratelimit-headers-weekly-only", &[]);
    assert_eq!(windows(&weekly.meters[0]), [(WindowKind::Weekly, 22.0, Some(155_800))]);

    let family = [
        ("x-codex-bengalfox-primary-used-percent", "99.5"),
        ("x-codex-bengalfox-primary-window-minutes", "300"),
        ("x-codex-bengalfox-primary-reset-at", ""),
        ("x-codex-bengalfox-limit-name", "GPT-5.3-Codex-Spark"),
        ("x-codex-turn-state", "opaque"),
    ];
    let both = read("ratelimit-headers-two-windows", &family);
    let spark = both.meters.iter().find(|m| m.meter.as_str() == "bengalfox").expect("the family");
    assert_eq!(spark.name.as_deref(), Some("GPT-5.3-Codex-Spark"));
    assert_eq!(windows(spark), [(WindowKind::FiveHour, 99.5, None)]);
    assert_eq!(headers([("content-type", "text/event-stream"), ("x-codex-turn-state", "x")], now()), None);
}

#[test]
fn a_frame_of_a_stream_is_read() {
    let frame = json!({"type": "codex.rate_limits", "plan_type": "plus",
        "rate_limits": {"allowed": true, "limit_reached": false,
            "primary": {"used_percent": 42.5, "window_minutes": 300, "reset_after_seconds": 100, "reset_at": 1_795_300_100},
            "secondary": null},
        "code_review_rate_limits": null, "additional_rate_limits": null, "promo": null});
    let said = event(frame.to_string().as_bytes(), now()).expect("an observation");
    assert_eq!((said.source, said.plan.as_deref()), (Source::Event, Some("plus")));
    assert_eq!(windows(&said.meters[0]), [(WindowKind::FiveHour, 42.5, Some(100))]);
    let named = json!({"metered_limit_name": "codex_bengalfox", "limit_name": "GPT-5.3-Codex-Spark", "rate_limits": {}});
    let named = event(named.to_string().as_bytes(), now()).expect("an observation");
    assert_eq!(named.meters[0].meter.as_str(), "bengalfox");
    assert_eq!(event(b"not json", now()), None);
}

#[test]
fn a_reset_that_makes_no_sense_is_not_believed() {
    let slot = |at: Value, after: Value| {
        let slot = json!({"used_percent": "7", "limit_window_seconds": "18000", "reset_at": at, "reset_after_seconds": after});
        window(&slot, now()).map(|w| w.resets_at.map(|reset| (reset - now()).num_seconds()))
    };
    assert_eq!(slot(json!(1_795_300_100), json!(5)), Some(Some(100)));
    assert_eq!(slot(json!("1795300100"), Value::Null), Some(Some(100)));
    // Their clock and ours differ: the distance is right all the same.
    assert_eq!(slot(json!(1_795_200_000), json!(60)), Some(Some(60)));
    // Further away than the window is long.
    assert_eq!(slot(json!(1_795_900_000), json!(900_000)), Some(None));
    assert_eq!(slot(json!(""), json!([])), Some(None));
    // A window that is over says nothing of the one that runs.
    assert_eq!(slot(json!(1_795_200_000), Value::Null), None);
}

fn limit(body: &Value) -> Option<LimitRefusal> {
    let error = UpstreamError::from_http(429, Some(3.0), body.to_string().as_bytes());
    refusal(&error, "gpt-6-sol", now())
}

#[test]
fn a_used_up_limit_says_which_window_and_until_when() {
    for (name, kind, left) in [
        ("error-429-usage_limit_reached", WindowKind::FiveHour, 7_000),
        ("error-429-usage_limit_reached-weekly", WindowKind::Weekly, 478_613),
    ] {
        let said = limit(&fixture(name)["body"]).expect("a limit");
        assert_eq!(said.length.map(WindowLength::kind), Some(kind), "{name}");
        assert_eq!(said.until, Some(now() + TimeDelta::seconds(left)), "{name}");
    }
    let left =
        |body: Value| limit(&json!({"error": body})).and_then(|l| l.until).map(|u| (u - now()).num_seconds());
    let code = "usage_limit_reached";
    assert_eq!(left(json!({"type": code, "resets_at": 1, "resets_in_seconds": 50})), Some(50));
    assert_eq!(left(json!({"type": code, "resets_at": 1})), Some(3), "Retry-After");
    assert_eq!(left(json!({"type": code, "resets_at": 1_795_399_000, "limit_window_minutes": 300})), Some(3));
    for name in ["error-429-rate_limit_exceeded", "error-429-slow_down", "error-429-usage_not_included"] {
        assert_eq!(limit(&fixture(name)["body"]), None, "{name}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "rate_limit",
        "rate_limits",
        "primary_window",
        "secondary",
        "used_percent",
        "limit_window_seconds",
        "window_minutes",
        "reset_at",
        "reset_after_seconds",
        "additional_rate_limits",
        "limit_name",
        "credits",
        "has_credits",
        "spend_control",
        "reached",
        "individual_limit",
        "model_usage",
        "plan_type",
    ]);
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read_without_a_panic_and_with_believable_resets(body in any_json()) {
        let text = body.to_string();
        for said in [Some(usage(&body, now())), event(text.as_bytes(), now())].into_iter().flatten() {
            for window in said.meters.iter().flat_map(|m| &m.windows) {
                if let Some(reset) = window.resets_at {
                    prop_assert!(reset > now() && reset <= now() + window.length.delta() + window.length.jitter());
                }
                prop_assert!(window.used <= 100_000);
            }
        }
    }
}
