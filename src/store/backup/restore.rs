//! Putting a backup back.

use std::collections::HashMap;
use std::io::SeekFrom;

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::io::{AsyncRead, AsyncSeek, AsyncSeekExt as _, BufReader};

use super::catalogue::{self, Table, qualified, quoted};
use super::format::{Header, Reader, SequenceHeader, TableHeader};
use super::{BackupError, Summary};
use crate::domain::audit::{Entry, Head};
use crate::store::audit;
use crate::store::db::is_deadlock;

/// What the migrations themselves write: a database with no more than that counts as empty.
const SEEDED: &[(&str, u64)] = &[("tenants", 1)];

/// How often the locks are tried for beside a gateway that serves.
const TRIES: u32 = 5;

/// Not a default: to throw away what is there has to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreOptions {
    /// Empty a database that holds something.
    pub replace: bool,
}

/// The entry of the audit log that tells of a restore, from the file's header and the ends of the log that it replaces.
pub type Note<'a> = &'a (dyn Fn(&Header, &[Head]) -> Entry + Sync);

/// A backup that was read from end to end and found whole.
struct Verified {
    header: Header,
    /// Where each table's data begins, and its digest.
    places: Vec<(u64, [u8; 32])>,
    length: u64,
}

/// Reads a backup from end to end, checks that it is whole, and returns its header. It needs no database.
pub async fn inspect(file: impl AsyncRead + AsyncSeek + Unpin) -> Result<Header, BackupError> {
    Ok(verify(&mut BufReader::new(file)).await?.header)
}

/// Puts a backup back into a database whose migrations have run: all of it, in one transaction, or nothing.
///
/// The file is read twice. The first time nothing is touched, so that a damaged file changes nothing. The
/// database may be newer than the file: columns that the file lacks take their defaults. After an error,
/// close the connection.
///
/// Statement triggers fire behind the statements, so that running gateways read the new catalogue; row triggers and those
/// that would refuse a statement do not, the rows are what they were. `note` goes into the audit log behind what the file
/// has of it.
pub async fn restore(
    conn: &mut PgConnection,
    file: impl AsyncRead + AsyncSeek + Unpin,
    options: &RestoreOptions,
    note: Option<Note<'_>>,
) -> Result<Summary, BackupError> {
    let mut file = BufReader::new(file);
    let verified = verify(&mut file).await?;
    let mut tries = 1;
    loop {
        match put_back(conn, &mut file, &verified, *options, note).await {
            // A gateway that serves takes its locks in another order. Postgres ended this one: nothing was changed.
            Err(BackupError::Database(error)) if is_deadlock(&error) && tries < TRIES => tries += 1,
            done => return done,
        }
    }
}

async fn put_back<R: AsyncRead + AsyncSeek + Unpin>(
    conn: &mut PgConnection,
    file: &mut BufReader<R>,
    verified: &Verified,
    options: RestoreOptions,
    note: Option<Note<'_>>,
) -> Result<Summary, BackupError> {
    let header = &verified.header;
    let mut tx = conn.begin().await?;
    // Who is in the way of the locks (a gateway in the middle of something) gets this long to step aside.
    tx.execute("set local lock_timeout = '30s'").await?;
    tx.execute("set local row_security = off").await?;
    tx.execute("set local datestyle = 'ISO, YMD'").await?;
    tx.execute("set constraints all deferred").await?;

    let known = catalogue::migration_version(&mut tx).await?;
    if header.migration_version > known {
        return Err(BackupError::NewerSchema { file: header.migration_version, known });
    }
    let tables = catalogue::tables(&mut tx).await?;
    let sequences = catalogue::sequence_names(&mut tx).await?;
    check_fit(header, &tables)?;
    prepare(&mut tx, &tables).await?;
    // Before they are gone.
    let replaced = if note.is_some() { audit::heads(&mut tx).await? } else { Vec::new() };
    empty(&mut tx, &tables, header, options).await?;

    let places: HashMap<&str, (&TableHeader, &(u64, [u8; 32]))> = header
        .tables
        .iter()
        .zip(&verified.places)
        .map(|(table, place)| (table.name.as_str(), (table, place)))
        .collect();
    // In this database's order, which may differ from the file's.
    for table in &tables {
        if let Some((stored, (offset, digest))) = places.get(table.name.as_str()) {
            file.seek(SeekFrom::Start(*offset)).await.map_err(BackupError::Read)?;
            fill(&mut tx, file, stored, digest).await?;
        }
    }
    if let Some(note) = note {
        let entry = note(header, &replaced);
        audit::append(&mut tx, entry.tenant, entry).await?;
    }
    unprepare(&mut tx, &tables).await?;
    // Last, because no rollback takes it back.
    set_sequences(&mut tx, &header.sequences, &sequences).await?;
    tx.commit().await?;
    Ok(Summary::of(header, verified.length))
}

async fn verify<R: AsyncRead + AsyncSeek + Unpin>(file: &mut BufReader<R>) -> Result<Verified, BackupError> {
    file.seek(SeekFrom::Start(0)).await.map_err(BackupError::Read)?;
    let mut reader = Reader::new(&mut *file, 0);
    let header = reader.header().await?;
    let mut places = Vec::with_capacity(header.tables.len());
    let mut piece = Vec::new();
    for table in &header.tables {
        let offset = reader.position();
        let (mut digest, mut rows) = (Sha256::new(), 0);
        let mut more = true;
        while more {
            more = reader.piece(&mut piece).await?;
            // As `fill`'s reader sees it, the lengths included.
            digest.update(u32::try_from(piece.len()).expect("a piece is at most a megabyte").to_be_bytes());
            digest.update(&piece);
            rows += rows_in(&piece);
        }
        if rows != table.rows {
            return Err(BackupError::Damaged("a table has not the number of rows that the header tells"));
        }
        places.push((offset, digest.finalize().into()));
    }
    let length = reader.finish().await?;
    Ok(Verified { header, places, length })
}

