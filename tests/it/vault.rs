//! The encryption key: the first start, the wrong key, and a rotation that is cut off at any step.

use crate::support::database::{TestDb, database, empty_database};
use chrono::DateTime;
use gateway::app::clock::Clock;
use gateway::app::vault::keys::{self, KeySource, Opened};
use gateway::app::vault::rotation::{self, Rotation};
use gateway::app::vault::{EncryptionKey, Vault, VaultError, key_id};
use gateway::domain::ids::{MASTER_TENANT, ProviderId, TenantId};
use gateway::store::grants::{self, SignIn, TokenColumn};
use gateway::store::installation::{self, Place};
use gateway::store::mcp_servers::{self, SealedColumn};
use gateway::store::providers;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use uuid::Uuid;

fn clock() -> Clock {
    Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap()).0
}

fn key(digit: char) -> SecretString {
    digit.to_string().repeat(64).into()
}

fn id_of(key: &SecretString) -> String {
    EncryptionKey::parse(key).unwrap().id().to_owned()
}

fn file_source(dir: &Path) -> KeySource {
    KeySource { configured: None, previous: Vec::new(), data_dir: dir.to_owned(), shared_database: false }
}

fn configured(key: SecretString, dir: &Path) -> KeySource {
    KeySource { configured: Some(key), ..file_source(dir) }
}

async fn open(db: &TestDb, source: &KeySource) -> Result<Opened, VaultError> {
    keys::open(&db.db, source, &clock()).await
}

/// One secret in every sealed column, with the tenant's key.
async fn fill(db: &TestDb, vault: &Vault) -> ProviderId {
    fill_with(db, |secret, aad| vault.seal_for(MASTER_TENANT, secret, aad)).await
}

async fn fill_with(db: &TestDb, seal_value: impl Fn(&SecretString, &str) -> String) -> ProviderId {
    let mut db = db.pool.acquire().await.unwrap();
    let (id, now) = (ProviderId(Uuid::now_v7()), clock().now());
    let new = providers::NewProvider {
        id,
        name: "one".into(),
        display_name: None,
        provider_type: "chatgpt_oauth".into(),
        api_base: None,
        api_key: Some(seal_value(&"the api key".into(), &providers::api_key_aad(id))),
        enabled: true,
        settings: json!({}),
    };
    providers::insert(&mut db, MASTER_TENANT, &new, now).await.unwrap();
    let seal = |text: &str, column| seal_value(&text.into(), &grants::aad(id, column));
    let sign_in = SignIn {
        issuer: "i".into(),
        account_id: "a".into(),
        user_id: "u".into(),
        email: None,
        plan_type: None,
        access_token: seal("the access token", TokenColumn::Access),
        refresh_token: seal("the refresh token", TokenColumn::Refresh),
        id_token: Some(seal("the id token", TokenColumn::Id)),
        access_expires_at: now,
    };
    grants::upsert(&mut db, MASTER_TENANT, id, &sign_in, now).await.unwrap();
    let login = Uuid::now_v7();
    let seal = |text: &str, column| seal_value(&text.into(), &installation::login_aad(login, column));
    sqlx::query(
        "insert into pending_logins (id, tenant_id, provider_name, method, verifier, device_auth, created_at,
                                     updated_at, expires_at)
         values ($1, $2, 'one', 'browser', $3, $4, now(), now(), now())",
    )
    .bind(login)
    .bind(MASTER_TENANT.0)
    .bind(seal("the verifier", "verifier"))
    .bind(seal("the device auth", "device_auth"))
    .execute(&mut *db)
    .await
    .unwrap();
    for (column, text) in [(SealedColumn::Env, "the environment"), (SealedColumn::Headers, "the headers")] {
        let server = Uuid::now_v7();
        let sealed = Some(seal_value(&text.into(), &mcp_servers::aad(server, column)));
        let stdio = column == SealedColumn::Env;
        let row = mcp_servers::McpServerRow {
            id: server,
            tenant_id: MASTER_TENANT,
            name: if stdio { "stdio" } else { "http" }.into(),
            transport: if stdio { "stdio" } else { "streamable_http" }.into(),
            command: stdio.then(|| "true".into()),
            args: Vec::new().into(),
            url: (!stdio).then(|| "http://127.0.0.1:9".into()),
            env: sealed.clone().filter(|_| stdio),
            headers: sealed.filter(|_| !stdio),
            enabled: true,
            timeout_seconds: 60,
            created_at: now,
            updated_at: now,
        };
        mcp_servers::insert(&mut db, &row).await.unwrap();
    }
    id
}

