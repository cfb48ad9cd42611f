//! Where a request goes, and what of its wishes that model can fulfil.

use super::{Head, RequestError};

/// The model that was chosen for a request, and what is known of it. Unknown means: let the upstream judge.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target<'a> {
    /// The upstream's name of the model.
    pub model: &'a str,
    /// `use_responses_lite` of the model's entry.
    pub model_is_lite: Option<bool>,
    /// Sent for a foreign client that names no effort. Not sent when the model does not list it.
    pub default_effort: Option<&'a str>,
    /// `supported_reasoning_levels` of the model's entry.
    pub efforts: Option<&'a [String]>,
    /// The prompt cache key of a client that gives none; empty: one is made from how the conversation begins.
    pub default_cache_key: &'a str,
    /// The ids of `service_tiers` in the model's entry.
    pub service_tiers: Option<&'a [String]>,
}

impl Target<'_> {
    /// Refuses a Lite body for a model that is known not to take it, as the upstream would.
    pub(super) fn takes_shape_of(&self, head: &Head) -> Result<(), RequestError> {
        if !head.lite || self.model_is_lite != Some(false) {
            return Ok(());
        }
        Err(RequestError::at(
            "unsupported_value",
            "input",
            format!(
                "the model `{}` does not take tools as an `additional_tools` item; \
                 send them as `tools`, or choose a Responses-Lite model",
                self.model
            ),
        ))
    }

    /// The effort to send for the one that a client asked for, `None` to send none. `param` is what the client calls
    /// it, for the error.
    ///
    /// `ultra` is a client's notion: it goes out as `xhigh` (seen in `@openai/codex` 0.169 with gpt-6.1-sol).
    pub fn effort(&self, asked: Option<&str>, param: &str) -> Result<Option<String>, RequestError> {
        let listed = |effort: &str| self.efforts.is_none_or(|known| known.iter().any(|e| e == effort));
        let effort = match asked {
            Some(asked) if !listed(asked) => {
                let known = self.efforts.unwrap_or_default().join(", ");
                return Err(RequestError::new(
                    "invalid_value",
                    Some(param.into()),
                    format!("the model `{}` has no reasoning effort `{asked}`; it has: {known}", self.model),
                ));
            }
            Some(asked) => Some(asked),
            None => self.default_effort.filter(|e| listed(e)),
        };
        Ok(effort.map(|e| if e == "ultra" { "xhigh" } else { e }.to_owned()))
    }

    /// The tier to send for the one that a client asked for. `fast` is the Codex client's word for `priority`; `auto`
    /// and `default` mean "none" and are refused upstream; a tier that the model does not list is not sent.
    pub fn service_tier(&self, asked: &str) -> Option<String> {
        let tier = match asked {
            "fast" => "priority",
            none if is_no_tier(none) => return None,
            other => other,
        };
        let known = match self.service_tiers {
            Some(tiers) => tiers.iter().any(|t| t == tier),
            None => matches!(tier, "priority" | "flex"),
        };
        known.then(|| tier.to_owned())
    }

    /// `parallel_tool_calls` to send: a Lite model refuses `true`, in whatever shape it is asked, and without tools
    /// the parameter itself is refused.
    pub fn parallel_tool_calls(&self, asked: Option<bool>, has_tools: bool) -> Option<bool> {
        if !has_tools {
            return None;
        }
        if self.model_is_lite == Some(true) { Some(false) } else { asked }
    }
}

/// Words that ask for no tier in particular. The upstream refuses them, and leaving them out means the same.
pub(super) fn is_no_tier(tier: &str) -> bool {
    matches!(tier, "auto" | "default" | "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effort_that_the_model_lacks_is_refused_with_the_list_and_ultra_goes_out_as_xhigh() {
        let efforts = ["low".to_owned(), "ultra".to_owned()];
        let target =
            Target { model: "m", efforts: Some(&efforts), default_effort: Some("low"), ..Target::default() };
        assert_eq!(target.effort(Some("ultra"), "p"), Ok(Some("xhigh".into())));
        assert_eq!(target.effort(None, "p"), Ok(Some("low".into())));
        let refused = target.effort(Some("minimal"), "reasoning.effort").expect_err("not listed");
        assert_eq!(refused.param.as_deref(), Some("reasoning.effort"));
        assert!(refused.message.contains("low, ultra"), "{refused}");
        assert_eq!(Target::default().effort(Some("tomorrow"), "p"), Ok(Some("tomorrow".into())));
        assert_eq!(Target { default_effort: Some("max"), ..target }.effort(None, "p"), Ok(None));
    }

    #[test]
    fn only_tiers_that_exist_are_sent() {
        let all = Target::default();
        assert_eq!(all.service_tier("fast").as_deref(), Some("priority"));
        assert_eq!(all.service_tier("flex").as_deref(), Some("flex"));
        assert_eq!((all.service_tier("auto"), all.service_tier("scale")), (None, None));
        let none = Target { service_tiers: Some(&[]), ..all };
        assert_eq!(none.service_tier("priority"), None);
    }

    #[test]
    fn a_lite_model_never_gets_parallel_tool_calls() {
        let lite = Target { model_is_lite: Some(true), ..Target::default() };
        assert_eq!(lite.parallel_tool_calls(Some(true), true), Some(false));
        assert_eq!(lite.parallel_tool_calls(None, false), None);
        assert_eq!(Target::default().parallel_tool_calls(Some(true), true), Some(true));
    }
}
