//! Backup and restore against a real server: what comes back is what was there, or nothing has happened.

use std::io::{Cursor, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;

use chrono::{DateTime, Utc};
use gateway::store::backup::{
    BackupError, BackupMeta, RestoreOptions, Summary, backup, backup_to_file, inspect, restore,
};
use sqlx::{Executor as _, PgPool};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::support::database::{TestDb, database, empty_database};

const SCHEMA: &str = r#"
create table owners (
    id bigint generated always as identity primary key, name text not null, boss bigint references owners
);
create table "Odd ""table"" name" (
    id int primary key, owner_id bigint not null references owners, "select" text, raw bytea, doc jsonb,
    at timestamptz, number double precision, span interval, list text[],
    shout text generated always as (upper("select")) stored
);
create table a_child (
    odd_id int not null references "Odd ""table"" name", note text not null default 'a default'
);
create table parted (id bigserial, day date not null, primary key (id, day)) partition by range (day);
create table parted_2026 partition of parted for values from ('2026-01-01') to ('2027-01-01');
create table empty_one (id int);
create table _sqlx_migrations (version bigint primary key, success boolean not null);
insert into _sqlx_migrations values (1, true), (7, true), (8, false);
"#;

const ROWS: &str = r#"
insert into owners (name, boss) values ('first', null), ('second', 1),
    (E'tab\there, line\nbreak, back\\slash, \\. and Zürich データ 🦀', 2);
insert into "Odd ""table"" name" values
    (1, 3, E'\\N', '\x00ff0a0d5c2e', '{"a": "line\nbreak \u00e9", "b": [1, null]}',
        '2026-02-28 23:59:59.123456+05', 0.1, '1 month -3 days 04:05:06.7',
        array['a,b', null, '"', '{}', '']),
    (2, 1, null, '', 'null', 'infinity', 'NaN', '0', '{}'),
    (3, 1, '', null, null, null, '-0', null, null),
    (4, 2, E'\r\n', null, null, '4713-01-01 BC', 1.7976931348623157e308, null, null);
insert into a_child values (1, E'\\.'), (1, ''), (4, E'\\.\n');
insert into parted (day) select '2026-01-01'::date + n from generate_series(1, 300) n;
"#;

const QUERIES: [&str; 4] = [
    "select coalesce(string_agg(t::text, E'\\n' order by id), '') from owners t",
    "select coalesce(string_agg(t::text, E'\\n' order by id), '') from \"Odd \"\"table\"\" name\" t",
    "select coalesce(string_agg(t::text, E'\\n' order by odd_id, note), '') from a_child t",
    "select coalesce(string_agg(t::text, E'\\n' order by id), '') from parted t",
];

async fn schema() -> TestDb {
    let db = empty_database().await;
    db.pool.execute(SCHEMA).await.unwrap();
    db
}

async fn filled() -> TestDb {
    let db = schema().await;
    db.pool.execute(ROWS).await.unwrap();
    db
}

async fn contents(pool: &PgPool) -> Vec<String> {
    let mut contents = Vec::new();
    for query in QUERIES {
        contents.push(sqlx::query_scalar(query).fetch_one(pool).await.unwrap());
    }
    contents
}

fn meta() -> BackupMeta {
    let created_at: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
    BackupMeta { created_at, created_by: "gateway test".to_owned() }
}

async fn back_up(pool: &PgPool) -> (Vec<u8>, Summary) {
    let mut file = Vec::new();
    let mut conn = pool.acquire().await.unwrap();
    let summary = backup(&mut conn, &mut file, &meta()).await.unwrap();
    (file, summary)
}

async fn put_back(pool: &PgPool, file: &[u8], replace: bool) -> Result<Summary, BackupError> {
    let mut conn = pool.acquire().await.unwrap();
    restore(&mut conn, Cursor::new(file), &RestoreOptions { replace }, None).await
}

#[tokio::test]
async fn what_was_backed_up_comes_back_to_the_last_odd_byte() {
    let source = filled().await;
    let (file, written) = back_up(&source.pool).await;
    assert_eq!(written.bytes, file.len() as u64);
    assert_eq!(written.rows(), 3 + 4 + 3 + 300);
    assert_eq!(written.migration_version, Some(7));
    let text = written.to_string();
    assert!(text.contains("310 rows in 5 tables") && text.contains("key is not in the file"), "{text}");

    let target = schema().await;
    let restored = put_back(&target.pool, &file, false).await.unwrap();
    assert_eq!(restored, written);
    assert_eq!(contents(&target.pool).await, contents(&source.pool).await);
    // The numbers go on where they were.
    let next: i64 = sqlx::query_scalar("insert into owners (name) values ('next') returning id")
        .fetch_one(&target.pool)
        .await
        .unwrap();
    assert_eq!(next, 4);
    let next: i64 = sqlx::query_scalar("insert into parted (day) values ('2026-05-05') returning id")
        .fetch_one(&target.pool)
        .await
        .unwrap();
    assert_eq!(next, 301);
    // And the checks hold again.
    assert!(target.pool.execute("insert into a_child values (99, '')").await.is_err());
}

#[tokio::test]
async fn a_backup_is_the_same_whatever_the_session_s_formats_are() {
    let db = filled().await;
    let mut conn = db.pool.acquire().await.unwrap();
    let mut plain = Vec::new();
    backup(&mut conn, &mut plain, &meta()).await.unwrap();
    conn.execute(
        "set datestyle = 'German'; set intervalstyle = 'iso_8601'; set timezone = 'Asia/Tokyo'; \
         set extra_float_digits = -5; set bytea_output = 'escape'",
    )
    .await
    .unwrap();
    let mut odd = Vec::new();
    backup(&mut conn, &mut odd, &meta()).await.unwrap();
    assert!(plain == odd, "the session shines through");
}

#[tokio::test]
async fn a_backup_is_one_moment_while_others_write() {
    let db = filled().await;
    let pool = db.pool.clone();
    let writer = async move {
        for n in 0..200 {
            let mut tx = pool.begin().await.unwrap();
            sqlx::query("insert into \"Odd \"\"table\"\" name\" (id, owner_id) values ($1, 1)")
                .bind(1000 + n)
                .execute(&mut *tx)
                .await
                .unwrap();
            sqlx::query("insert into a_child (odd_id) values ($1)")
                .bind(1000 + n)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    };
    let reader = async {
        let mut files = Vec::new();
        for _ in 0..5 {
            files.push(back_up(&db.pool).await);
        }
        files
    };
    let ((), files) = tokio::join!(writer, reader);
    for (file, written) in files {
        let rows = |name: &str| written.tables.iter().find(|(table, _)| table == name).unwrap().1;
        assert_eq!(rows("Odd \"table\" name") - 4, rows("a_child") - 3);
        put_back(&schema().await.pool, &file, false).await.unwrap();
    }
}

#[tokio::test]
async fn a_truncated_or_changed_file_changes_nothing() {
    let (file, _) = back_up(&filled().await.pool).await;
    let target = filled().await;
    target.pool.execute("update owners set name = 'untouched'").await.unwrap();
    let before = contents(&target.pool).await;
    for cut in [0, 1, 50, file.len() / 2, file.len() - 33, file.len() - 1] {
        let error = put_back(&target.pool, &file[..cut], true).await.unwrap_err();
        assert!(matches!(error, BackupError::Damaged(_) | BackupError::NotABackup), "{cut}: {error:?}");
        assert!(inspect(Cursor::new(&file[..cut])).await.is_err());
    }
    let mut changed = file.clone();
    let at = changed.len() - 1000;
    changed[at] ^= 1;
    assert!(put_back(&target.pool, &changed, true).await.is_err());
    assert_eq!(contents(&target.pool).await, before);
}

#[tokio::test]
async fn a_database_that_holds_something_is_refused_unless_it_may_be_replaced() {
    let source = filled().await;
    let (file, _) = back_up(&source.pool).await;
    let target = schema().await;
    target.pool.execute("insert into owners (name) values ('somebody else')").await.unwrap();
    let error = put_back(&target.pool, &file, false).await.unwrap_err();
    assert!(
        matches!(&error, BackupError::NotEmpty { tables } if tables == &[("owners".to_owned(), 1)]),
        "{error:?}"
    );
    assert_ne!(contents(&target.pool).await, contents(&source.pool).await);
    put_back(&target.pool, &file, true).await.unwrap();
    assert_eq!(contents(&target.pool).await, contents(&source.pool).await);
}

#[tokio::test]
async fn a_backup_of_a_newer_schema_is_refused_and_one_of_an_older_schema_takes_defaults() {
    let (file, _) = back_up(&filled().await.pool).await;
    let older = schema().await;
    older.pool.execute("delete from _sqlx_migrations where version = 7").await.unwrap();
    let text = put_back(&older.pool, &file, false).await.unwrap_err().to_string();
    assert!(text.contains("schema version 7") && text.contains("has version 1"), "{text}");

    let newer = schema().await;
    newer
        .pool
        .execute(
            "insert into _sqlx_migrations values (9, true);
             alter table owners add column rank int not null default 5;
             create table later (owner_id bigint references owners, name text);
             insert into later values (null, 'kept')",
        )
        .await
        .unwrap();
    // What is seeded by a migration of ours is known; this table is not, so the database counts as filled.
    assert!(matches!(put_back(&newer.pool, &file, false).await, Err(BackupError::NotEmpty { .. })));
    newer.pool.execute("delete from later").await.unwrap();
    put_back(&newer.pool, &file, false).await.unwrap();
    let ranks: i64 = sqlx::query_scalar("select sum(rank) from owners").fetch_one(&newer.pool).await.unwrap();
    assert_eq!(ranks, 15);
}

#[tokio::test]
async fn everything_that_has_lost_its_place_is_named() {
    let (file, _) = back_up(&filled().await.pool).await;
    let target = schema().await;
    target.pool.execute("drop table a_child, empty_one; alter table owners drop column boss").await.unwrap();
    let error = put_back(&target.pool, &file, false).await.unwrap_err();
    let BackupError::DoesNotFit { problems } = &error else { panic!("{error:?}") };
    assert_eq!(problems, &["the column owners.boss is gone", "the table a_child is gone"]);
}

#[tokio::test]
async fn tables_that_refer_to_each_other_need_a_deferrable_key() {
    let schema = "create table eggs (id int primary key, hen int);
        create table hens (id int primary key, egg int not null references eggs);
        create table nests (hen int references hens);
        alter table eggs add constraint egg_hen foreign key (hen) references hens";
    let rows = "insert into eggs values (1); insert into hens values (1, 1); update eggs set hen = 1";
    let db = empty_database().await;
    db.pool.execute(schema).await.unwrap();
    let mut conn = db.pool.acquire().await.unwrap();
    let error = backup(&mut conn, &mut Vec::new(), &meta()).await.unwrap_err();
    assert!(matches!(&error, BackupError::Cycle { tables } if tables == &["eggs", "hens"]), "{error:?}");
    drop(conn);

    let deferrable = format!("{schema} deferrable");
    db.pool.execute("alter table eggs alter constraint egg_hen deferrable").await.unwrap();
    db.pool.execute(rows).await.unwrap();
    let (file, _) = back_up(&db.pool).await;
    let target = empty_database().await;
    target.pool.execute(sqlx::AssertSqlSafe(deferrable)).await.unwrap();
    put_back(&target.pool, &file, false).await.unwrap();
    let hen: i32 = sqlx::query_scalar("select hen from eggs").fetch_one(&target.pool).await.unwrap();
    assert_eq!(hen, 1);
}

#[tokio::test]
async fn a_row_that_the_database_refuses_undoes_everything() {
    let (file, _) = back_up(&filled().await.pool).await;
    let target = schema().await;
    target.pool.execute("alter table a_child add check (note <> '')").await.unwrap();
    let error = put_back(&target.pool, &file, false).await.unwrap_err();
    assert!(matches!(error, BackupError::Database(_)), "{error:?}");
    assert!(contents(&target.pool).await.iter().all(String::is_empty));
}

#[tokio::test]
async fn row_triggers_do_not_touch_the_rows_and_statement_triggers_tell_the_others() {
    let triggers = "create function spoil() returns trigger language plpgsql as
            $$ begin new.name = 'spoilt'; return new; end $$;
        create trigger spoil before insert on owners for each row execute function spoil();
        create function tell() returns trigger language plpgsql as
            $$ begin perform pg_notify('changed', tg_table_name); return null; end $$;
        create trigger tell after insert on owners for each statement execute function tell();";
    let source = filled().await;
    let (file, _) = back_up(&source.pool).await;
    let target = schema().await;
    target.pool.execute(triggers).await.unwrap();
    let mut listener = sqlx::postgres::PgListener::connect_with(&target.pool).await.unwrap();
    listener.listen("changed").await.unwrap();
    put_back(&target.pool, &file, false).await.unwrap();
    assert_eq!(contents(&target.pool).await, contents(&source.pool).await);
    let told =
        tokio::time::timeout(std::time::Duration::from_secs(10), listener.recv()).await.unwrap().unwrap();
    assert_eq!(told.payload(), "owners");
    // The trigger is on again.
    let name: String = sqlx::query_scalar("insert into owners (name) values ('new') returning name")
        .fetch_one(&target.pool)
        .await
        .unwrap();
    assert_eq!(name, "spoilt");
}

#[tokio::test]
async fn row_level_security_never_makes_a_smaller_backup() {
    let source = filled().await;
    let (file, summary) = back_up(&source.pool).await;
    let secured = "alter table owners enable row level security; alter table owners force row level security;
        create policy nobody on owners using (name = 'first')";
    source.pool.execute(secured).await.unwrap();
    let mut conn = source.pool.acquire().await.unwrap();
    let error = backup(&mut conn, &mut Vec::new(), &meta()).await.unwrap_err();
    assert!(matches!(&error, BackupError::Hidden { tables } if *tables == ["owners"]), "{error:?}");
    drop(conn);
    // A role that a policy shows everything makes a whole one.
    source.pool.execute("create policy everybody on owners using (true)").await.unwrap();
    assert_eq!(back_up(&source.pool).await.1.tables, summary.tables);

    let target = schema().await;
    target.pool.execute(secured).await.unwrap();
    put_back(&target.pool, &file, false).await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from owners").fetch_one(&target.pool).await.unwrap();
    assert_eq!(seen, 1, "the policy holds again");
}

#[tokio::test]
async fn a_large_table_goes_through_in_pieces() {
    let db = schema().await;
    db.pool
        .execute("insert into owners (name) select repeat(md5(n::text), 100) from generate_series(1, 300) n")
        .await
        .unwrap();
    // One row longer than any piece.
    db.pool.execute("insert into owners (name) values (repeat('long', 300000))").await.unwrap();
    let (file, _) = back_up(&db.pool).await;
    let target = schema().await;
    put_back(&target.pool, &file, false).await.unwrap();
    assert!(contents(&target.pool).await == contents(&db.pool).await);
}

#[tokio::test]
async fn the_file_appears_whole_and_for_its_owner_only() {
    let db = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup");
    let mut conn = db.pool.acquire().await.unwrap();
    let written = backup_to_file(&mut conn, &path, &meta()).await.unwrap();
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, written.bytes));

    // A later backup that fails leaves the earlier one and nothing else.
    let circle = "create table eggs (id int primary key, hen int);
        create table hens (id int primary key, egg int references eggs);
        alter table eggs add foreign key (hen) references hens";
    db.pool.execute(circle).await.unwrap();
    assert!(backup_to_file(&mut conn, &path, &meta()).await.is_err());
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["backup"]);
    let header = inspect(tokio::fs::File::open(&path).await.unwrap()).await.unwrap();
    assert_eq!(
        (header.created_at, header.migration_version, header.tables.len()),
        (meta().created_at, Some(7), 5)
    );

    // From a file as well as from memory.
    let mut file = tokio::fs::File::open(&path).await.unwrap();
    file.seek(SeekFrom::End(0)).await.unwrap();
    let target = schema().await;
    let mut conn = target.pool.acquire().await.unwrap();
    restore(&mut conn, &mut file, &RestoreOptions { replace: false }, None).await.unwrap();
    let mut text = String::new();
    tokio::fs::File::open(&path).await.unwrap().take(60).read_to_string(&mut text).await.unwrap();
    assert!(
        text.starts_with("{\"format\":\"gateway-backup\",\"version\":1,\"created_at\":\"2026-03"),
        "{text}"
    );
}

#[tokio::test]
async fn a_freshly_migrated_database_counts_as_empty() {
    let (source, target) = (database().await, database().await);
    let (file, written) = back_up(&source.pool).await;
    let mut owner = target.db.owner().await.unwrap();
    let options = RestoreOptions { replace: false };
    assert_eq!(restore(&mut owner, Cursor::new(&file), &options, None).await.unwrap(), written);
    assert_eq!(source.url.rsplit('/').next().map(str::is_empty), Some(false));
}
