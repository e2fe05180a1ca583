//! Sites and rooms.

use crate::fields::LocationKind;
use crate::ids::LocationId;
use crate::table::entity;

entity! {
    /// A site, or a room of a site.
    Location, id: LocationId, "location", Ref {
        /// Name.
        name: String,
        /// Site or room.
        kind: LocationKind,
        /// The site of a room.
        parent_id: Option<LocationId>,
    }
}
