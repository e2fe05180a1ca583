//! `fm-migrate extract`.

use anyhow::Context as _;
use clap::Args;
use wattle_fm_migrate::extract;
use wattle_fm_migrate::wire::Account;

use super::{import, progress};

#[derive(Debug, Args)]
pub(super) struct Extract {
    #[command(flatten)]
    pub(super) to: import::Import,
    /// FileMaker's account: one that sees every record. Not needed where nothing is asked of FileMaker Server.
    #[arg(long, env = "FM_USER")]
    fm_user: Option<String>,
    /// Its password. In the environment: arguments are visible.
    #[arg(long, env = "FM_PASSWORD", hide_env_values = true)]
    fm_password: Option<String>,
}

impl Extract {
    /// Who reads FileMaker, where both are said.
    pub(super) fn account(&self) -> Option<Account> {
        let (user, password) = self.fm_user.clone().zip(self.fm_password.clone())?;
        Some(Account { user, password })
    }

    pub(super) async fn run(self) -> anyhow::Result<()> {
        let account = self.account();
        let import::Import { mapping, database_url, clinic, route, .. } = self.to;
        let request = extract::Request { mapping, database_url, clinic, account, route };
        let done = extract::extract(&request, &progress).await.context("the extract stopped")?;
        for (name, table) in &done {
            let witness = table.witness.map_or_else(|| "not asked".to_owned(), |n| n.to_string());
            eprintln!(
                "{name} by {}: {} staged; FileMaker counts {}, its other interface {witness}; {} new, {} changed, {} gone",
                table.route, table.records, table.found, table.paged.new, table.paged.changed, table.gone
            );
            if table.renumbered {
                eprintln!("  the file was cloned or restored since: everything was read again");
            }
        }
        println!("{}", serde_json::to_string(&done)?);
        Ok(())
    }
}
