//! `x-codex-turn-state`: sticky routing of the upstream for the requests of one turn. It belongs to the account that
//! made it, and the client carries it: so it goes out with the account's tag before it, and comes back to that account
//! alone, also after a restart and through another replica.

use crate::app::health::tag;
use crate::domain::ids::ProviderId;
use crate::domain::pool::effective::EffectivePool;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

pub(super) const TURN_STATE: HeaderName = HeaderName::from_static("x-codex-turn-state");

/// Headers of an answer as the client gets them.
pub(super) fn for_client(mut headers: HeaderMap, maker: ProviderId) -> HeaderMap {
    if let Some(state) = headers.remove(TURN_STATE) {
        let tagged = [format!("gw-{}.", tag(maker)).as_bytes(), state.as_bytes()].concat();
        if let Ok(tagged) = HeaderValue::from_bytes(&tagged) {
            headers.insert(TURN_STATE, tagged);
        }
    }
    headers
}

/// Headers of a request as this account gets them: a state of another one, or of nobody known, stays behind.
pub(super) fn for_account(headers: &HeaderMap, account: ProviderId) -> HeaderMap {
    let mut headers = headers.clone();
    if let Some(state) = headers.remove(TURN_STATE)
        && let Some((made_by, state)) = split(&state)
        && made_by == tag(account)
        && let Ok(state) = HeaderValue::from_bytes(state.as_bytes())
    {
        headers.insert(TURN_STATE, state);
    }
    headers
}

/// Which of the pool's accounts made a turn state.
pub(super) fn maker(state: &HeaderValue, pool: &EffectivePool) -> Option<ProviderId> {
    let (made_by, _) = split(state)?;
    pool.accounts.iter().map(|account| account.id).find(|id| tag(*id) == made_by)
}

fn split(state: &HeaderValue) -> Option<(&str, &str)> {
    state.to_str().ok()?.strip_prefix("gw-")?.split_once('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_state_comes_back_to_its_maker_alone() {
        let [ada, grace] = [1, 2].map(|n| ProviderId(uuid::Uuid::from_u128(n)));
        let mut answer = HeaderMap::new();
        answer.insert(TURN_STATE, HeaderValue::from_static("abc.def"));
        let carried = for_client(answer.clone(), ada);
        assert_ne!(carried.get(TURN_STATE), answer.get(TURN_STATE));
        assert_eq!(for_account(&carried, ada).get(TURN_STATE), answer.get(TURN_STATE));
        assert_eq!(for_account(&carried, grace).get(TURN_STATE), None);
        assert_eq!(for_account(&answer, ada).get(TURN_STATE), None, "of nobody known");
    }
}
