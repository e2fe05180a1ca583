mod compaction;
mod epoch;
mod feed;
mod migrate;
mod pass;
mod rls;
mod schema;
mod wal;
