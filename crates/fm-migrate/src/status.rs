//! Where each table stands: extracted, imported, and how long the rest will take.

use serde::Serialize;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::load::{connect, standing};

/// One table of one way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Our name of it.
    pub table: String,
    /// `file`, `odata`, `data_api`.
    pub route: String,
    /// `sweep`, `check`, `stable` over HTTP; `staged` for a file.
    pub state: String,
    /// Records in staging.
    pub staged: i64,
    /// Records that FileMaker has, as far as it was asked.
    pub found: Option<i64>,
    /// Seconds that the rest of a sweep will take at its pace so far; `None` when nothing tells.
    pub seconds_left: Option<f64>,
    /// Rows of the latest finished import that loaded from it, and rejects.
    pub loaded: Option<i64>,
    /// Records of it on the reject list.
    pub rejected: Option<i64>,
}

/// Every table of a clinic.
///
/// # Errors
/// When the database cannot be used.
pub async fn status(database_url: &str, clinic: ClinicId) -> Result<Vec<Standing>, Error> {
    let mut connection = connect(database_url, clinic).await?;
    standing::standing(&mut connection, clinic).await
}
