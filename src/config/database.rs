//! `database`: an external Postgres, or the embedded one.

use super::section::section;
use super::values;
use secrecy::SecretString;
use std::path::PathBuf;

section! {
    /// The external database, or where the embedded one finds its programs.
    Database {
        /// `postgres://user:password@host/name`. Without one, the gateway runs its own Postgres below `data_dir`.
        #[serde(with = "values::secret")]
        url: Option<SecretString> = None,
        /// Most connections that this process opens.
        #[serde(deserialize_with = "values::within::<2, 1_000, _, _>")]
        max_connections: u32 = 20,
        /// The embedded Postgres.
        embedded: Embedded = Embedded::default(),
    }
}

section! {
    /// The embedded Postgres.
    Embedded {
        /// The directory with `initdb` and `postgres`. Without one, the path and the usual places are searched.
        bin_dir: Option<PathBuf> = None,
    }
}
