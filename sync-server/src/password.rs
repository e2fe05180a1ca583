//! Passwords: Argon2id with OWASP's parameters, in PHC form, off the async threads.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use wattle_protocol::ErrorCode;

use crate::error::ApiError;
use crate::secret;

/// 19 MiB, 2 passes, 1 lane.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// What the password of an unknown account is compared with, so that it takes as long as a known one's.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

fn hash_now(password: &str) -> Result<String, ApiError> {
    let fault = |_| ApiError::because(ErrorCode::Internal, "argon2");
    let salt = SaltString::encode_b64(&secret::random::<16>()?).map_err(fault)?;
    Ok(hasher().hash_password(password.as_bytes(), &salt).map_err(fault)?.to_string())
}

/// Makes the PHC string of a password.
///
/// # Errors
/// No randomness.
pub(crate) async fn hash(password: String) -> Result<String, ApiError> {
    off_thread(move || hash_now(&password)).await?
}

/// Whether a password is an account's. `None` is an account that does not exist: the same work, and no.
pub(crate) async fn verify(password: String, phc: Option<String>) -> Result<bool, ApiError> {
    off_thread(move || {
        let known = phc.is_some();
        let Some(phc) = phc.or_else(|| NOBODY.clone()) else { return false };
        let Ok(parsed) = PasswordHash::new(&phc) else { return false };
        let matches = hasher().verify_password(password.as_bytes(), &parsed).is_ok();
        matches && known
    })
    .await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ApiError::because(ErrorCode::Internal, "password thread"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_is_good() {
        let phc = hash("correct horse".to_owned()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse".to_owned(), Some(phc.clone())).await.unwrap());
        assert!(!verify("wrong".to_owned(), Some(phc)).await.unwrap());
        assert!(!verify("nobody has this password".to_owned(), None).await.unwrap());
    }
}
