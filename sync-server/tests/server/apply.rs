mod audit;
mod fault;
mod group;
mod push;
mod race;
mod trust;
mod twin;
