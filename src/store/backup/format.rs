//! The file: one header line of JSON, each table's `COPY` text in length-prefixed pieces, and a SHA-256 of
//! all of it.
//!
//! ```text
//! {"format":"gateway-backup","version":1,…}\n
//! per table, in the header's order:  (u32 big-endian length, that many bytes)*  u32 zero
//! 32 bytes: SHA-256 of everything before
//! ```

use std::io;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::BackupError;

/// What the header's `format` says.
pub(super) const FORMAT: &str = "gateway-backup";

/// The newest version of the format that we write and know.
pub(super) const VERSION: u32 = 1;

/// A piece is never longer; a longer length is a damaged file.
const LONGEST_PIECE: usize = 1024 * 1024;

/// Rows are gathered into pieces of about this size.
const USUAL_PIECE: usize = 64 * 1024;

/// A header is never longer.
const LONGEST_HEADER: usize = 16 * 1024 * 1024;

/// The first line of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always `gateway-backup`.
    pub format: String,
    /// The version of the file's format.
    pub version: u32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The program that made it.
    pub created_by: String,
    /// The newest migration of the database; `None` when it had none.
    pub migration_version: Option<i64>,
    /// The tables, in the order of their data.
    pub tables: Vec<TableHeader>,
    /// The sequences.
    pub sequences: Vec<SequenceHeader>,
}

/// One table of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHeader {
    /// In the schema `public`.
    pub name: String,
    /// The columns in the order of the data; generated ones are left out.
    pub columns: Vec<String>,
    /// How many rows follow.
    pub rows: u64,
}

/// One sequence of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceHeader {
    /// In the schema `public`.
    pub name: String,
    /// The sequence's own `last_value`.
    pub last_value: i64,
    /// Whether that value was given out already.
    pub is_called: bool,
}

/// A newer format may have another shape, and shall be called newer all the same.
#[derive(Deserialize)]
struct Kind {
    format: String,
    version: u32,
}

/// Writes a file and its checksum.
pub(super) struct Writer<W> {
    out: W,
    hash: Sha256,
    written: u64,
    piece: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, hash: Sha256::new(), written: 0, piece: Vec::with_capacity(USUAL_PIECE * 2) }
    }

    pub(super) async fn header(&mut self, header: &Header) -> io::Result<()> {
        let mut line = serde_json::to_vec(header)?;
        line.push(b'\n');
        self.put(&line).await
    }

    /// A part of the current table's data, cut anywhere.
    pub(super) async fn data(&mut self, data: &[u8]) -> io::Result<()> {
        self.piece.extend_from_slice(data);
        if self.piece.len() >= USUAL_PIECE { self.flush_piece().await } else { Ok(()) }
    }

    pub(super) async fn end_table(&mut self) -> io::Result<()> {
        self.flush_piece().await?;
        self.put(&0_u32.to_be_bytes()).await
    }

    /// The trailer. Returns the length of the file.
    pub(super) async fn finish(mut self) -> io::Result<u64> {
        let digest = self.hash.finalize_reset();
        self.out.write_all(&digest).await?;
        self.out.flush().await?;
        Ok(self.written + digest.len() as u64)
    }

    async fn flush_piece(&mut self) -> io::Result<()> {
        let gathered = std::mem::take(&mut self.piece);
        for part in gathered.chunks(LONGEST_PIECE) {
            let length = u32::try_from(part.len()).expect("a piece is at most a megabyte");
            self.put(&length.to_be_bytes()).await?;
            self.put(part).await?;
        }
        self.piece = gathered;
        self.piece.clear();
        Ok(())
    }

    async fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.written += bytes.len() as u64;
        self.out.write_all(bytes).await
    }
}

/// Reads a file and keeps its checksum.
pub(super) struct Reader<R> {
    input: R,
    hash: Sha256,
    position: u64,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// `input` stands at byte `position` of the file.
    pub(super) fn new(input: R, position: u64) -> Self {
        Self { input, hash: Sha256::new(), position }
    }

    /// How many bytes of the file are behind us.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Of everything read.
    pub(super) fn digest(self) -> [u8; 32] {
        self.hash.finalize().into()
    }

