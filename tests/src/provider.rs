//! A real OpenID provider (panva's `oidc-provider`, which the test set-up fetches), and somebody with a browser.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/provider/provider.mjs");
const PATIENCE: Duration = Duration::from_secs(30);
/// Redirects that a sign-in takes, with some to spare.
const STEPS: usize = 12;

/// Where the set-up put the provider's package; `None`, said aloud, where it could not.
#[must_use]
pub fn package() -> Option<PathBuf> {
    let found = std::env::var_os("WATTLE_OIDC_PROVIDER").map(PathBuf::from).filter(|path| path.is_dir());
    if found.is_none() {
        #[allow(clippy::print_stdout)]
        {
            println!(
                "SKIPPED openid: WATTLE_OIDC_PROVIDER names no folder with the npm package oidc-provider"
            );
        }
    }
    found
}

/// The provider's process; it ends with this.
pub struct Provider {
    process: Child,
    /// Its issuer.
    pub issuer: String,
}

impl Provider {
    /// Starts one that knows these people: what the provider calls each, and their claims.
    ///
    /// # Errors
    /// Node cannot be started, or nobody answers in time.
    pub async fn start(package: &Path, people: &Value) -> anyhow::Result<Self> {
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0")?;
            free.local_addr()?.port()
        };
        let process = Command::new("node")
            .arg(SCRIPT)
            .env("OIDC_PROVIDER", package)
            .env("PORT", port.to_string())
            .env("PEOPLE", people.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("node")?;
        let provider = Self { process, issuer: format!("http://127.0.0.1:{port}") };
        let description = format!("{}/.well-known/openid-configuration", provider.issuer);
        let deadline = Instant::now() + PATIENCE;
        while reqwest::get(&description).await.is_err() {
            ensure!(Instant::now() < deadline, "the provider does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(provider)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser in which somebody types a login and agrees; follows the provider back to where it sends them.
///
/// # Errors
/// The provider shows something else.
pub async fn browse(address: &str, login: &str) -> anyhow::Result<()> {
    let back = redirected(address, login).await?;
    let page = reqwest::get(&back).await?;
    ensure!(page.status().is_success(), "Wattle's page said {}", page.status());
    Ok(())
}

/// The same up to the last redirect: the address that the browser would go back to.
///
/// # Errors
/// As [`browse`].
pub async fn redirected(address: &str, login: &str) -> anyhow::Result<String> {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let mut jar: BTreeMap<String, String> = BTreeMap::new();
    let mut next = reqwest::Url::parse(address)?;
    next.query_pairs_mut().append_pair("login_hint", login);
    let home = next.origin();
    for _ in 0..STEPS {
        let cookies =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let answer = client.get(next.clone()).header("cookie", cookies).send().await?;
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = answer.status();
        let Some(to) = answer.headers().get("location") else {
            bail!("the provider answered {status}: {}", answer.text().await?)
        };
        next = next.join(to.to_str()?)?;
        if next.origin() != home {
            return Ok(next.into());
        }
    }
    bail!("the provider sends the browser round in circles")
}