/// In `COPY`'s text format a line break inside of a value is written `\n`: every real one ends a row.
pub(super) fn rows_in(copy_text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', copy_text).count() as u64
}

/// Everything in the file has a place; every problem is named, not only the first.
fn check_fit(header: &Header, tables: &[Table]) -> Result<(), BackupError> {
    let mut problems = Vec::new();
    for stored in header.tables.iter().filter(|stored| stored.rows > 0) {
        match tables.iter().find(|table| table.name == stored.name) {
            None => problems.push(format!("the table {} is gone", stored.name)),
            Some(table) => problems.extend(
                stored
                    .columns
                    .iter()
                    .filter(|column| !table.columns.contains(column))
                    .map(|column| format!("the column {}.{column} is gone", stored.name)),
            ),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(BackupError::DoesNotFit { problems }) }
}

/// Locks everything, and switches off what would keep rows out or change them.
async fn prepare(conn: &mut PgConnection, tables: &[Table]) -> Result<(), BackupError> {
    for table in tables {
        let name = qualified(&table.name);
        conn.execute(AssertSqlSafe(format!("lock table {name} in access exclusive mode"))).await?;
        if table.forces_row_security {
            conn.execute(AssertSqlSafe(format!("alter table {name} no force row level security"))).await?;
        }
        for trigger in &table.guards {
            conn.execute(AssertSqlSafe(format!("alter table {name} disable trigger {}", quoted(trigger))))
                .await?;
        }
    }
    Ok(())
}

async fn unprepare(conn: &mut PgConnection, tables: &[Table]) -> Result<(), BackupError> {
    // `alter table` refuses a table with checks that still wait for the end of the transaction.
    conn.execute("set constraints all immediate").await?;
    for table in tables {
        let name = qualified(&table.name);
        for trigger in &table.guards {
            conn.execute(AssertSqlSafe(format!("alter table {name} enable trigger {}", quoted(trigger))))
                .await?;
        }
        if table.forces_row_security {
            conn.execute(AssertSqlSafe(format!("alter table {name} force row level security"))).await?;
        }
    }
    Ok(())
}

/// With `replace`, empties everything: also the tables that the file does not know yet, whose rows belong to
/// the data that goes. Without it nothing but what the migrations wrote is there, and of that only what the
/// file fills is removed.
async fn empty(
    conn: &mut PgConnection,
    tables: &[Table],
    header: &Header,
    options: RestoreOptions,
) -> Result<(), BackupError> {
    if options.replace {
        let all: Vec<String> = tables.iter().map(|table| qualified(&table.name)).collect();
        if !all.is_empty() {
            conn.execute(AssertSqlSafe(format!("truncate {}", all.join(", ")))).await?;
        }
        return Ok(());
    }
    let mut filled = Vec::new();
    for table in tables {
        let rows = catalogue::count(conn, &table.name).await?;
        let seeded = SEEDED.iter().find(|(name, _)| *name == table.name).map_or(0, |(_, rows)| *rows);
        if rows > seeded {
            filled.push((table.name.clone(), rows));
        }
    }
    if !filled.is_empty() {
        return Err(BackupError::NotEmpty { tables: filled });
    }
    // Not `truncate`: that refuses a table to which one outside of the list refers, empty or not.
    for table in
        tables.iter().rev().filter(|table| header.tables.iter().any(|stored| stored.name == table.name))
    {
        conn.execute(AssertSqlSafe(format!("delete from {}", qualified(&table.name)))).await?;
    }
    Ok(())
}

/// One table; `file` stands at its first piece.
async fn fill<R: AsyncRead + Unpin>(
    conn: &mut PgConnection,
    file: &mut R,
    table: &TableHeader,
    digest: &[u8; 32],
) -> Result<(), BackupError> {
    if table.rows == 0 {
        return Ok(());
    }
    let columns: Vec<_> = table.columns.iter().map(|column| quoted(column)).collect();
    let sql = format!("copy {} ({}) from stdin", qualified(&table.name), columns.join(", "));
    let mut copy = conn.copy_in_raw(&sql).await?;
    let mut reader = Reader::new(file, 0);
    let mut piece = Vec::new();
    let read = loop {
        match reader.piece(&mut piece).await {
            Ok(true) => {
                copy.send(piece.as_slice()).await?;
            }
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    // Verified before; but the file was read anew, and somebody may have changed it meanwhile.
    let read = read.and_then(|()| {
        if reader.digest() == *digest {
            Ok(())
        } else {
            Err(BackupError::Damaged("it changed while it was read"))
        }
    });
    if let Err(error) = read {
        copy.abort("the backup cannot be read").await?;
        return Err(error);
    }
    let rows = copy.finish().await?;
    if rows == table.rows {
        Ok(())
    } else {
        Err(BackupError::Lost { table: table.name.clone(), rows, expected: table.rows })
    }
}

async fn set_sequences(
    conn: &mut PgConnection,
    stored: &[SequenceHeader],
    present: &[String],
) -> Result<(), BackupError> {
    for sequence in stored.iter().filter(|sequence| present.contains(&sequence.name)) {
        sqlx::query("select setval($1::regclass, $2, $3)")
            .bind(qualified(&sequence.name))
            .bind(sequence.last_value)
            .bind(sequence.is_called)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}
