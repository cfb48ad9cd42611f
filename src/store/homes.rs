//! On which account each conversation lives.

use crate::domain::ids::ProviderId;
use crate::domain::routing::affinity::{ConversationKey, Home};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

#[derive(sqlx::FromRow)]
struct Row {
    key: Vec<u8>,
    home: uuid::Uuid,
    last: uuid::Uuid,
    at: DateTime<Utc>,
}

/// The newest ones since `since`, at most `limit`.
pub async fn list(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
    limit: u32,
) -> sqlx::Result<Vec<(ConversationKey, Home)>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select key, home, last, at from conversation_homes where at > $1 order by at desc limit $2",
    )
    .bind(since)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    let home = |row: Row| {
        let key = ConversationKey(u128::from_be_bytes(row.key.try_into().ok()?));
        Some((key, Home { home: ProviderId(row.home), last: ProviderId(row.last), at: row.at }))
    };
    Ok(rows.into_iter().filter_map(home).collect())
}

/// Keeps these, each key once; the newer word counts. What names a provider that is gone is left out.
pub async fn put(conn: &mut PgConnection, homes: &[(ConversationKey, Home)]) -> sqlx::Result<u64> {
    let keys: Vec<Vec<u8>> = homes.iter().map(|(key, _)| key.0.to_be_bytes().to_vec()).collect();
    let done = sqlx::query(
        "insert into conversation_homes (key, home, last, at)
         select new.key, new.home, new.last, new.at
         from unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::timestamptz[]) as new (key, home, last, at)
         join providers h on h.id = new.home join providers l on l.id = new.last
         on conflict (key) do update set home = excluded.home, last = excluded.last, at = excluded.at
             where conversation_homes.at < excluded.at",
    )
    .bind(keys)
    .bind(homes.iter().map(|(_, home)| home.home.0).collect::<Vec<_>>())
    .bind(homes.iter().map(|(_, home)| home.last.0).collect::<Vec<_>>())
    .bind(homes.iter().map(|(_, home)| home.at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Removes conversations that rest since `before`.
pub async fn prune(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query("delete from conversation_homes where at < $1").bind(before).execute(conn).await?;
    Ok(done.rows_affected())
}
