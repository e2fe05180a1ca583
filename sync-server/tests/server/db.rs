mod compaction;
mod epoch;
mod feed;
mod migrate;
mod rls;
mod schema;
mod wal;