/// The ids of the keys that seal what is not a tenant's; everything opens to what was put in.
async fn check(db: &TestDb, vault: &Vault) -> Vec<String> {
    let mut db = db.pool.begin().await.unwrap();
    let values = installation::sealed_values(&mut db).await.unwrap();
    let mut texts: Vec<String> = values
        .iter()
        .filter(|(place, ..)| !matches!(place, Place::TenantKey(_)))
        .map(|(place, _, sealed)| vault.open(sealed, &place.aad()).unwrap().expose_secret().to_owned())
        .collect();
    texts.sort();
    let expected = [
        "gateway",
        "the access token",
        "the api key",
        "the device auth",
        "the environment",
        "the headers",
        "the id token",
        "the refresh token",
        "the verifier",
    ];
    assert_eq!(texts, expected);
    let main = values.iter().filter(|(_, tenant, _)| tenant.is_none());
    let mut ids: Vec<String> = main.map(|(.., sealed)| key_id(sealed).unwrap().to_owned()).collect();
    ids.dedup();
    ids
}

#[tokio::test]
async fn the_first_start_makes_a_key_that_only_its_owner_can_read() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    let data = dir.path().join("data");
    let first = open(&db, &file_source(&data)).await.unwrap();
    assert!(first.warnings.is_empty(), "{:?}", first.warnings);
    let file = data.join("encryption.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim().len(), 64);
    fill(&db, &first.vault).await;

    let second = open(&db, &file_source(&data)).await.unwrap();
    assert_eq!(second.vault.key_ids(), first.vault.key_ids());
    assert_eq!(check(&db, &second.vault).await, first.vault.key_ids());
}

#[tokio::test]
async fn a_key_made_for_a_shared_database_comes_with_a_warning() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    let source = KeySource { shared_database: true, ..file_source(dir.path()) };
    let opened = open(&db, &source).await.unwrap();
    assert!(opened.warnings[0].contains("GATEWAY_ENCRYPTION_KEY"), "{:?}", opened.warnings);
    assert!(open(&db, &source).await.unwrap().warnings.is_empty());
}

#[tokio::test]
async fn a_wrong_key_stops_the_start_and_names_both_keys() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    open(&db, &configured(key('a'), dir.path())).await.unwrap();
    let error = open(&db, &configured(key('b'), dir.path())).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, VaultError::WrongKey { .. }));
    assert!(text.contains(&id_of(&key('a'))) && text.contains(&id_of(&key('b'))), "{text}");
    assert!(!text.contains("aaaaaaaa"), "{text}");
    open(&db, &configured(key('a'), dir.path())).await.unwrap();
}

#[tokio::test]
async fn a_lost_key_file_is_not_replaced_by_a_new_key() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    open(&db, &file_source(dir.path())).await.unwrap();
    let file = dir.path().join("encryption.key");
    std::fs::remove_file(&file).unwrap();
    let error = open(&db, &file_source(dir.path())).await.unwrap_err();
    assert!(matches!(error, VaultError::WrongKey { .. }), "{error}");
    assert!(!file.exists());
    std::fs::write(&file, "").unwrap();
    let error = open(&db, &file_source(dir.path())).await.unwrap_err();
    assert!(matches!(error, VaultError::KeyFile { .. }), "{error}");
}

#[tokio::test]
async fn of_two_replicas_with_keys_of_their_own_one_is_told_that_its_key_is_wrong() {
    let db = database().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (file_source(one.path()), file_source(two.path()));
    let (first, second) = tokio::join!(open(&db, &one), open(&db, &two));
    assert_eq!([&first, &second].iter().filter(|result| result.is_ok()).count(), 1);
    let error = first.err().or(second.err()).unwrap();
    assert!(matches!(error, VaultError::WrongKey { .. }), "{error}");
}

