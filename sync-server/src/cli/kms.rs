//! Flags for the server's keys, the same for everything that must open what rests sealed.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use wattle_server::kms::{KeyRing, Kms, KmsSpec, ServerKey};

#[derive(Args)]
pub(super) struct Keys {
    /// A folder for what the server keeps beside the database: blobs, and its key. For one node; several share
    /// WATTLE_BLOBS and WATTLE_SERVER_KEY.
    #[arg(long, env = "WATTLE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// A file of 64 hex digits that seal what rests in the database and sign URLs, if they are not in WATTLE_SERVER_KEY.
    /// Made in the data folder when not given.
    #[arg(long, env = "WATTLE_SERVER_KEY_FILE")]
    server_key_file: Option<PathBuf>,
    /// What wraps the keys in the database, instead of the server's key: aws:KEY-ID-OR-ARN (with AWS_REGION and
    /// credentials as AWS has them), gcp:projects/P/locations/L/keyRings/R/cryptoKeys/K (with GOOGLE_SERVICE_ACCOUNT or
    /// the machine's own account), or file:PATH.
    #[arg(long, env = "WATTLE_KMS")]
    kms: Option<KmsSpec>,
    /// Another endpoint of the KMS than the cloud's own.
    #[arg(long, env = "WATTLE_KMS_ENDPOINT")]
    kms_endpoint: Option<String>,
    /// A key that wrapped before and still opens, in the same words; may be given more than once. `keys rewrap` makes it
    /// superfluous. The server's key is always tried.
    #[arg(long = "kms-old", env = "WATTLE_KMS_OLD", value_delimiter = ',')]
    kms_old: Vec<KmsSpec>,
}

impl Keys {
    /// The server's key; one is made in the data folder if it may be.
    pub fn server_key(&self, may_make: bool) -> anyhow::Result<Option<ServerKey>> {
        let in_data = self.data_dir.as_ref().map(|dir| dir.join("server.key"));
        let given = std::env::var("WATTLE_SERVER_KEY").ok().filter(|hex| !hex.is_empty());
        Ok(match (given, &self.server_key_file, in_data) {
            (Some(_), Some(_), _) => anyhow::bail!("both WATTLE_SERVER_KEY and a file of it are given"),
            (Some(hex), None, _) => Some(ServerKey::from_hex(&hex)?),
            (None, Some(file), _) => Some(ServerKey::read(file)?),
            (None, None, Some(file)) if may_make => Some(ServerKey::read_or_make(&file)?),
            (None, None, Some(file)) => file.exists().then(|| ServerKey::read(&file)).transpose()?,
            (None, None, None) => None,
        })
    }

    /// The keys that wrap and open; `None`: nothing was said of any.
    pub fn ring(&self, server_key: Option<&ServerKey>) -> anyhow::Result<Option<KeyRing>> {
        let endpoint = self.kms_endpoint.as_deref();
        let mut older: Vec<Arc<dyn Kms>> = self
            .kms_old
            .iter()
            .map(|spec| spec.open(endpoint).context("--kms-old"))
            .collect::<anyhow::Result<_>>()?;
        let own = server_key.map(|key| Arc::new(key.clone()) as Arc<dyn Kms>);
        let Some(spec) = &self.kms else { return Ok(own.map(|own| KeyRing::new(own, older))) };
        older.extend(own);
        Ok(Some(KeyRing::new(spec.open(endpoint).context("--kms")?, older)))
    }

    /// The same for a command that cannot do without.
    pub fn needed(&self) -> anyhow::Result<KeyRing> {
        let key = self.server_key(false)?;
        self.ring(key.as_ref())?
            .context("no key: give --data-dir, --server-key-file or --kms, whatever the serving process has")
    }
}
