mod audit;
mod fault;
mod group;
mod push;
mod race;
mod together;
mod trust;
mod twin;