#[tokio::test]
async fn a_rotation_seals_everything_anew_and_a_running_gateway_follows() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    let source = file_source(dir.path());
    let running = open(&db, &source).await.unwrap().vault;
    let id = fill(&db, &running).await;
    let old = running.key_ids();

    let rotated = rotation::rotate(&db.db, &source, None).await.unwrap();
    assert_eq!(rotated.values, 2, "the check, and the tenant's key, which goes on sealing the rest");
    assert_ne!(vec![rotated.key.clone()], old);
    assert_eq!(
        check(&db, &running).await,
        std::slice::from_ref(&rotated.key),
        "the gateway that runs opens them"
    );
    let aad = providers::api_key_aad(id);
    assert_eq!(key_id(&running.seal(&"x".into(), &aad)), Some(rotated.key.as_str()), "and seals like them");

    let restarted = open(&db, &source).await.unwrap();
    assert!(restarted.warnings.is_empty());
    assert_eq!(restarted.vault.key_ids(), [rotated.key.clone(), old[0].clone()]);
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    // And once more; nothing is left of the first.
    let again = rotation::rotate(&db.db, &source, None).await.unwrap();
    assert_eq!(check(&db, &running).await, std::slice::from_ref(&again.key));
    assert!(!dir.path().join("encryption.key.next").exists());
}

#[tokio::test]
async fn what_was_sealed_before_tenants_had_keys_moves_to_them_with_the_next_rotation() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    let source = file_source(dir.path());
    let vault = open(&db, &source).await.unwrap().vault;
    fill_with(&db, |secret, aad| vault.seal(secret, aad)).await;
    check(&db, &vault).await;
    let rotated = rotation::rotate(&db.db, &source, None).await.unwrap();
    assert_eq!(rotated.values, 10);
    check(&db, &vault).await;
    let values = installation::sealed_values(&mut db.pool.begin().await.unwrap()).await.unwrap();
    let theirs: Vec<_> = values.iter().filter(|(_, tenant, _)| tenant.is_some()).collect();
    assert_eq!(theirs.len(), 8);
    assert!(theirs.iter().all(|(.., sealed)| key_id(sealed) != Some(rotated.key.as_str())));
    assert_eq!(rotation::rotate(&db.db, &source, None).await.unwrap().values, 2);
    check(&db, &open(&db, &source).await.unwrap().vault).await;
}

/// Runs a rotation's first `steps` steps and drops it, as a `kill -9` would.
async fn rotate_partly(db: &TestDb, source: &KeySource, steps: usize) {
    let mut rotation = Rotation::begin(&db.db, source, None).await.unwrap();
    if steps >= 1 {
        rotation.store_new_key().unwrap();
    }
    if steps >= 2 {
        rotation.reseal().await.unwrap();
    }
    if steps >= 3 {
        rotation.retire_old_key().unwrap();
    }
    if steps >= 4 {
        rotation.promote_new_key().unwrap();
    }
}

#[tokio::test]
async fn a_rotation_that_is_cut_off_after_any_step_loses_nothing() {
    for steps in 0..=4 {
        let (db, dir) = (database().await, tempfile::tempdir().unwrap());
        let source = file_source(dir.path());
        let running = open(&db, &source).await.unwrap().vault;
        fill(&db, &running).await;
        let old = running.key_ids();
        rotate_partly(&db, &source, steps).await;

        // The gateway that runs, one that starts, and a rotation that is begun again: all can open everything.
        check(&db, &running).await;
        let restarted = open(&db, &source).await.unwrap();
        let sealed_by = check(&db, &restarted.vault).await;
        assert_eq!(sealed_by == old, steps < 2, "after {steps} steps");
        assert_eq!(
            restarted.vault.key_ids()[0],
            sealed_by[0],
            "after {steps} steps the start finishes the swap"
        );
        let done = rotation::rotate(&db.db, &source, None).await.unwrap();
        let last = open(&db, &source).await.unwrap();
        assert_eq!(check(&db, &last.vault).await, [done.key]);
        assert!(!dir.path().join("encryption.key.next").exists());
    }
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_is_finished_by_the_next_without_a_start_between() {
    for steps in 1..=3 {
        let (db, dir) = (database().await, tempfile::tempdir().unwrap());
        let source = file_source(dir.path());
        let running = open(&db, &source).await.unwrap().vault;
        fill(&db, &running).await;
        rotate_partly(&db, &source, steps).await;
        let done = rotation::rotate(&db.db, &source, None).await.unwrap();
        assert_eq!(done.values, if steps == 1 { 2 } else { 0 });
        let last = open(&db, &source).await.unwrap();
        assert_eq!(check(&db, &last.vault).await, [done.key]);
    }
}

#[tokio::test]
async fn a_rotation_that_fails_half_way_changes_no_row() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    let source = file_source(dir.path());
    let vault = open(&db, &source).await.unwrap().vault;
    fill(&db, &vault).await;
    let sql = "update tenants set sealing_key = key_check from installation";
    sqlx::query(sql).execute(&db.pool).await.unwrap();
    let error = rotation::rotate(&db.db, &source, None).await.unwrap_err();
    assert!(matches!(error, VaultError::Damaged { .. }), "{error}");
    let mut db = db.pool.begin().await.unwrap();
    let values = installation::sealed_values(&mut db).await.unwrap();
    let mut main = values.iter().filter(|(_, tenant, _)| tenant.is_none());
    assert!(main.all(|(.., sealed)| key_id(sealed) == Some(vault.key_ids()[0].as_str())));
}

