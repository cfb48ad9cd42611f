//! Identifiers. All are UUIDs of version 7, so that they sort by the time they were made.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl Hash for $name {
            #[inline]
            fn hash<H: Hasher>(&self, hasher: &mut H) {
                let (upper, lower) = self.0.as_u64_pair();
                hasher.write_u64(upper);
                hasher.write_u64(lower);
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A tenant: the wall that nothing crosses.
    TenantId
);
id!(
    /// A provider: one account or one API key behind a name.
    ProviderId
);
id!(
    /// An agent of the database. Agents of the configuration file have only a key.
    AgentId
);
id!(
    /// A stored conversation.
    SessionId
);
id!(
    /// One run of an agent.
    RunId
);
id!(
    /// A pending sign-in.
    LoginId
);
id!(
    /// A person who signs in.
    UserId
);
id!(
    /// An API key.
    KeyId
);
id!(
    /// A browser that is signed in.
    BrowserSessionId
);
id!(
    /// Who a person is at an issuer of OpenID Connect.
    IdentityId
);
id!(
    /// A sign-in under way at such an issuer.
    OidcSignInId
);
id!(
    /// An invitation by link.
    InvitationId
);
id!(
    /// One request of a client. It is also what `x-request-id` says.
    RequestId
);

/// Something of every provider. A request looks up each account of its pool several times.
pub type ByProvider<T> = HashMap<ProviderId, T, BuildHasherDefault<IdHasher>>;

/// For ids alone: nobody but us makes them, and most of their bits are random, so that a multiplication of each half
/// will do.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The upper bits are the mixed ones; a table looks at both ends.
        self.0.rotate_left(32)
    }
}

/// The default tenant, as in GoClaw's API.
pub const MASTER_TENANT: TenantId = TenantId(Uuid::from_u128(0x0193_a5b0_7000_7000_8000_0000_0000_0001));

/// The first half of a SHA-256 digest in the shape of a UUID: what the upstream's own clients send where a stable
/// key is wanted.
pub fn digest_uuid(digest: &[u8; 32]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
