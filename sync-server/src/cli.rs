//! The command line. Each command prints one JSON object on stdout; logs go to stderr.

mod documents;
mod images;
mod jobs;
mod keys;
mod kms;
mod output;
mod quarantine;
mod secrets;
mod serve;

use std::io::Read as _;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use serde_json::json;
use wattle_domain::time::Clock as _;
use wattle_domain::{ClinicId, ClinicZone, Role};
use wattle_server::admin::{self, NewUser};
use wattle_server::clock::SystemClock;
use wattle_server::compaction;
use wattle_server::config::Config;
use wattle_server::db::migrate::{LoginPasswords, migrate};

use secrets::{app_pool, owner_pool, owner_url, secret};

/// The sync server of Wattle.
#[derive(Parser)]
#[command(version, about, after_help = secrets::HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Brings the database to this version: roles, schema, grants. Running it again changes nothing.
    Migrate,
    /// Clinics.
    #[command(subcommand)]
    Clinic(Clinic),
    /// Users.
    #[command(subcommand)]
    User(User),
    /// OpenID providers.
    #[command(subcommand)]
    Openid(Openid),
    /// Workstations.
    #[command(subcommand)]
    Workstation(Workstation),
    /// Walks a clinic's logs and names the first entry that was altered, is missing or is not signed by its author.
    VerifyAudit {
        #[command(flatten)]
        keys: Box<kms::Keys>,
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
        /// LOG:ENTRIES:HASH, as an earlier run printed it: the log must still have all of that. Kept anywhere but in this
        /// database, it finds a log whose end was cut. May be given more than once.
        #[arg(long, value_parser = seen)]
        expect: Vec<admin::Head>,
    },
    /// Prints a clinic's commands that could not be decided, whole: somebody must look. They are about patients. Or sees to
    /// one of them.
    Quarantine(Box<quarantine::Quarantine>),
    /// The keys of what rests sealed.
    #[command(subcommand)]
    Keys(Box<keys::Keys>),
    /// Documents' bytes.
    #[command(subcommand)]
    Documents(Box<documents::Documents>),
    /// The server's own work.
    #[command(subcommand)]
    Jobs(Box<jobs::Jobs>),
    /// Forgets what the commit log need not remember; the serving process does it by itself once an hour.
    Compact {
        #[command(flatten)]
        keys: Box<kms::Keys>,
    },
    /// To be said after a backup was restored, before the server runs again: workstations then compare what they have
    /// and offer again what the backup has lost.
    Restored,
    /// Serves until SIGTERM.
    Serve(Box<serve::Serve>),
}

#[derive(Subcommand)]
enum Clinic {
    /// Makes a clinic.
    Create {
        /// Name as on letters.
        #[arg(long)]
        name: String,
        /// Its id; made when left out.
        #[arg(long)]
        id: Option<ClinicId>,
        /// IANA zone.
        #[arg(long, default_value = "Australia/Sydney")]
        zone: String,
    },
    /// Opens a clinic that an import has closed until its switch, where no cutover will make one: it was closed by mistake.
    Open {
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
    },
}

#[derive(Subcommand)]
enum Openid {
    /// Names the provider that people of a clinic may sign in with; who may is seen to in the app.
    Set {
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
        /// The provider's issuer, exactly as its own description has it: https://login.example.com/
        #[arg(long)]
        issuer: String,
        /// What the provider calls Wattle: a public (native) client with the redirect http://127.0.0.1 on any port.
        #[arg(long)]
        client_id: String,
        /// What people call it.
        #[arg(long)]
        label: String,
        /// Which claim is compared with a login the first time: email (only where the provider has checked it) or
        /// preferred_username (only where people cannot choose it).
        #[arg(long, default_value = "email", value_parser = ["email", "preferred_username"])]
        login_claim: String,
    },
}

#[derive(Subcommand)]
enum User {
    /// Makes a user; the password is read from stdin.
    Add {
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
        /// Name of the account.
        #[arg(long)]
        username: String,
        /// Name on the screen.
        #[arg(long)]
        display_name: String,
        /// reception, nurse, practitioner, practice_manager or admin; may be given more than once.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// Family name of their column in the day book; made when there is none.
        #[arg(long)]
        practitioner: Option<String>,
    },
}

#[derive(Subcommand)]
enum Workstation {
    /// Makes a one-time code that enrols a workstation within 24 hours.
    Code {
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
    },
}

