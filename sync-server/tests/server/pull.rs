mod digest;
mod producer;
