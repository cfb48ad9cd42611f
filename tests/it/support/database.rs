//! A database of its own for every test, on the server that `.ci/test-postgres.sh` put around the run.
//!
//! Nobody drops them: the whole server is thrown away, and dropping one by one costs more than a test.

use std::str::FromStr as _;

use gateway::store::db::{Db, PoolSettings};
use sha2::{Digest as _, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool};
use url::Url;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Only one process at a time makes the template; the number means nothing.
const TEMPLATE_LOCK: i64 = 0x6761_7465_7761_7901;

/// A database of its own.
pub struct TestDb {
    /// As the gateway goes in.
    pub db: Db,
    /// All rows, as the gateway's own work sees them; with nothing in it, as its owner, who is no superuser.
    pub pool: PgPool,
    /// For what connects by itself.
    pub url: String,
}

/// With all migrations applied. Costs a copy of a template, however many migrations there are.
pub async fn database() -> TestDb {
    let mut server = connect_server().await;
    let template = template(&mut server).await;
    create(server, Some(&template)).await
}

/// With nothing in it.
pub async fn empty_database() -> TestDb {
    create(connect_server().await, None).await
}

fn server_url() -> Url {
    let url = std::env::var("GATEWAY_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "GATEWAY_TEST_POSTGRES is not set, and this test needs a Postgres server: run `make test`, or \
             `.ci/test-postgres.sh cargo nextest run`"
        )
    });
    Url::parse(&url).unwrap_or_else(|error| panic!("GATEWAY_TEST_POSTGRES is no URL: {error}"))
}

fn options(url: &Url) -> PgConnectOptions {
    PgConnectOptions::from_str(url.as_str()).unwrap_or_else(|error| panic!("GATEWAY_TEST_POSTGRES: {error}"))
}

async fn connect_server() -> PgConnection {
    PgConnection::connect_with(&options(&server_url()))
        .await
        .unwrap_or_else(|error| panic!("the server of GATEWAY_TEST_POSTGRES does not answer: {error}"))
}

/// The name of a database with all migrations applied, made by whoever comes first.
async fn template(server: &mut PgConnection) -> String {
    let mut hash = Sha256::new();
    for migration in MIGRATIONS.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&*migration.checksum);
    }
    let digest = hash.finalize();
    let name = format!("gateway_template_{:016x}", u64::from_be_bytes(digest[..8].try_into().unwrap()));
    if exists(server, &name).await {
        return name;
    }
    lock(server, "pg_advisory_lock").await;
    if !exists(server, &name).await {
        // Under another name first: whoever finds the name may copy the database at once.
        let half_made = format!("{name}_new");
        run(server, format!("drop database if exists {half_made}")).await;
        run(server, format!("create database {half_made}")).await;
        let mut conn =
            PgConnection::connect_with(&options(&server_url()).database(&half_made)).await.unwrap();
        MIGRATIONS
            .run_direct(None, &mut conn, false)
            .await
            .unwrap_or_else(|error| panic!("the migrations fail: {error}"));
        conn.close().await.unwrap();
        run(server, format!("alter database {half_made} rename to {name}")).await;
    }
    lock(server, "pg_advisory_unlock").await;
    name
}

async fn lock(server: &mut PgConnection, function: &str) {
    run(server, format!("select {function}({TEMPLATE_LOCK})")).await;
}

async fn exists(server: &mut PgConnection, name: &str) -> bool {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(server)
        .await
        .unwrap()
}

async fn create(mut server: PgConnection, template: Option<&str>) -> TestDb {
    let name = format!("gateway_test_{}", uuid::Uuid::now_v7().simple());
    // A copy of files costs half of what one through the log does, and brings the caches of system tables along. Before
    // version 15 it is the only way, and has no name.
    let strategy =
        server.server_version_num().filter(|version| *version >= 150_000).map(|_| " strategy file_copy");
    let from = template.map(|template| format!(" template {template}{}", strategy.unwrap_or_default()));
    run(&mut server, format!("create database {name}{}", from.unwrap_or_default())).await;
    server.close().await.unwrap();
    let mut url = server_url();
    url.set_path(&name);
    let role = if template.is_some() { "set role gateway_work" } else { "reset role" };
    let pool = PgPoolOptions::new().max_connections(8).after_connect(move |conn, _| {
        Box::pin(async move {
            conn.execute(role).await?;
            Ok(())
        })
    });
    let pool = pool.connect_with(options(&url)).await.unwrap();
    let settings = PoolSettings { max_connections: 8, ..PoolSettings::default() };
    let db = Db::connect(options(&url), settings).await.unwrap();
    TestDb { db, pool, url: url.into() }
}

async fn run(server: &mut PgConnection, sql: String) {
    server.execute(AssertSqlSafe(sql.as_str())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
