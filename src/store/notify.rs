//! Telling all replicas.

use sqlx::PgConnection;

/// The longest text that Postgres carries to its listeners, in bytes; it takes less than 8000.
pub const MOST_BYTES: usize = 7_900;

/// Sends each payload to whoever listens on `channel`, when the transaction commits and in this order.
pub async fn notify(conn: &mut PgConnection, channel: &str, payloads: &[String]) -> sqlx::Result<()> {
    sqlx::query("select pg_notify($1, p.payload) from unnest($2::text[]) with ordinality as p(payload, n) order by p.n")
        .bind(channel)
        .bind(payloads)
        .execute(conn)
        .await?;
    Ok(())
}
