//! Connections to the encrypted file: how they are opened, keyed and set up; what a file that does not open means.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::data_key::DataKey;
use crate::error::OpenError;
use crate::page_check;

/// Cache of the writer. With less, spilled pages of a first sync are encrypted again and again.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// Cache of each reader: the cards and the search index of a large clinic.
const READER_CACHE_KIB: i64 = 48 * 1024;

/// How long a lock of another connection is waited for.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// The writer's connection to a file that exists and opens with this key, or to a new one.
pub(crate) fn writer(path: &Path, key: &DataKey) -> rusqlite::Result<Connection> {
    let connection = open(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // FULL: "saved" survives a power cut. It costs a quarter of a millisecond per command.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64_i64 << 20, |_| Ok(()))?;
    // What is deleted is overwritten where that costs no extra page; see `vacuum` for rows that must leave no trace.
    secure_delete(&connection, "FAST")?;
    // Moving the log into the file is done beside the writer; see `checkpoint`.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(512);
    Ok(connection)
}

/// How thoroughly deleted rows are overwritten: `ON` in free pages too, `FAST` only where it costs no extra page.
pub(crate) fn secure_delete(connection: &Connection, how: &str) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "secure_delete", how, |_| Ok(()))
}

/// A connection that cannot write.
pub(crate) fn reader(path: &Path, key: &DataKey) -> rusqlite::Result<Connection> {
    let connection = open(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// The connection that moves the log into the file.
pub(crate) fn checkpointer(path: &Path, key: &DataKey) -> rusqlite::Result<Connection> {
    let connection = open(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // The log is only emptied once everything in it is safe in the file.
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// A new file for what is staged during one pull, keyed like the store; nothing of it needs to survive a crash.
pub(crate) fn staging(path: &Path, key: &DataKey) -> rusqlite::Result<Connection> {
    let connection = open(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

/// A file that is written page by page and worth nothing until all are there.
pub(crate) fn page_writer(path: &Path, key: &DataKey) -> rusqlite::Result<Connection> {
    let connection = open(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

/// A read-only look at a file whose name may be that of a damaged one.
pub(crate) fn look(path: &Path, key: &DataKey) -> rusqlite::Result<Connection> {
    let connection = open(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn open(path: &Path, key: &DataKey, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    set_key(&connection, key)?;
    // Sorting a large index must not leave readable pages in the system's temporary folder.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

fn set_key(connection: &Connection, key: &DataKey) -> rusqlite::Result<()> {
    // SQLCipher writes to the standard error otherwise; what it finds comes back as an error anyway.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.execute_batch(&key.pragma())
}

/// Whether a key opens an existing file, found out without changing a byte beside it: SQLite itself would copy the
/// write-ahead log into the file when the last connection closes, whatever the key.
///
/// # Errors
/// `WrongKey` or `Damaged`.
pub(crate) fn prove(path: &Path, key: &DataKey) -> Result<(), OpenError> {
    let wal = wal_of(path);
    let wal_len = std::fs::metadata(&wal).map_or(0, |m| m.len());
    let file_len = std::fs::metadata(path)?.len();
    if file_len == 0 && wal_len == 0 {
        return Ok(());
    }
    if header_reads(path, key) {
        return Ok(());
    }
    // A power cut may have torn the first page while the log still has it whole: look at a copy of just these two.
    if wal_len > 0 && header_reads_through_log(path, &wal, key)? {
        return Ok(());
    }
    if key.is_proven() || page_check::some_page_fits(path, key)? {
        Err(OpenError::Damaged)
    } else {
        Err(OpenError::WrongKey)
    }
}

fn header_reads(path: &Path, key: &DataKey) -> bool {
    let name = path.to_string_lossy();
    let mut uri = String::from("file:");
    for byte in name.bytes() {
        match byte {
            b'?' | b'#' | b'%' => uri.push_str(&format!("%{byte:02x}")),
            b'\\' => uri.push('/'),
            _ if byte.is_ascii() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags).is_ok_and(|connection| first_page(&connection, key))
}

fn first_page(connection: &Connection, key: &DataKey) -> bool {
    let read = set_key(connection, key)
        .and_then(|()| connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)));
    read.is_ok()
}

fn header_reads_through_log(path: &Path, wal: &Path, key: &DataKey) -> Result<bool, OpenError> {
    use std::io::{Read, Write};
    let folder = std::env::temp_dir()
        .join(format!("wattle-{}", uuid::Builder::from_random_bytes(random_bytes()).into_uuid()));
    std::fs::create_dir(&folder)?;
    let copy = folder.join("page");
    let attempt = || -> std::io::Result<bool> {
        let mut page = vec![0; page_check::PAGE_BYTES];
        let got = std::fs::File::open(path)?.read(&mut page)?;
        page.truncate(got.max(1));
        std::fs::File::create(&copy)?.write_all(&page)?;
        std::fs::copy(wal, wal_of(&copy))?;
        Ok(Connection::open(&copy).is_ok_and(|connection| first_page(&connection, key)))
    };
    let result = attempt();
    // What is removed is our own copy of one encrypted page and the log.
    let _ = std::fs::remove_dir_all(&folder);
    Ok(result?)
}

fn random_bytes() -> [u8; 16] {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut bytes = [0; 16];
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes
}

/// The write-ahead log beside a file.
pub(crate) fn wal_of(path: &Path) -> std::path::PathBuf {
    beside(path, "-wal")
}

/// A file beside a file.
pub(crate) fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
