//! The names of the people who sign in, so that every workstation can say who did something.

use crate::ids::UserId;
use crate::table::entity;

entity! {
    /// A name; accounts and passwords never leave the server.
    UserName, id: UserId, "user_name", Ref {
        /// `Maria Costa`.
        display_name: String,
        /// Still works here.
        active: bool,
    }
}
