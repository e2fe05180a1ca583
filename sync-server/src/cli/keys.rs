//! `wattle-server keys`: sealing what rests plain, new keys, and how far that has come.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};
use wattle_domain::ClinicId;
use wattle_server::{admin, seal};

use super::secrets::{app_pool, owner_pool};
use super::{kms, output};

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Counts how a clinic's sealed columns rest: under which key, and what is still plain.
    Status {
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
    },
    /// Seals what rests plain: an import, rows of an older server. The serving process does it by itself.
    Seal {
        #[command(flatten)]
        keys: kms::Keys,
        /// The clinic; all of them when left out.
        #[arg(long)]
        clinic: Option<ClinicId>,
    },
    /// Makes a clinic's next data key and seals everything under it again, while servers work. Stopped anywhere, it goes on
    /// there when it is run again.
    Rotate {
        #[command(flatten)]
        keys: kms::Keys,
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
    },
    /// Writes the key of a clinic's map into a new file, for `fm-migrate --map-key-file`: what the map of a migration says of
    /// rows is a hash under it then. It opens nothing; keep it like a password all the same.
    Map {
        #[command(flatten)]
        keys: kms::Keys,
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
        /// The file; one that is there already is left alone.
        #[arg(long)]
        out: PathBuf,
    },
    /// Opens, in place, what is sealed in a folder that `fm-migrate cutover --export` has written. What is there then is about
    /// patients, and in the clear: keep it where nobody else reads it, and delete it when it was entered.
    Open {
        #[command(flatten)]
        keys: kms::Keys,
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
        /// The folder.
        #[arg(long)]
        folder: PathBuf,
    },
    /// From now on the database believes a session of wattle_app only with the pass of the server's key: whoever has that
    /// role's password and not the key sees no clinic. To be said once every server has the key; said again after the key
    /// was replaced.
    Pass {
        #[command(flatten)]
        keys: kms::Keys,
        /// Passes of other keys count on, while servers are moved from one key to the next.
        #[arg(long)]
        keep: bool,
        /// No pass is asked for any more.
        #[arg(long, conflicts_with = "keep")]
        off: bool,
    },
    /// Wraps every key in the database under the present key of the KMS: after --kms or the server's key was replaced and
    /// the one before was given as --kms-old.
    Rewrap {
        #[command(flatten)]
        keys: kms::Keys,
    },
}

impl Keys {
    pub(super) async fn run(self) -> anyhow::Result<Value> {
        Ok(match self {
            Self::Status { clinic } => {
                serde_json::to_value(seal::status(&owner_pool().await?, clinic).await?)?
            }
            Self::Seal { keys, clinic } => {
                let pool = app_pool(2, keys.server_key(false)?.as_ref())?;
                let done = seal::seal(&pool, keys.needed()?, clinic).await;
                let done = done.map_err(|error| anyhow::anyhow!("{}", error.cause.unwrap_or_default()))?;
                json!({"sealed": done.values, "clashes": done.clashes, "busy": done.busy})
            }
            Self::Rotate { keys, clinic } => {
                let told = |table: &str, rows: i64, of: i64| tracing::info!(table, rows, of, "rotating");
                let done = seal::rotate(&owner_pool().await?, &keys.needed()?, clinic, &told).await?;
                if done.damaged > 0 {
                    output::say(&serde_json::to_value(done)?);
                    anyhow::bail!("some values do not open: they were left as they are, see the log");
                }
                serde_json::to_value(done)?
            }
            Self::Map { keys, clinic, out } => {
                let (pool, keys) = (owner_pool().await?, keys.needed()?);
                let mut file = private(&out)?;
                let key = seal::map_key(&pool, keys, clinic).await;
                let written = match &key {
                    Ok(key) => file.write_all(key.as_bytes()).and_then(|()| file.sync_all()),
                    Err(_) => Ok(()),
                };
                if key.is_err() || written.is_err() {
                    // Ours, and made a moment ago: nothing is in it.
                    std::fs::remove_file(&out).context("an empty file was left behind")?;
                }
                key?;
                written.context("the key could not be written")?;
                json!({"clinic": clinic, "out": out})
            }
            Self::Open { keys, clinic, folder } => {
                let opener = seal::Opener::new(&owner_pool().await?, keys.needed()?, clinic).await?;
                let (mut files, mut opened) = (0, 0);
                for entry in std::fs::read_dir(&folder)
                    .with_context(|| format!("{} cannot be read", folder.display()))?
                {
                    let path = entry?.path();
                    if path.extension().is_some_and(|end| end == "jsonl") {
                        opened += open(&opener, &path).with_context(|| path.display().to_string())?;
                        files += 1;
                    }
                }
                json!({"clinic": clinic, "files": files, "opened": opened})
            }
            Self::Pass { off: true, .. } => {
                admin::lift_pass(&owner_pool().await?).await?;
                json!({"pass": false})
            }
            Self::Pass { keys, keep, .. } => {
                let key = keys.server_key(false)?.context(
                    "no key of the server: give --data-dir or --server-key-file, whatever the serving process has",
                )?;
                admin::ask_for_pass(&owner_pool().await?, &key, !keep).await?;
                json!({"pass": true})
            }
            Self::Rewrap { keys } => {
                let done = seal::rewrap(&owner_pool().await?, &keys.needed()?).await?;
                if let Some(why) = &done.why {
                    output::say(&serde_json::to_value(&done)?);
                    anyhow::bail!("some keys were left as they are: {why}");
                }
                serde_json::to_value(done)?
            }
        })
    }
}

/// Opens the values of a file's lines. The file is replaced when all of them have opened.
fn open(opener: &seal::Opener, path: &Path) -> anyhow::Result<u64> {
    let beside = path.with_extension("opening");
    let mut opened = 0;
    let mut written = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let mut line: Value = serde_json::from_str(line).context("a line is no JSON")?;
        opened += opener.open(&mut line)?;
        serde_json::to_writer(&mut written, &line)?;
        written.push(b'\n');
    }
    // What an interrupted run left behind is ours.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = private(&beside)?;
    file.write_all(&written)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(opened)
}

/// A new file that nobody else reads.
fn private(path: &Path) -> anyhow::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| format!("{} cannot be made", path.display()))
}
