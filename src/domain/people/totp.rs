//! One-time codes (RFC 6238: SHA-1, 6 digits, 30 seconds, as every authenticator app understands) and the codes for when
//! the device is gone.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

/// Who issues the codes, in the app.
const ISSUER: &str = "gateway";
/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;
/// Letters of recovery codes: five bits each, none that looks like another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// The secret of somebody's codes.
pub struct Codes(Totp);

impl Codes {
    /// Of 20 random bytes. `email` is what the app shows.
    pub fn from_random(random: [u8; 20], email: &str) -> Self {
        Self::new(Secret::from(random.to_vec()), email).expect("20 bytes are a secret")
    }

    /// Of what [`Codes::secret`] gave; `None`: it is something else.
    pub fn from_secret(secret: &SecretString, email: &str) -> Option<Self> {
        Self::new(Secret::try_from_base32(secret.expose_secret()).ok()?, email)
    }

    fn new(secret: Secret, email: &str) -> Option<Self> {
        let builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER.to_owned()));
        builder.with_account_name(email.to_owned()).build().ok().map(Self)
    }

    /// In base 32, as people type it.
    pub fn secret(&self) -> SecretString {
        self.0.secret().to_base32().into()
    }

    /// What the QR code holds.
    pub fn url(&self) -> SecretString {
        self.0.to_url().expect("the issuer and an address without a colon are the names of an account").into()
    }

    /// The time step of a code that is right now, or was or will be within half a minute.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = self.0.check(&digits, u64::try_from(now.timestamp()).ok()?)?;
        i64::try_from(step).ok()
    }
}

/// A recovery code of 10 random bytes: `xxxx-xxxx-xxxx-xxxx`.
pub fn recovery_code(random: [u8; 10]) -> String {
    let bits = random.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    let letter = |at: u32| char::from(LETTERS[usize::try_from((bits >> (75 - 5 * at)) & 31).unwrap_or(0)]);
    let letters: Vec<char> = (0..16).map(letter).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What is stored of a recovery code. 80 random bits need no slow hash.
pub fn recovery_digest(code: &str) -> [u8; 32] {
    let letters: String = code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(format!("gateway recovery code\0{letters}").as_bytes()).into()
}

/// Whether it is meant as a code of the app and not as a recovery code.
pub fn is_app_code(code: &str) -> bool {
    code.chars().filter(|c| !c.is_whitespace()).all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238's appendix B.
    fn codes() -> Codes {
        Codes::from_random(*b"12345678901234567890", "ada@example.com")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The last 6 of its 8 digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(codes().step_of(code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_right_one_step_earlier_and_later_and_no_further() {
        let step = 1_111_111_109 / 30;
        for (offset, right) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = codes().step_of("081 804", at((step + offset) * 30));
            assert_eq!(found, right.then_some(step), "{offset}");
        }
        for wrong in ["", "08180", "0818045", "081805", "abcdef"] {
            assert_eq!(codes().step_of(wrong, at(1_111_111_109)), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_goes_out_and_comes_back() {
        let secret = codes().secret();
        let again = Codes::from_secret(&secret, "ada@example.com").unwrap();
        assert_eq!(again.step_of("287082", at(59)), Some(1));
        let url = codes().url();
        let url = url.expose_secret();
        assert!(
            url.starts_with("otpauth://totp/gateway:ada") && url.contains(secret.expose_secret()),
            "{url}"
        );
        assert!(Codes::from_secret(&"not base 32!".into(), "a@b").is_none());
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed() {
        let code = recovery_code([0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(code.len(), 19);
        assert_eq!(recovery_digest(&code), recovery_digest(&code.replace('-', " ").to_uppercase()));
        assert_ne!(code, recovery_code([0xff, 0, 1, 2, 3, 4, 5, 6, 7, 9]));
        assert!(is_app_code("123 456") && !is_app_code(&code));
    }
}