impl Cli {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let said = match self.command {
            Command::Serve(serve) => return serve.run().await,
            Command::Migrate => {
                let passwords = LoginPasswords {
                    app: secret("WATTLE_APP_PASSWORD")?,
                    migrator: secret("WATTLE_MIGRATOR_PASSWORD")?,
                };
                let done = migrate(&owner_url()?, &passwords).await?;
                json!({"applied": done.applied, "version": done.version})
            }
            Command::Clinic(Clinic::Create { name, id, zone }) => {
                let zone: ClinicZone = serde_json::from_value(json!(zone))
                    .ok()
                    .context("--zone must be an IANA zone such as Australia/Sydney")?;
                let clinic = admin::create_clinic(&owner_pool().await?, id, &name, zone.0.name()).await?;
                json!({"clinic": clinic})
            }
            Command::Clinic(Clinic::Open { clinic }) => {
                let closed_at = admin::open_clinic(&owner_pool().await?, clinic).await?;
                json!({"clinic": clinic, "closed_at": closed_at})
            }
            Command::Openid(Openid::Set { clinic, issuer, client_id, label, login_claim }) => {
                admin::set_openid_provider(
                    &owner_pool().await?,
                    clinic,
                    issuer,
                    client_id,
                    login_claim,
                    label,
                )
                .await?;
                json!({"clinic": clinic})
            }
            Command::User(User::Add { clinic, username, display_name, roles, practitioner }) => {
                let mut password = String::new();
                std::io::stdin()
                    .read_to_string(&mut password)
                    .context("could not read the password from stdin")?;
                let password = password.trim_end_matches(['\r', '\n']).to_owned();
                let roles = roles.iter().map(|r| role(r)).collect::<anyhow::Result<Vec<_>>>()?;
                let new = NewUser { username, display_name, roles, password, practitioner };
                let (user, practitioner) = admin::add_user(&owner_pool().await?, clinic, new).await?;
                json!({"user": user, "practitioner": practitioner})
            }
            Command::Workstation(Workstation::Code { clinic }) => {
                let now = SystemClock.now().to_chrono().unwrap_or_default();
                json!({"code": admin::enrolment_code(&owner_pool().await?, clinic, now).await?})
            }
            Command::VerifyAudit { keys, clinic, expect } => {
                let kms = keys.ring(keys.server_key(false)?.as_ref())?;
                let owner = owner_pool().await?;
                let (heads, cut) = admin::log_heads(&owner, clinic, &expect).await?;
                match admin::verify_audit(&owner, kms, clinic).await?.or(cut) {
                    None => json!({"whole": true, "logs": heads}),
                    Some(broken) => {
                        output::say(&json!({"whole": false, "log": broken.log, "entry": broken.entry,
                            "why": broken.why}));
                        anyhow::bail!("a log is broken");
                    }
                }
            }
            Command::Quarantine(quarantine) => quarantine.run().await?,
            Command::Keys(keys) => keys.run().await?,
            Command::Documents(documents) => documents.run().await?,
            Command::Jobs(jobs) => jobs.run().await?,
            Command::Compact { keys } => {
                let pool = app_pool(1, keys.server_key(false)?.as_ref())?;
                match compaction::run(&pool, &Config::default(), SystemClock.now()).await? {
                    None => json!({"compacted": false, "why": "another process is at it"}),
                    Some(done) => json!({"compacted": true, "superseded": done.superseded,
                        "forgotten": done.forgotten, "attempts": done.attempts}),
                }
            }
            Command::Restored => json!({"epoch": admin::restored(&owner_pool().await?).await?}),
        };
        output::say(&said);
        Ok(())
    }
}

/// `audit_event:12:9f…`
fn seen(text: &str) -> Result<admin::Head, String> {
    let wrong =
        || "give it as it was printed: audit_event:ENTRIES:HASH or access_event:ENTRIES:HASH".to_owned();
    let mut parts = text.split(':');
    let (Some(log), Some(entries), Some(hash), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let entries = entries.parse().map_err(|_| wrong())?;
    if !matches!(log, "audit_event" | "access_event") || hash.is_empty() {
        return Err(wrong());
    }
    Ok(admin::Head { log: log.to_owned(), entries, hash: hash.to_owned() })
}

fn role(word: &str) -> anyhow::Result<Role> {
    word.parse()
        .ok()
        .with_context(|| format!("no role {word}: reception, nurse, practitioner, practice_manager or admin"))
}
