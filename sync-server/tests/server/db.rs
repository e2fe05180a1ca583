mod compaction;
mod feed;
mod migrate;
mod rls;
mod schema;
