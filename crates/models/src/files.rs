//! The models that come with the program.

use crate::error::Error;
use crate::header::Model;
use crate::order::ordered;

/// The files of `migrations/models`. The order is not that of the list: it follows from what they read.
const FILES: &[(&str, &str)] = &[
    ("010_todays_appointments.sql", include_str!("../../../migrations/models/010_todays_appointments.sql")),
    ("020_waiting_room.sql", include_str!("../../../migrations/models/020_waiting_room.sql")),
    ("030_patient_summary.sql", include_str!("../../../migrations/models/030_patient_summary.sql")),
    ("040_unactioned_results.sql", include_str!("../../../migrations/models/040_unactioned_results.sql")),
    ("050_import_account.sql", include_str!("../../../migrations/models/050_import_account.sql")),
    ("060_lineage.sql", include_str!("../../../migrations/models/060_lineage.sql")),
    ("070_day_takings.sql", include_str!("../../../migrations/models/070_day_takings.sql")),
];

/// All of them, each after those that it reads.
///
/// # Errors
/// [`Error::File`] when one is not as it should be.
pub fn shipped() -> Result<Vec<Model>, Error> {
    ordered(FILES.iter().map(|(file, text)| Model::read(file, text)).collect::<Result<_, _>>()?)
}
