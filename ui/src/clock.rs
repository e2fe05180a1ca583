//! The page's clock: the one file that reads it.
//!
//! Called by: the ticking `now` of [`crate::state::desk`], and nothing that orders anything.

use wattle_domain::UtcInstant;

/// The present instant, for people to read.
pub(crate) fn now() -> UtcInstant {
    #[allow(clippy::cast_possible_truncation)] // milliseconds since 1970 fit an i64 by far
    let millis = js_sys::Date::now() as i64;
    UtcInstant(millis)
}
