//! Google Cloud KMS: `encrypt` and `decrypt` of a symmetric key. Tested against a local server that answers as Google
//! documents, not against Google.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::{BoxFuture, FutureExt as _};
use serde::{Deserialize, Serialize};
use wattle_blob_store::cloud::{Answer, Google};
use zeroize::Zeroizing;

use super::{Kms, KmsError};

/// Where it is.
const ENDPOINT: &str = "https://cloudkms.googleapis.com";

/// One key of Google Cloud KMS.
#[derive(Clone, Debug)]
pub struct GcpKms {
    service: Google,
    endpoint: String,
    /// `projects/…/cryptoKeys/NAME`.
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Encrypt<'a> {
    plaintext: &'a str,
    additional_authenticated_data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decrypt {
    ciphertext: String,
    additional_authenticated_data: String,
}

#[derive(Deserialize)]
struct Encrypted {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Fault,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    status: String,
}

impl GcpKms {
    /// A key by its full name, with the credentials of the environment: `GOOGLE_SERVICE_ACCOUNT` names a key file, else the
    /// machine's metadata server is asked. Asks nobody yet.
    ///
    /// # Errors
    /// When the environment makes no sense.
    pub fn from_env(name: &str, endpoint: Option<&str>) -> Result<Self, wattle_blob_store::Error> {
        let endpoint = endpoint.unwrap_or(ENDPOINT).trim_end_matches('/');
        Ok(Self::new(name, endpoint, Google::from_env(endpoint)?))
    }

    /// The same with a service account's key file.
    ///
    /// # Errors
    /// When it is no such file.
    pub fn with_key_file(
        name: &str,
        key_file: &str,
        endpoint: Option<&str>,
    ) -> Result<Self, wattle_blob_store::Error> {
        let endpoint = endpoint.unwrap_or(ENDPOINT).trim_end_matches('/');
        Ok(Self::new(name, endpoint, Google::with_key_file(key_file, endpoint)?))
    }

    fn new(name: &str, endpoint: &str, service: Google) -> Self {
        Self { service, endpoint: endpoint.to_owned(), name: name.to_owned() }
    }

    async fn ask(&self, verb: &str, body: Vec<u8>) -> Result<Answer, KmsError> {
        let url = format!("{}/v1/{}:{verb}", self.endpoint, self.name);
        let answer = self.service.post(&url, body).await.map_err(|error| match error {
            wattle_blob_store::Error::Unreachable => KmsError::Unreachable(self.key_name()),
            _ => KmsError::NotAllowed { key: self.key_name(), code: "no credentials".to_owned() },
        })?;
        if answer.status == 200 {
            return Ok(answer);
        }
        let refused: Option<Refused> = serde_json::from_slice(&answer.body).ok();
        let said = refused.map(|refused| refused.error.status).unwrap_or_default();
        Err(fault_of(self.key_name(), verb, answer.status, &said))
    }

    fn malformed(&self) -> KmsError {
        KmsError::Failed { key: self.key_name(), code: "an answer of another shape".to_owned() }
    }
}

/// What an error of Google's means to us.
fn fault_of(key: String, verb: &str, status: u16, said: &str) -> KmsError {
    let is_word =
        !said.is_empty() && said.len() <= 40 && said.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let code = if is_word { said.to_owned() } else { format!("status {status}") };
    match (said, status) {
        // A disabled or destroyed version.
        ("FAILED_PRECONDITION", _) => KmsError::Disabled { key, code },
        ("NOT_FOUND", _) | (_, 404) => KmsError::NotFound { key, code },
        ("PERMISSION_DENIED" | "UNAUTHENTICATED", _) | (_, 401 | 403) => KmsError::NotAllowed { key, code },
        ("INVALID_ARGUMENT", _) if verb == "decrypt" => KmsError::Wrong(key),
        (_, 500..) => KmsError::Unreachable(key),
        _ => KmsError::Failed { key, code },
    }
}

impl Kms for GcpKms {
    fn key_name(&self) -> String {
        format!("gcp:{}", self.name)
    }

    fn wrap<'a>(&'a self, context: &'a [u8], plain: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KmsError>> {
        async move {
            let plaintext = Zeroizing::new(STANDARD.encode(plain));
            let additional_authenticated_data = STANDARD.encode(context);
            let body = Encrypt { plaintext: &plaintext, additional_authenticated_data };
            let body = serde_json::to_vec(&body).map_err(|_| self.malformed())?;
            let answer = self.ask("encrypt", body).await?;
            let said: Encrypted = serde_json::from_slice(&answer.body).map_err(|_| self.malformed())?;
            STANDARD.decode(said.ciphertext).map_err(|_| self.malformed())
        }
        .boxed()
    }

    fn unwrap<'a>(
        &'a self,
        _: &'a str,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, KmsError>> {
        async move {
            let ciphertext = STANDARD.encode(wrapped);
            let body = Decrypt { ciphertext, additional_authenticated_data: STANDARD.encode(context) };
            let body = serde_json::to_vec(&body).map_err(|_| self.malformed())?;
            let answer = self.ask("decrypt", body).await?;
            let said: Decrypted = serde_json::from_slice(&answer.body).map_err(|_| self.malformed())?;
            STANDARD
                .decode(Zeroizing::new(said.plaintext).as_bytes())
                .map(Zeroizing::new)
                .map_err(|_| self.malformed())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_google_says_becomes_what_to_do() {
        let said = |verb, status, word| fault_of("gcp:k".to_owned(), verb, status, word);
        assert!(matches!(said("decrypt", 400, "FAILED_PRECONDITION"), KmsError::Disabled { .. }));
        assert!(matches!(said("encrypt", 404, ""), KmsError::NotFound { .. }));
        assert!(matches!(said("encrypt", 403, "PERMISSION_DENIED"), KmsError::NotAllowed { .. }));
        assert_eq!(said("decrypt", 400, "INVALID_ARGUMENT"), KmsError::Wrong("gcp:k".to_owned()));
        assert!(matches!(said("encrypt", 400, "INVALID_ARGUMENT"), KmsError::Failed { .. }));
        assert!(matches!(said("encrypt", 503, "UNAVAILABLE"), KmsError::Unreachable(_)));
    }
}
