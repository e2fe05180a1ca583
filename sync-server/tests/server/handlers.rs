mod admin;
mod escrow;
mod recorded;
mod refresh;
mod session;
mod sign_in;
mod wipe;
