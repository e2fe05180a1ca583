//! `wattle-server quarantine`: what could not be decided, and what becomes of it.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wattle_domain::{ClinicId, CommandId};
use wattle_server::admin;

use super::kms;
use super::secrets::owner_pool;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Quarantine {
    #[command(subcommand)]
    act: Option<Act>,
    #[command(flatten)]
    keys: kms::Keys,
    /// The clinic whose commands are printed, whole.
    #[arg(long)]
    clinic: Option<ClinicId>,
}

#[derive(Subcommand)]
enum Act {
    /// Decides a command after all, with the rest of its group: verified again, and as if it came now.
    Apply {
        /// The command.
        command: CommandId,
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
        #[command(flatten)]
        keys: Box<kms::Keys>,
    },
    /// Says that a command stays undecided.
    SetAside {
        /// The command.
        command: CommandId,
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
        /// Why, without anything about the patient: it goes into the log of access.
        #[arg(long)]
        reason: String,
    },
}

impl Quarantine {
    pub(super) async fn run(self) -> anyhow::Result<Value> {
        Ok(match self.act {
            None => {
                let clinic = self.clinic.context("say whose with --clinic")?;
                let kms = self.keys.ring(self.keys.server_key(false)?.as_ref())?;
                json!({"quarantined": admin::quarantined(&owner_pool().await?, kms, clinic).await?})
            }
            Some(Act::Apply { command, clinic, keys }) => {
                let kms = keys.ring(keys.server_key(false)?.as_ref())?;
                json!({"answers": admin::release(&owner_pool().await?, kms, clinic, command).await?})
            }
            Some(Act::SetAside { command, clinic, reason }) => {
                admin::set_aside(&owner_pool().await?, clinic, command, &reason).await?;
                json!({"set_aside": command})
            }
        })
    }
}
