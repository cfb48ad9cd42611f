//! Tenants: made, renamed, removed. Whoever may do this sees all of them.

use crate::app::audit::{self, Change};
use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::vault::Vault;
use crate::domain::access::Actor;
use crate::domain::catalogue::TenantName;
use crate::domain::ids::{MASTER_TENANT, TenantId};
use crate::domain::provider::is_slug;
use crate::store::db::{Db, unique_violation};
use crate::store::tenants::{self, TenantRow};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

pub use crate::store::tenants::Counts;

/// The longest name, in characters.
const MOST_NAME: usize = 200;

/// What it works with.
pub struct Tenants {
    pub db: Db,
    pub clock: Clock,
    pub vault: Vault,
    pub catalogues: Arc<Catalogues>,
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    #[error(
        "\"{0}\" is not a slug: lower-case letters, digits and hyphens, at most 64, beginning and ending with a letter or digit, \
         and no UUID"
    )]
    InvalidSlug(String),
    #[error("a tenant's name has 1 to {MOST_NAME} characters")]
    InvalidName,
    #[error("a tenant \"{0}\" already exists")]
    SlugTaken(String),
    #[error("the default tenant can't be removed, and keeps its slug")]
    IsMaster,
    #[error("this removes tenant \"{slug}\" with {} providers and {} agents for good: confirm with ?confirm={slug}", has.providers, has.agents)]
    Unconfirmed { slug: String, has: Counts },
    #[error("tenant not found")]
    NotFound,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl Tenants {
    /// All of them, the default one first.
    pub fn list(&self) -> Vec<TenantName> {
        self.catalogues.current().tenants().to_vec()
    }

    /// By id or slug.
    pub fn find(&self, id_or_slug: &str) -> Result<TenantName, TenantError> {
        self.catalogues.current().find_tenant(id_or_slug).cloned().ok_or(TenantError::NotFound)
    }

    /// What it has.
    pub async fn counts(&self, id: TenantId) -> Result<Counts, TenantError> {
        Ok(tenants::counts(&mut *self.db.tenant(id).await?, id).await?)
    }

    /// Makes a tenant, with a key of its own.
    pub async fn create(&self, actor: &Actor, slug: &str, name: &str) -> Result<TenantName, TenantError> {
        check(slug, name)?;
        let id = TenantId(self.clock.new_id());
        let row = TenantRow {
            id,
            slug: slug.to_owned(),
            name: name.trim().to_owned(),
            sealing_key: Some(self.vault.make_tenant(id)),
            created_at: self.clock.now(),
        };
        let mut tx = self.db.begin_work().await?;
        tenants::insert(&mut tx, &row).await.map_err(|error| taken(error, slug))?;
        let change = Change::new("tenant.create").on(id, slug).made(view(slug, &row.name));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        tracing::info!(tenant = slug, by = %actor.name, "a tenant was made");
        self.catalogues.reload().await?;
        self.find(&id.to_string())
    }

    /// Gives a tenant another slug or name; what is `None` stays.
    pub async fn update(
        &self,
        actor: &Actor,
        id_or_slug: &str,
        slug: Option<&str>,
        name: Option<&str>,
    ) -> Result<TenantName, TenantError> {
        let before = self.find(id_or_slug)?;
        if before.id == MASTER_TENANT && slug.is_some_and(|slug| slug != before.slug) {
            return Err(TenantError::IsMaster);
        }
        let mut tx = self.db.begin_work().await?;
        let row = tenants::lock(&mut tx, before.id).await?.ok_or(TenantError::NotFound)?;
        let (slug, name) = (slug.unwrap_or(&row.slug), name.unwrap_or(&row.name));
        check(slug, name)?;
        tenants::rename(&mut tx, row.id, slug, name.trim()).await.map_err(|error| taken(error, slug))?;
        let change = Change::new("tenant.update").on(row.id, slug);
        let change = change.between(&view(&row.slug, &row.name), &view(slug, name.trim()));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        tracing::info!(tenant = slug, by = %actor.name, "a tenant was changed");
        self.catalogues.reload().await?;
        self.find(&row.id.to_string())
    }

    /// Removes a tenant with everything in it, its key first of all: what was sealed with it can't be opened again.
    pub async fn delete(
        &self,
        actor: &Actor,
        id_or_slug: &str,
        confirm: Option<&str>,
    ) -> Result<(), TenantError> {
        let tenant = self.find(id_or_slug)?;
        if tenant.id == MASTER_TENANT {
            return Err(TenantError::IsMaster);
        }
        if confirm != Some(tenant.slug.as_str()) {
            let has = self.counts(tenant.id).await?;
            return Err(TenantError::Unconfirmed { slug: tenant.slug, has });
        }
        let mut tx = self.db.begin_work().await?;
        let row = tenants::lock(&mut tx, tenant.id).await?.ok_or(TenantError::NotFound)?;
        tenants::delete(&mut tx, tenant.id).await?;
        // In the log of the tenant that this one was removed from; its own stays as it is, too.
        let change = Change::new("tenant.delete").on(row.id, &row.slug).removed(view(&row.slug, &row.name));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        tracing::info!(tenant = %tenant.slug, by = %actor.name, "a tenant was removed");
        self.catalogues.reload().await?;
        Ok(())
    }
}

/// For the audit log.
fn view(slug: &str, name: &str) -> Value {
    json!({ "slug": slug, "name": name })
}

fn check(slug: &str, name: &str) -> Result<(), TenantError> {
    if !is_slug(slug) || Uuid::parse_str(slug).is_ok() {
        return Err(TenantError::InvalidSlug(slug.chars().take(80).collect()));
    }
    if name.trim().is_empty() || name.chars().count() > MOST_NAME || name.contains('\0') {
        return Err(TenantError::InvalidName);
    }
    Ok(())
}

fn taken(error: sqlx::Error, slug: &str) -> TenantError {
    if unique_violation(&error).is_some() { TenantError::SlugTaken(slug.to_owned()) } else { error.into() }
}
