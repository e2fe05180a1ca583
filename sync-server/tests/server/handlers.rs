mod admin;
mod escrow;
mod recorded;
mod refresh;
mod second_factor;
mod session;
mod sign_in;
mod wipe;
