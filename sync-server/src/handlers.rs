//! One file per route. A handler reads the request, calls, and answers; it holds no rule and no SQL.

pub(crate) mod admin;
pub(crate) mod blob;
pub(crate) mod document;
pub(crate) mod escrow;
pub(crate) mod health;
pub(crate) mod image;
pub(crate) mod live;
pub(crate) mod metrics;
pub(crate) mod openid;
pub(crate) mod password;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod refresh;
pub(crate) mod refused;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod wipe;
