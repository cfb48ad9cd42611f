//! Backup and restore over an ordinary connection: no `pg_dump`, no version to match, the same for the
//! embedded Postgres and for a server of one's own.
//!
//! A backup is one snapshot of every table in the schema `public`, as the server itself writes it (`COPY`), in
//! one file that describes itself; the module `format` has its layout. The schema is not in it:
//! the migrations make that, and the file says which of them its database had.
//!
//! Secrets are in the file as they are in the database: sealed. The key that opens them is **not** in the
//! file. Keep it elsewhere; without it a restored database has lost its sign-ins and API keys.

mod catalogue;
mod format;
mod restore;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::io::AsyncWrite;

pub use self::format::{Header, SequenceHeader, TableHeader};
pub use self::restore::{Note, RestoreOptions, inspect, restore};

use self::catalogue::{qualified, quoted};
use self::format::{FORMAT, VERSION, Writer};

/// What the database cannot know about its backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupMeta {
    /// The present time.
    pub created_at: DateTime<Utc>,
    /// The program and its version, for people.
    pub created_by: String,
}

/// What was written or put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// When the backup was made.
    pub created_at: DateTime<Utc>,
    /// The newest migration of the database it was made of.
    pub migration_version: Option<i64>,
    /// The tables and their numbers of rows.
    pub tables: Vec<(String, u64)>,
    /// The length of the file.
    pub bytes: u64,
}

impl Summary {
    fn of(header: &Header, bytes: u64) -> Self {
        Self {
            created_at: header.created_at,
            migration_version: header.migration_version,
            tables: header.tables.iter().map(|table| (table.name.clone(), table.rows)).collect(),
            bytes,
        }
    }

    /// All rows together.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows in {} tables, {} bytes, schema version {}, made at {}.\nThe secrets in it are sealed, \
             and the encryption key is not in the file: keep the key elsewhere, a restored database needs \
             it.",
            self.rows(),
            self.tables.len(),
            self.bytes,
            version(self.migration_version),
            self.created_at.format("%Y-%m-%d %H:%M:%S UTC"),
        )
    }
}

/// Why a backup was not made or not put back. In every case the database is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database said no.
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
    /// The file cannot be written.
    #[error("cannot write the backup")]
    Write(#[source] io::Error),
    /// The file cannot be put where it should be.
    #[error("cannot write {}", path.display())]
    WriteTo {
        /// The file or its directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the backup")]
    Read(#[source] io::Error),
    /// It is some other file.
    #[error("this is not a backup of the gateway")]
    NotABackup,
    /// It was cut, or changed.
    #[error("the backup is damaged: {0}")]
    Damaged(&'static str),
    /// A newer gateway wrote it.
    #[error(
        "the backup has format {found}, and this gateway knows formats up to {known}: restore it with a \
         newer gateway"
    )]
    NewerFormat {
        /// The file's.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// It was made of a database with migrations that this one lacks.
    #[error(
        "the backup was made of a database with schema version {}, and this one has version {}: restore it \
         with a gateway at least as new as the one that made it, after its migrations",
        version(*file), version(*known)
    )]
    NewerSchema {
        /// The file's.
        file: Option<i64>,
        /// The database's.
        known: Option<i64>,
    },
    /// There is something that a restore would destroy.
    #[error(
        "the database is not empty ({}): nothing was changed; to throw that away, ask for a replacement",
        list(tables)
    )]
    NotEmpty {
        /// The tables that hold something, and how many rows.
        tables: Vec<(String, u64)>,
    },
    /// The schema has changed in a way that leaves data without a place.
    #[error("the backup does not fit this database: {}", problems.join(", "))]
    DoesNotFit {
        /// One for each table or column.
        problems: Vec<String>,
    },
    /// Policies that may keep rows from this role.
    #[error("row-level security may hide rows of {}: a backup is made as the role gateway_work", tables.join(", "))]
    Hidden {
        /// The tables.
        tables: Vec<String>,
    },
    /// No table can be filled first.
    #[error(
        "the tables {} refer to each other in a circle: one of the foreign keys has to be deferrable",
        tables.join(", ")
    )]
    Cycle {
        /// The tables in the circle.
        tables: Vec<String>,
    },
    /// A count is wrong that cannot be.
    #[error("{rows} of {expected} rows of the table {table} came through")]
    Lost {
        /// The table.
        table: String,
        /// How many came.
        rows: u64,
        /// How many there should have been.
        expected: u64,
    },
}

