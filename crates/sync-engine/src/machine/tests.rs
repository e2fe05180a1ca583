//! Tables with the reason in each row, and properties under random faults.

mod back_off;
mod faults;
mod flow;
mod mend;
mod properties;
mod rows;
mod session;
mod weaknesses;
mod world;
