//! Secrets come from the environment, or from a file that it names; never from the command line, where `ps` shows them to
//! everybody.

use anyhow::Context as _;
use sqlx::PgPool;
use wattle_server::db::connect;
use wattle_server::kms::ServerKey;

/// What every command's help ends with.
pub(super) const HELP: &str = "\
Secrets are read from the environment, or, with _FILE behind the name, from the file that the variable names:
  DATABASE_URL               postgres://… of the role wattle_app (serve, compact, keys seal)
  WATTLE_OWNER_DATABASE_URL  postgres://… of an account that may act as wattle_owner (everything else)
  WATTLE_APP_PASSWORD, WATTLE_MIGRATOR_PASSWORD  passwords that `migrate` gives to these roles
  WATTLE_SERVER_KEY          64 hex digits that seal what rests in the database and sign URLs
  REDIS_URL                  redis://…, over which servers hear of one another's commits sooner";

/// The secret of a name, if it was given: the variable, or what the file says that the variable `NAME_FILE` names.
pub(super) fn secret(name: &str) -> anyhow::Result<Option<String>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let of_file = format!("{name}_FILE");
    match (variable(name), variable(&of_file)) {
        (Some(_), Some(_)) => anyhow::bail!("both {name} and {of_file} are set: unset one of them"),
        (Some(value), None) => Ok(Some(value)),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the file that {of_file} names cannot be read"))?;
            let value = text.trim_end_matches(['\r', '\n']).to_owned();
            anyhow::ensure!(!value.is_empty(), "the file that {of_file} names is empty");
            Ok(Some(value))
        }
        (None, None) => Ok(None),
    }
}

fn needed(name: &str) -> anyhow::Result<String> {
    secret(name)?.with_context(|| format!("{name} is not set: give it, or {name}_FILE, in the environment"))
}

/// The serving role's pool; the server's key gives it the pass that the database may ask for.
pub(super) fn app_pool(connections: u32, key: Option<&ServerKey>) -> anyhow::Result<PgPool> {
    connect::app_pool(&needed("DATABASE_URL")?, connections, key).context("DATABASE_URL cannot be read")
}

/// The URL of the account for administration.
pub(super) fn owner_url() -> anyhow::Result<String> {
    needed("WATTLE_OWNER_DATABASE_URL")
}

/// The pool of the account for administration.
pub(super) async fn owner_pool() -> anyhow::Result<PgPool> {
    connect::owner_pool(&owner_url()?)
        .await
        .context("could not connect with WATTLE_OWNER_DATABASE_URL; has `wattle-server migrate` been run?")
}