fn version(version: Option<i64>) -> String {
    version.map_or_else(|| "none".to_owned(), |version| version.to_string())
}

fn list(tables: &[(String, u64)]) -> String {
    let each: Vec<_> = tables.iter().map(|(name, rows)| format!("{name}: {rows}")).collect();
    each.join(", ")
}

/// Writes one consistent snapshot of the database to `out`, while others go on writing to the database. After
/// an error, close the connection.
///
/// As a role that sees all rows (`gateway_work`): row-level security that could hide some is an error, never a smaller
/// backup.
pub async fn backup(
    conn: &mut PgConnection,
    out: impl AsyncWrite + Unpin,
    meta: &BackupMeta,
) -> Result<Summary, BackupError> {
    let mut tx = conn.begin_with("begin isolation level repeatable read, read only").await?;
    for setting in [
        "set local statement_timeout = 0",
        "set local idle_in_transaction_session_timeout = 0",
        // The text forms of values must not depend on this session or this server.
        "set local datestyle = 'ISO, YMD'",
        "set local intervalstyle = 'postgres'",
        "set local timezone = 'UTC'",
        "set local extra_float_digits = 3",
        "set local bytea_output = 'hex'",
    ] {
        tx.execute(setting).await?;
    }
    let hidden = catalogue::hidden(&mut tx).await?;
    if !hidden.is_empty() {
        return Err(BackupError::Hidden { tables: hidden });
    }
    let mut tables = Vec::new();
    for table in catalogue::tables(&mut tx).await? {
        let rows = catalogue::count(&mut tx, &table.name).await?;
        tables.push(TableHeader { name: table.name, columns: table.columns, rows });
    }
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        created_at: meta.created_at,
        created_by: meta.created_by.clone(),
        migration_version: catalogue::migration_version(&mut tx).await?,
        tables,
        sequences: catalogue::sequences(&mut tx).await?,
    };
    let mut writer = Writer::new(out);
    writer.header(&header).await.map_err(BackupError::Write)?;
    for table in &header.tables {
        write_table(&mut tx, &mut writer, table).await?;
    }
    tx.commit().await?;
    let bytes = writer.finish().await.map_err(BackupError::Write)?;
    Ok(Summary::of(&header, bytes))
}

async fn write_table<W: AsyncWrite + Unpin>(
    conn: &mut PgConnection,
    writer: &mut Writer<W>,
    table: &TableHeader,
) -> Result<(), BackupError> {
    let columns: Vec<_> = table.columns.iter().map(|column| quoted(column)).collect();
    // A query, because `copy` itself does not read a partitioned table.
    let sql = format!("copy (select {} from {}) to stdout", columns.join(", "), qualified(&table.name));
    let mut copy = conn.copy_out_raw(&sql).await?;
    let mut rows = 0;
    while let Some(data) = copy.try_next().await? {
        rows += restore::rows_in(&data);
        writer.data(&data).await.map_err(BackupError::Write)?;
    }
    writer.end_table().await.map_err(BackupError::Write)?;
    if rows == table.rows {
        Ok(())
    } else {
        Err(BackupError::Lost { table: table.name.clone(), rows, expected: table.rows })
    }
}

/// [`backup`] into a file that only its owner can read. A file that is there is replaced once the new one is
/// complete and on the disk, and not before.
pub async fn backup_to_file(
    conn: &mut PgConnection,
    path: &Path,
    meta: &BackupMeta,
) -> Result<Summary, BackupError> {
    let failed = |source| BackupError::WriteTo { path: path.to_owned(), source };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made with mode 0600, and removed again unless it is renamed.
    let (file, temporary) =
        tempfile::Builder::new().prefix(".gateway-backup-").tempfile_in(dir).map_err(failed)?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let summary = backup(conn, &mut file, meta).await?;
    file.sync_all().await.map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    // A rename lasts once its directory is on the disk.
    tokio::fs::File::open(dir).await.map_err(failed)?.sync_all().await.map_err(failed)?;
    Ok(summary)
}
