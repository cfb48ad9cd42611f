//! `audit_entries` and `audit_heads`: the audit log. Entries are added and read; Postgres refuses everything else.

use crate::domain::audit::{By, Chained, Entry, Hash, Head, Object};
use crate::domain::ids::{RequestId, TenantId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The columns of [`Row`]. JSON as text: its very bytes count.
macro_rules! columns {
    () => {
        "tenant_id, seq, id, at, actor_kind, actor_id, actor_name, actor_address, request_id, action, object_type, \
         object_id, object_name, before::text as before, after::text as after, previous, hash"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    seq: i64,
    id: Uuid,
    at: DateTime<Utc>,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: String,
    actor_address: Option<String>,
    request_id: Option<Uuid>,
    action: String,
    object_type: String,
    object_id: Option<String>,
    object_name: Option<String>,
    before: Option<String>,
    after: Option<String>,
    previous: Vec<u8>,
    hash: Vec<u8>,
}

/// The table's checks leave no other length.
fn hash(bytes: Vec<u8>) -> Hash {
    bytes.try_into().map_or(Hash::NONE, Hash)
}

impl From<Row> for Chained {
    fn from(row: Row) -> Self {
        let entry = Entry {
            tenant: TenantId(row.tenant_id),
            id: row.id,
            at: row.at,
            by: By {
                kind: row.actor_kind,
                id: row.actor_id,
                name: row.actor_name,
                address: row.actor_address,
            },
            request: row.request_id.map(RequestId),
            action: row.action,
            object: Object { kind: row.object_type, id: row.object_id, name: row.object_name },
            before: row.before,
            after: row.after,
        };
        Self { entry, seq: row.seq, previous: hash(row.previous), hash: hash(row.hash) }
    }
}

#[derive(sqlx::FromRow)]
struct HeadRow {
    tenant_id: Uuid,
    seq: i64,
    hash: Vec<u8>,
}

impl From<HeadRow> for Head {
    fn from(row: HeadRow) -> Self {
        Self { tenant: TenantId(row.tenant_id), seq: row.seq, hash: hash(row.hash) }
    }
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A kind of actor, an id, or a part of a name.
    pub actor: Option<String>,
    /// An action (`provider.update`), or its first part (`provider`).
    pub action: Option<String>,
    /// A type of object, an id, or a part of a name.
    pub object: Option<String>,
    /// From then on.
    pub since: Option<DateTime<Utc>>,
    /// Before then.
    pub until: Option<DateTime<Utc>>,
}

/// From where a page goes on, and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Older ones than this, the newest first; `None`: from the newest.
    Before(Option<i64>),
    /// Newer ones than this, the oldest first; 0: from the oldest.
    After(i64),
}

/// Puts an entry behind the tenant's last one, whose place is locked until the transaction ends: call it last.
pub async fn append(db: &mut PgConnection, tenant: TenantId, entry: Entry) -> sqlx::Result<Chained> {
    // The update changes nothing: it locks, and waits for, what others have put there.
    let head: HeadRow = sqlx::query_as(
        "insert into audit_heads (tenant_id, seq, hash) values ($1, 0, $2)
         on conflict (tenant_id) do update set seq = audit_heads.seq returning tenant_id, seq, hash",
    )
    .bind(tenant.0)
    .bind(Hash::NONE.0.as_slice())
    .fetch_one(&mut *db)
    .await?;
    let chained = entry.behind(&head.into());
    let Entry { id, at, by, request, action, object, before, after, .. } = &chained.entry;
    sqlx::query(
        "with entry as (
             insert into audit_entries (tenant_id, seq, id, at, actor_kind, actor_id, actor_name, actor_address,
                                        request_id, action, object_type, object_id, object_name, before, after,
                                        previous, hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text::json, $15::text::json, $16, $17)
         )
         update audit_heads set seq = $2, hash = $17 where tenant_id = $1",
    )
    .bind(tenant.0)
    .bind(chained.seq)
    .bind(id)
    .bind(at)
    .bind(&by.kind)
    .bind(by.id)
    .bind(&by.name)
    .bind(&by.address)
    .bind(request.map(|id| id.0))
    .bind(action)
    .bind(&object.kind)
    .bind(&object.id)
    .bind(&object.name)
    .bind(before)
    .bind(after)
    .bind(chained.previous.0.as_slice())
    .bind(chained.hash.0.as_slice())
    .execute(db)
    .await?;
    Ok(chained)
}

/// A tenant's entries, `limit` at most.
pub async fn page(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &Filter,
    from: Page,
    limit: u32,
) -> sqlx::Result<Vec<Chained>> {
    macro_rules! filtered {
        ($place:literal, $order:literal) => {
            concat!(
                "select ",
                columns!(),
                " from audit_entries where tenant_id = $1 and seq ",
                $place,
                " $2
                 and ($3::text is null or actor_kind = $3 or actor_id::text = $3
                      or position(lower($3) in lower(actor_name)) > 0)
                 and ($4::text is null or action = $4 or starts_with(action, $4 || '.'))
                 and ($5::text is null or object_type = $5 or object_id = $5
                      or position(lower($5) in lower(object_name)) > 0)
                 and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
                 order by seq ",
                $order,
                " limit $8"
            )
        };
    }
    let (sql, place) = match from {
        Page::Before(before) => (filtered!("<", "desc"), before.unwrap_or(i64::MAX)),
        Page::After(after) => (filtered!(">", "asc"), after),
    };
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(tenant.0)
        .bind(place)
        .bind(&filter.actor)
        .bind(&filter.action)
        .bind(&filter.object)
        .bind(filter.since)
        .bind(filter.until)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The ends of all chains, of every tenant that has one.
pub async fn heads(db: &mut PgConnection) -> sqlx::Result<Vec<Head>> {
    let rows: Vec<HeadRow> =
        sqlx::query_as("select tenant_id, seq, hash from audit_heads order by tenant_id")
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Every tenant that has a chain, or an entry without one.
pub async fn tenants(db: &mut PgConnection) -> sqlx::Result<Vec<TenantId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select tenant_id from audit_heads union select distinct tenant_id from audit_entries order by 1",
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(TenantId).collect())
}