    /// The header, when this is a backup of a version that we know.
    pub(super) async fn header(&mut self) -> Result<Header, BackupError> {
        let mut line = Vec::new();
        loop {
            // Byte by byte: the input is buffered, and nothing after the line may be taken from it.
            match self.input.read_u8().await {
                Ok(b'\n') => break,
                Ok(byte) if line.len() < LONGEST_HEADER => line.push(byte),
                Ok(_) => return Err(BackupError::NotABackup),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(BackupError::NotABackup);
                }
                Err(error) => return Err(BackupError::Read(error)),
            }
            if line.first() != Some(&b'{') {
                return Err(BackupError::NotABackup);
            }
        }
        let kind: Kind = serde_json::from_slice(&line).map_err(|_| BackupError::NotABackup)?;
        if kind.format != FORMAT {
            return Err(BackupError::NotABackup);
        }
        if kind.version > VERSION {
            return Err(BackupError::NewerFormat { found: kind.version, known: VERSION });
        }
        let header =
            serde_json::from_slice(&line).map_err(|_| BackupError::Damaged("its header is not readable"))?;
        self.hash.update(&line);
        self.hash.update(b"\n");
        self.position += line.len() as u64 + 1;
        Ok(header)
    }

    /// The next piece of the current table into `piece`; `false` at the table's end.
    pub(super) async fn piece(&mut self, piece: &mut Vec<u8>) -> Result<bool, BackupError> {
        let mut length = [0; 4];
        self.take(&mut length).await?;
        let length = u32::from_be_bytes(length) as usize;
        if length > LONGEST_PIECE {
            return Err(BackupError::Damaged("a length in it is impossible"));
        }
        piece.resize(length, 0);
        self.take(piece).await?;
        Ok(length > 0)
    }

    /// The trailer: it has to be the checksum of everything read, and the end.
    pub(super) async fn finish(mut self) -> Result<u64, BackupError> {
        let expected = self.hash.finalize_reset();
        let mut found = [0; 32];
        self.take(&mut found).await?;
        if found[..] != expected[..] {
            return Err(BackupError::Damaged("its checksum does not match its contents"));
        }
        match self.input.read_u8().await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(self.position),
            Err(error) => Err(BackupError::Read(error)),
            Ok(_) => Err(BackupError::Damaged("something follows its end")),
        }
    }

    async fn take(&mut self, buffer: &mut [u8]) -> Result<(), BackupError> {
        self.input.read_exact(buffer).await.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BackupError::Damaged("it ends too early"),
            _ => BackupError::Read(error),
        })?;
        self.hash.update(&*buffer);
        self.position += buffer.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(tables: usize) -> Header {
        let table =
            |n| TableHeader { name: format!("t{n}"), columns: vec!["a".into(), "b \"c\"".into()], rows: 1 };
        Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            created_at: DateTime::UNIX_EPOCH,
            created_by: "test".to_owned(),
            migration_version: Some(3),
            tables: (0..tables).map(table).collect(),
            sequences: vec![SequenceHeader { name: "s".to_owned(), last_value: 7, is_called: true }],
        }
    }

    async fn write(tables: &[Vec<Vec<u8>>]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = Writer::new(&mut file);
        writer.header(&header(tables.len())).await.unwrap();
        for table in tables {
            for data in table {
                writer.data(data).await.unwrap();
            }
            writer.end_table().await.unwrap();
        }
        let length = writer.finish().await.unwrap();
        assert_eq!(length, file.len() as u64);
        file
    }

    async fn read(file: &[u8]) -> Result<(Header, Vec<Vec<u8>>), BackupError> {
        let mut reader = Reader::new(file, 0);
        let header = reader.header().await?;
        let mut tables = Vec::new();
        for _ in &header.tables {
            let (mut table, mut piece) = (Vec::new(), Vec::new());
            while reader.piece(&mut piece).await? {
                table.extend_from_slice(&piece);
            }
            tables.push(table);
        }
        assert_eq!(reader.finish().await?, file.len() as u64);
        Ok((header, tables))
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_written_is_read_however_it_was_cut(
            tables in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..30), 0..4)
        ) {
            let (header, data) = block_on(async { read(&write(&tables).await).await }).unwrap();
            prop_assert_eq!(header.tables.len(), tables.len());
            prop_assert_eq!(data, tables.iter().map(|table| table.concat()).collect::<Vec<_>>());
        }

        #[test]
        fn a_file_that_is_cut_anywhere_is_refused(cut in any::<prop::sample::Index>()) {
            let file = block_on(write(&[vec![b"1\todd\\n\n".to_vec()], vec![], vec![vec![b'x'; 5000]]]));
            let cut = cut.index(file.len());
            prop_assert!(block_on(read(&file[..cut])).is_err());
        }

        #[test]
        fn a_file_with_a_changed_bit_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
            let mut file = block_on(write(&[vec![b"1\todd\n".to_vec()], vec![vec![b'x'; 500]]]));
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
            prop_assert!(block_on(read(&file)).is_err());
        }
    }

    #[test]
    fn a_row_longer_than_a_piece_is_cut() {
        let row = vec![b'r'; LONGEST_PIECE * 2 + 17];
        let (_, data) = block_on(async { read(&write(&[vec![row.clone()]]).await).await }).unwrap();
        assert!(data == [row]);
    }

    #[test]
    fn a_file_that_goes_on_after_its_end_is_refused() {
        let mut file = block_on(write(&[]));
        file.push(b'\n');
        assert!(matches!(block_on(read(&file)), Err(BackupError::Damaged(_))));
    }

    #[test]
    fn other_files_are_told_from_backups_and_newer_backups_from_ours() {
        for other in
            ["", "PGDMP\n", "{}\n", "{\"format\":\"x\",\"version\":1}\n", "{\"format\":\"gateway-backup\"}\n"]
        {
            assert!(matches!(block_on(read(other.as_bytes())), Err(BackupError::NotABackup)), "{other}");
        }
        let newer = b"{\"format\":\"gateway-backup\",\"version\":2,\"tables\":{}}\n";
        assert!(matches!(block_on(read(newer)), Err(BackupError::NewerFormat { found: 2, known: 1 })));
    }
}
