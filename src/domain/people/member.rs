//! What may be changed of a tenant's members, and by whom.

use crate::domain::access::Role;

/// A member, as far as the rules go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub role: Role,
    /// Nobody else owns the installation.
    pub is_last_owner: bool,
}

/// What is asked for. `None` leaves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub role: Option<Role>,
    pub disabled: Option<bool>,
    pub removed: bool,
}

/// Why a member is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("they are {0}, which is above your role")]
    Above(&'static str),
    #[error("you can't give the role {0}, which is above your own")]
    Gives(&'static str),
    #[error("this is the last owner: make somebody else an owner first")]
    LastOwner,
    #[error("an owner can't be disabled: give them another role first")]
    DisabledOwner,
}

/// Whether somebody of this role may give that one away.
pub fn may_give(by: Role, given: Role) -> Result<(), Refused> {
    if given <= by { Ok(()) } else { Err(Refused::Gives(given.as_str())) }
}

/// Whether somebody of this role may change a member so.
pub fn check(by: Role, member: Standing, wanted: Wanted) -> Result<(), Refused> {
    if member.role > by {
        return Err(Refused::Above(member.role.as_str()));
    }
    if let Some(role) = wanted.role {
        may_give(by, role)?;
    }
    let after = wanted.role.unwrap_or(member.role);
    if member.is_last_owner && (wanted.removed || after != Role::Owner) {
        return Err(Refused::LastOwner);
    }
    if after == Role::Owner && wanted.disabled == Some(true) {
        return Err(Refused::DisabledOwner);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standing(role: Role) -> Standing {
        Standing { role, is_last_owner: false }
    }

    fn role(role: Role) -> Wanted {
        Wanted { role: Some(role), ..Wanted::default() }
    }

    #[test]
    fn the_last_owner_stays_one() {
        let last = Standing { role: Role::Owner, is_last_owner: true };
        let removed = Wanted { removed: true, ..Wanted::default() };
        assert_eq!(check(Role::Owner, last, removed), Err(Refused::LastOwner));
        assert_eq!(check(Role::Owner, last, role(Role::Admin)), Err(Refused::LastOwner));
        assert_eq!(check(Role::Owner, last, role(Role::Owner)), Ok(()));
        assert_eq!(check(Role::Owner, standing(Role::Owner), removed), Ok(()));
    }

    #[test]
    fn an_owner_is_first_demoted_and_then_disabled() {
        let disabled = Wanted { disabled: Some(true), ..Wanted::default() };
        assert_eq!(check(Role::Owner, standing(Role::Owner), disabled), Err(Refused::DisabledOwner));
        let both = Wanted { role: Some(Role::Viewer), ..disabled };
        assert_eq!(check(Role::Owner, standing(Role::Owner), both), Ok(()));
    }

    proptest! {
        #[test]
        fn nobody_changes_who_stands_above_them_or_gives_more_than_they_have(
            by in 0_usize..4, member in 0_usize..4, given in 0_usize..4,
        ) {
            let [by, member, given] = [by, member, given].map(|at| Role::ALL[at]);
            let allowed = check(by, standing(member), role(given)).is_ok();
            prop_assert_eq!(allowed, member <= by && given <= by);
        }
    }
}
