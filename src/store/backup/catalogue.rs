//! What is in the database, and in which order it can be filled.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, PgConnection};

use super::BackupError;
use super::format::SequenceHeader;

/// sqlx's record of the migrations: the migrations fill it, not a backup.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

/// A table of the schema `public`. Partitions are part of their parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    /// Without generated columns, whose values nobody may write.
    pub(super) columns: Vec<String>,
    /// Row-level security binds even the table's owner.
    pub(super) forces_row_security: bool,
    /// Triggers that are switched on and could keep rows out or change them: per row, or before a statement.
    pub(super) guards: Vec<String>,
}

/// An identifier in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table or sequence of the schema `public`, in quotes.
pub(super) fn qualified(name: &str) -> String {
    format!("public.{}", quoted(name))
}

/// All tables, the referenced before the referencing.
pub(super) async fn tables(conn: &mut PgConnection) -> Result<Vec<Table>, BackupError> {
    let rows: Vec<(String, Vec<String>, bool, Vec<String>)> = sqlx::query_as(
        "select c.relname::text,
                array(select a.attname::text from pg_attribute a
                      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                      order by a.attnum),
                c.relforcerowsecurity,
                array(select t.tgname::text from pg_trigger t
                      where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled = 'O'
                        and (t.tgtype & 3) <> 0
                      order by t.tgname)
         from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
           and c.relname <> $1
           and not exists (select from pg_depend d
                           where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
         order by c.relname",
    )
    .bind(MIGRATIONS_TABLE)
    .fetch_all(&mut *conn)
    .await?;
    let references: Vec<(String, String)> = sqlx::query_as(
        "select f.relname::text, t.relname::text
         from pg_constraint k
         join pg_class f on f.oid = coalesce(pg_partition_root(k.conrelid), k.conrelid)
         join pg_class t on t.oid = coalesce(pg_partition_root(k.confrelid), k.confrelid)
         where k.contype = 'f' and not k.condeferrable
           and f.relnamespace = 'public'::regnamespace and t.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut tables: Vec<Table> = rows
        .into_iter()
        .filter(|(_, columns, ..)| !columns.is_empty())
        .map(|(name, columns, forces_row_security, guards)| Table {
            name,
            columns,
            forces_row_security,
            guards,
        })
        .collect();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let order = in_order(&names, &references)?;
    tables.sort_by_key(|table| order.iter().position(|name| *name == table.name));
    Ok(tables)
}

/// Tables of which the present role may not see every row: there is no policy for it that holds for all.
pub(super) async fn hidden(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select c.relname::text from pg_class c
         where c.relnamespace = 'public'::regnamespace and row_security_active(c.oid)
           and not exists (select from pg_policy p
                           where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*')
                             and pg_get_expr(p.polqual, p.polrelid) = 'true'
                             and exists (select from unnest(p.polroles) as r (oid)
                                         where r.oid = 0 or pg_has_role(r.oid, 'usage')))
         order by 1",
    )
    .fetch_all(conn)
    .await
}

/// Each name after everything it refers to; a table may refer to itself. References that can be deferred to
/// the end of the transaction do not count, the caller leaves them out.
fn in_order(names: &[&str], references: &[(String, String)]) -> Result<Vec<String>, BackupError> {
    let mut left: BTreeSet<&str> = names.iter().copied().collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits =
            |name: &str| references.iter().any(|(f, t)| f == name && t != name && left.contains(t.as_str()));
        let ready: Vec<&str> = left.iter().copied().filter(|name| !waits(name)).collect();
        if ready.is_empty() {
            return Err(BackupError::Cycle { tables: cycle(left, references) });
        }
        for name in ready {
            left.remove(name);
            order.push(name.to_owned());
        }
    }
    Ok(order)
}

/// Of tables none of which can be first, without those that only wait for the others.
fn cycle(mut left: BTreeSet<&str>, references: &[(String, String)]) -> Vec<String> {
    loop {
        let wanted =
            |name: &str| references.iter().any(|(f, t)| t == name && f != name && left.contains(f.as_str()));
        let unwanted: Vec<&str> = left.iter().copied().filter(|name| !wanted(name)).collect();
        if unwanted.is_empty() {
            return left.into_iter().map(str::to_owned).collect();
        }
        for name in unwanted {
            left.remove(name);
        }
    }
}

/// All sequences with their present values. Read after the snapshot was taken they are never behind its rows.
pub(super) async fn sequences(conn: &mut PgConnection) -> Result<Vec<SequenceHeader>, BackupError> {
    let mut sequences = Vec::new();
    for name in sequence_names(conn).await? {
        let sql = format!("select last_value, is_called from {}", qualified(&name));
        let (last_value, is_called) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?;
        sequences.push(SequenceHeader { name, last_value, is_called });
    }
    Ok(sequences)
}

pub(super) async fn sequence_names(conn: &mut PgConnection) -> Result<Vec<String>, BackupError> {
    let names = sqlx::query_scalar(
        "select c.relname::text from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'S'
           and not exists (select from pg_depend d
                           where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
         order by c.relname",
    )
    .fetch_all(conn)
    .await?;
    Ok(names)
}

/// The newest migration that was applied; `None` for a database without any.
pub(super) async fn migration_version(conn: &mut PgConnection) -> Result<Option<i64>, BackupError> {
    let recorded: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(format!("public.{MIGRATIONS_TABLE}"))
        .fetch_one(&mut *conn)
        .await?;
    if !recorded {
        return Ok(None);
    }
    let sql = format!("select max(version) from public.{MIGRATIONS_TABLE} where success");
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await?)
}

pub(super) async fn count(conn: &mut PgConnection, table: &str) -> Result<u64, BackupError> {
    let sql = format!("select count(*) from {}", qualified(table));
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await?;
    Ok(rows.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refers(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn identifiers_are_quoted() {
        assert_eq!(qualified("plain"), "public.\"plain\"");
        assert_eq!(quoted("a\"; drop table b; --"), "\"a\"\"; drop table b; --\"");
    }

    #[test]
    fn a_table_may_refer_to_itself_and_a_cycle_is_named_without_bystanders() {
        let names = ["a", "b", "c", "d", "e"];
        let own = [refers("a", "a"), refers("b", "a")];
        assert_eq!(in_order(&names, &own).unwrap(), ["a", "c", "d", "e", "b"]);
        // a and e stand before and behind the cycle
        let cyclic =
            [refers("b", "c"), refers("c", "d"), refers("d", "b"), refers("b", "a"), refers("e", "b")];
        let Err(BackupError::Cycle { tables }) = in_order(&names, &cyclic) else { panic!("no cycle seen") };
        assert_eq!(tables, ["b", "c", "d"]);
    }

    proptest! {
        #[test]
        fn every_table_comes_once_and_after_what_it_refers_to(
            pairs in prop::collection::vec((0..12_usize, 0..12_usize), 0..40)
        ) {
            let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            // references to smaller numbers only: free of cycles
            let references: Vec<_> =
                pairs.iter().map(|(a, b)| refers(names[*a.max(b)], names[*a.min(b)])).collect();
            let order = in_order(&names, &references).unwrap();
            prop_assert_eq!(order.len(), names.len());
            let place = |name: &str| order.iter().position(|other| other == name).unwrap();
            for (from, to) in &references {
                prop_assert!(from == to || place(to) < place(from));
            }
        }
    }
}
