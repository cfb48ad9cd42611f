//! `access`: how people sign in, and how long they stay so.

use super::section::section;
use super::values::{self, Issuer, NonEmpty, Slug};
use crate::domain::access::Role;
use secrecy::SecretString;
use std::collections::BTreeMap;

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
        /// Issuers of OpenID Connect with which people sign in.
        oidc: Vec<OidcIssuer> = Vec::new(),
    }
}

section! {
    /// An issuer of OpenID Connect, and the role that its groups give in one tenant. It has to know the gateway's
    /// address `<public url>/v1/auth/oidc/<name>/callback`.
    OidcIssuer {
        /// Its name in addresses.
        #[serde(deserialize_with = "values::text::<Slug, _>")]
        name: String = String::new(),
        /// Its name for people.
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        display_name: Option<String> = None,
        /// As it names itself in its tokens, to the last slash.
        #[serde(deserialize_with = "values::text::<Issuer, _>")]
        issuer: String = String::new(),
        /// The client that it knows the gateway as.
        #[serde(deserialize_with = "values::text::<NonEmpty, _>")]
        client_id: String = String::new(),
        /// Of a confidential client. A public one has PKCE alone.
        #[serde(with = "values::secret")]
        client_secret: Option<SecretString> = None,
        /// What a sign-in asks for; `openid` is always asked for.
        #[serde(deserialize_with = "values::texts::<NonEmpty, _>")]
        scopes: Vec<String> = ["openid", "profile", "email"].map(Into::into).into(),
        /// Where the groups stand: the name of a claim, or a path with dots.
        #[serde(deserialize_with = "values::text::<NonEmpty, _>")]
        groups_claim: String = "groups".into(),
        /// The role that a group gives. `owner` is of the whole installation, so only the first tenant's issuers give it.
        roles: BTreeMap<String, Role> = BTreeMap::new(),
        /// The role that everybody has at least; null: who is in none of the groups is refused.
        default_role: Option<Role> = None,
        /// The tenant, by its slug; null: the first one.
        #[serde(deserialize_with = "values::maybe_text::<Slug, _>")]
        tenant: Option<String> = None,
    }
}

impl OidcIssuer {
    /// What its button says.
    pub fn label(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }
}

impl Access {
    /// The issuer of this name.
    pub fn issuer(&self, name: &str) -> Option<&OidcIssuer> {
        self.oidc.iter().find(|issuer| issuer.name == name)
    }

    /// The rules over several values: the place in the list, a key there, and what is wrong with it.
    pub(super) fn broken_rules(&self) -> Vec<(usize, &'static str, String)> {
        let mut broken = Vec::new();
        for (at, issuer) in self.oidc.iter().enumerate() {
            for (key, value) in
                [("name", &issuer.name), ("issuer", &issuer.issuer), ("client_id", &issuer.client_id)]
            {
                if value.is_empty() {
                    broken.push((at, key, format!("an issuer needs its {key}")));
                }
            }
            if !issuer.name.is_empty() && self.oidc[..at].iter().any(|other| other.name == issuer.name) {
                broken.push((at, "name", format!("another issuer is called \"{}\"", issuer.name)));
            }
            if issuer.roles.is_empty() && issuer.default_role.is_none() {
                broken.push((
                    at,
                    "roles",
                    "nobody can sign in: there are neither roles nor a default_role".into(),
                ));
            }
            let owner = |role: Role| role == Role::Owner;
            if issuer.default_role.is_some_and(owner) {
                broken.push((at, "default_role", "not everybody can be owner: name a group".into()));
            }
            let first = issuer.tenant.as_deref().is_none_or(|tenant| tenant == "master");
            if !first && issuer.roles.values().copied().any(owner) {
                let text = "an owner has all tenants: only an issuer of the tenant \"master\" makes one";
                broken.push((at, "roles", text.into()));
            }
        }
        broken
    }
}
