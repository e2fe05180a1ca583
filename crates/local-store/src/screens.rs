//! What the screens show, straight out of the file: one snapshot, one or two indexed queries each.

mod address_book;
pub(crate) mod attention;
mod audit;
mod billing;
pub(crate) mod card;
mod clinic;
mod day_book;
pub(crate) mod documents;
pub(crate) mod hit;
mod inbox;
mod patient;
mod record;
mod restricted;
mod roster;
pub(crate) mod scans;
mod sync_details;
mod waiting_room;