#[tokio::test]
async fn a_value_sealed_by_a_gateway_that_missed_the_rotation_still_opens() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    let source = file_source(dir.path());
    let unaware = open(&db, &source).await.unwrap().vault;
    let rotated = rotation::rotate(&db.db, &source, None).await.unwrap();
    fill(&db, &unaware).await;
    let other = TenantId(Uuid::now_v7());
    sqlx::query("insert into tenants values ($1, 'other', 'Other', now(), $2)")
        .bind(other.0)
        .bind(unaware.make_tenant(other))
        .execute(&db.pool)
        .await
        .unwrap();
    let restarted = open(&db, &source).await.unwrap().vault;
    assert_eq!(check(&db, &restarted).await.len(), 2);
    let again = rotation::rotate(&db.db, &source, None).await.unwrap();
    assert_ne!(again.key, rotated.key);
    let last = open(&db, &source).await.unwrap();
    assert_eq!(check(&db, &last.vault).await, [again.key]);
}

#[tokio::test]
async fn a_configured_key_is_rotated_to_a_given_one() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    let source = configured(key('a'), dir.path());
    fill(&db, &open(&db, &source).await.unwrap().vault).await;
    let rotated = rotation::rotate(&db.db, &source, Some(&key('b'))).await.unwrap();
    assert_eq!((rotated.key.as_str(), rotated.values), (id_of(&key('b')).as_str(), 2));
    assert!(matches!(open(&db, &source).await, Err(VaultError::WrongKey { .. })));
    let new = open(&db, &configured(key('b'), dir.path())).await.unwrap();
    check(&db, &new.vault).await;
    assert!(!dir.path().join("encryption.key").exists(), "a configured key is never written down");
}

#[tokio::test]
async fn a_key_that_was_changed_in_the_configuration_is_followed_by_a_rotation_without_a_new_one() {
    let (db, dir) = (database().await, tempfile::tempdir().unwrap());
    // From the file to the environment, then from one configured key to the next.
    fill(&db, &open(&db, &file_source(dir.path())).await.unwrap().vault).await;
    let first = configured(key('a'), dir.path());
    let second = KeySource { previous: vec![key('a')], ..configured(key('b'), Path::new("/nonexistent")) };
    for (source, new) in [(first, key('a')), (second, key('b'))] {
        let opened = open(&db, &source).await.unwrap();
        assert!(opened.warnings[0].contains("gateway key rotate"), "{:?}", opened.warnings);
        check(&db, &opened.vault).await;
        let rotated = rotation::rotate(&db.db, &source, None).await.unwrap();
        assert_eq!((rotated.key, rotated.values), (id_of(&new), 2));
        let opened = open(&db, &source).await.unwrap();
        assert!(opened.warnings.is_empty());
    }
}

#[tokio::test]
async fn migrations_of_replicas_that_start_together_are_applied_once() {
    let db = empty_database().await;
    let (one, two) = tokio::join!(db.db.migrate(), db.db.migrate());
    one.unwrap();
    two.unwrap();
    db.db.migrate().await.unwrap();
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenants").fetch_one(&db.pool).await.unwrap();
    assert_eq!(tenants, 1);
}
