//! Who sees patients.

use crate::ids::{LocationId, PractitionerId, UserId};
use crate::table::entity;

entity! {
    /// A doctor, nurse or allied health professional with a column in the day book.
    Practitioner, id: PractitionerId, "practitioner", Ref {
        /// The account, if they sign in.
        user_id: Option<UserId>,
        /// `Dr`.
        title: Option<String>,
        /// Family name.
        family_name: String,
        /// Given name.
        given_name: Option<String>,
        /// `General practitioner`.
        profession: Option<String>,
        /// AHPRA registration, three capitals and ten digits.
        ahpra_number: Option<String>,
        /// HPI-I, 16 digits.
        hpii: Option<String>,
        /// PBS prescriber number.
        prescriber_number: Option<String>,
        /// Usual length of an appointment, minutes.
        usual_duration_min: i64,
        /// The room they usually sit in.
        usual_room_id: Option<LocationId>,
        /// Order of the columns in the day book.
        sort: i64,
        /// Still works here.
        active: bool,
    }
}
