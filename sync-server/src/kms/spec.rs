//! A key of a KMS in words, as the command line takes it.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::{AwsKms, GcpKms, Kms, ServerKey};

/// `file:PATH`, `aws:KEY` or `gcp:projects/…/cryptoKeys/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KmsSpec {
    /// A file of 64 hex digits.
    File(PathBuf),
    /// A key id, ARN or alias of AWS KMS.
    Aws(String),
    /// A symmetric key of Google Cloud KMS by its full name.
    Gcp(String),
}

/// Not a key of a KMS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is file:PATH, aws:KEY-ID-OR-ARN, or gcp:projects/P/locations/L/keyRings/R/cryptoKeys/K")]
pub struct BadSpec;

impl FromStr for KmsSpec {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("aws", key)) if !key.is_empty() => Ok(Self::Aws(key.to_owned())),
            Some(("gcp", name)) if is_gcp_key(name) => Ok(Self::Gcp(name.to_owned())),
            _ => Err(BadSpec),
        }
    }
}

fn is_gcp_key(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    matches!(
        parts.as_slice(),
        ["projects", project, "locations", location, "keyRings", ring, "cryptoKeys", key]
            if ![project, location, ring, key].iter().any(|part| part.is_empty())
    )
}

impl KmsSpec {
    /// The service. Asks nobody yet: the server starts while its KMS is away.
    ///
    /// # Errors
    /// A file that cannot be read; an environment that does not say who or where we are.
    pub fn open(&self, endpoint: Option<&str>) -> anyhow::Result<Arc<dyn Kms>> {
        Ok(match self {
            Self::File(path) => Arc::new(ServerKey::read(path)?),
            Self::Aws(key) => Arc::new(AwsKms::from_env(key, endpoint)?),
            Self::Gcp(name) => Arc::new(GcpKms::from_env(name, endpoint)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names() {
        let gcp = "projects/p/locations/australia-southeast1/keyRings/r/cryptoKeys/k";
        let arn = "arn:aws:kms:ap-southeast-2:111122223333:key/1234";
        for (text, spec) in [
            ("file:/etc/wattle/server.key".to_owned(), KmsSpec::File("/etc/wattle/server.key".into())),
            (format!("aws:{arn}"), KmsSpec::Aws(arn.to_owned())),
            ("aws:alias/wattle".to_owned(), KmsSpec::Aws("alias/wattle".to_owned())),
            (format!("gcp:{gcp}"), KmsSpec::Gcp(gcp.to_owned())),
        ] {
            assert_eq!(text.parse(), Ok(spec));
        }
        for text in [
            "",
            "file:",
            "aws:",
            "vault:x",
            "gcp:projects/p",
            "gcp:projects//locations/l/keyRings/r/cryptoKeys/k",
        ] {
            assert_eq!(text.parse::<KmsSpec>(), Err(BadSpec), "{text}");
        }
    }
}
