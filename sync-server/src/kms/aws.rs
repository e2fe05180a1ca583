//! AWS KMS: `Encrypt` and `Decrypt` of a symmetric key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::{BoxFuture, FutureExt as _};
use serde::{Deserialize, Serialize};
use wattle_blob_store::cloud::{Answer, Aws};
use zeroize::Zeroizing;

use super::{Kms, KmsError};

/// One key of AWS KMS.
#[derive(Clone, Debug)]
pub struct AwsKms {
    service: Aws,
    /// Its id, ARN or alias.
    key: String,
}

/// What the server is, or is not, told of AWS.
#[derive(Debug, thiserror::Error)]
pub enum AwsSetting {
    /// No region.
    #[error("AWS KMS needs a region: set AWS_REGION, or name the key by its ARN")]
    NoRegion,
    /// Credentials that make no sense.
    #[error("AWS KMS: {0}")]
    Environment(#[from] wattle_blob_store::Error),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt<'a> {
    key_id: &'a str,
    plaintext: &'a str,
    encryption_context: Context,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt<'a> {
    key_id: &'a str,
    ciphertext_blob: String,
    encryption_context: Context,
}

/// The context as AWS has it: a map of words.
#[derive(Serialize)]
struct Context {
    wattle: String,
}

impl Context {
    fn of(context: &[u8]) -> Self {
        Self { wattle: STANDARD.encode(context) }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    ciphertext_blob: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    plaintext: String,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(rename = "__type")]
    kind: String,
}

impl AwsKms {
    /// A key by its id, ARN or alias. The region is that of the ARN, else `AWS_REGION`; credentials come from the
    /// environment. Asks nobody yet.
    ///
    /// # Errors
    /// See [`AwsSetting`].
    pub fn from_env(key: &str, endpoint: Option<&str>) -> Result<Self, AwsSetting> {
        let told =
            || ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| std::env::var(name).ok());
        let region = region_of_arn(key).map(str::to_owned).or_else(told).filter(|region| !region.is_empty());
        let region = region.ok_or(AwsSetting::NoRegion)?;
        Ok(Self::new(key, Aws::from_env("kms", &region, endpoint)?))
    }

    /// A key of a service that is reached already.
    #[must_use]
    pub fn new(key: &str, service: Aws) -> Self {
        Self { service, key: key.to_owned() }
    }

    async fn ask(&self, key: &str, target: &str, body: Vec<u8>) -> Result<Answer, KmsError> {
        let answer = self.service.post(target, body).await.map_err(|error| match error {
            wattle_blob_store::Error::Unreachable => KmsError::Unreachable(self.key_name()),
            // What it says of credentials may name files and addresses, never a secret; still only its kind goes on.
            _ => KmsError::NotAllowed { key: self.key_name(), code: "no credentials".to_owned() },
        })?;
        if answer.status == 200 {
            return Ok(answer);
        }
        let fault: Option<Fault> = serde_json::from_slice(&answer.body).ok();
        Err(fault_of(&format!("aws:{key}"), answer.status, fault.as_ref().map(|fault| fault.kind.as_str())))
    }

    fn malformed(&self) -> KmsError {
        KmsError::Failed { key: self.key_name(), code: "an answer of another shape".to_owned() }
    }
}

/// `arn:aws:kms:REGION:ACCOUNT:key/ID`.
fn region_of_arn(key: &str) -> Option<&str> {
    let mut parts = key.split(':');
    (parts.next() == Some("arn")).then(|| parts.nth(2)).flatten()
}

/// What an error of AWS means to us.
fn fault_of(key: &str, status: u16, kind: Option<&str>) -> KmsError {
    let (key, kind) = (key.to_owned(), kind.unwrap_or_default());
    // Older services put a namespace before it.
    let name = kind.rsplit('#').next().unwrap_or_default();
    let is_word = !name.is_empty() && name.len() <= 80 && name.chars().all(|c| c.is_ascii_alphanumeric());
    let code = if is_word { name.to_owned() } else { format!("status {status}") };
    match name {
        "DisabledException" | "KMSInvalidStateException" | "KeyUnavailableException" => {
            KmsError::Disabled { key, code }
        }
        "NotFoundException" | "InvalidArnException" => KmsError::NotFound { key, code },
        "InvalidCiphertextException" | "IncorrectKeyException" => KmsError::Wrong(key),
        _ if status == 401 || status == 403 || name == "AccessDeniedException" => {
            KmsError::NotAllowed { key, code }
        }
        _ if status >= 500 => KmsError::Unreachable(key),
        _ => KmsError::Failed { key, code },
    }
}

impl Kms for AwsKms {
    fn key_name(&self) -> String {
        format!("aws:{}", self.key)
    }

    /// Any key of AWS: what it wrapped is opened by its own name, as far as the credentials allow.
    fn opens(&self, key_name: &str) -> bool {
        key_name.starts_with("aws:")
    }

    fn wrap<'a>(&'a self, context: &'a [u8], plain: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KmsError>> {
        async move {
            let plaintext = Zeroizing::new(STANDARD.encode(plain));
            let encryption_context = Context::of(context);
            let body = Encrypt { key_id: &self.key, plaintext: &plaintext, encryption_context };
            let body = serde_json::to_vec(&body).map_err(|_| self.malformed())?;
            let answer = self.ask(&self.key, "TrentService.Encrypt", body).await?;
            let said: Encrypted = serde_json::from_slice(&answer.body).map_err(|_| self.malformed())?;
            STANDARD.decode(said.ciphertext_blob).map_err(|_| self.malformed())
        }
        .boxed()
    }

    fn unwrap<'a>(
        &'a self,
        key_name: &'a str,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, KmsError>> {
        async move {
            let key_id = key_name.strip_prefix("aws:").unwrap_or(&self.key);
            let encryption_context = Context::of(context);
            let body = Decrypt { key_id, ciphertext_blob: STANDARD.encode(wrapped), encryption_context };
            let body = serde_json::to_vec(&body).map_err(|_| self.malformed())?;
            let answer = self.ask(key_id, "TrentService.Decrypt", body).await?;
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
    fn what_aws_says_becomes_what_to_do() {
        let said = |status, kind| fault_of("aws:k", status, Some(kind));
        let (key, code) = ("aws:k".to_owned(), "DisabledException".to_owned());
        assert_eq!(said(400, "DisabledException"), KmsError::Disabled { key, code });
        assert!(matches!(said(400, "KMSInvalidStateException"), KmsError::Disabled { .. }));
        assert!(matches!(said(400, "com.amazonaws.kms#NotFoundException"), KmsError::NotFound { .. }));
        assert!(matches!(said(400, "AccessDeniedException"), KmsError::NotAllowed { .. }));
        assert!(matches!(said(403, "UnrecognizedClientException"), KmsError::NotAllowed { .. }));
        assert!(matches!(said(400, "InvalidCiphertextException"), KmsError::Wrong(_)));
        assert!(matches!(said(503, ""), KmsError::Unreachable(_)));
        let odd = said(400, "a message that quotes <something>");
        assert_eq!(odd, KmsError::Failed { key: "aws:k".to_owned(), code: "status 400".to_owned() });
    }

    #[test]
    fn an_arn_knows_its_region() {
        assert_eq!(region_of_arn("arn:aws:kms:ap-southeast-2:1:key/x"), Some("ap-southeast-2"));
        assert_eq!(region_of_arn("alias/wattle"), None);
    }
}
