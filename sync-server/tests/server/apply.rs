mod audit;
mod fault;
mod push;
mod race;
mod trust;
