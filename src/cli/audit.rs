//! `gateway audit`: the log is checked, and taken away.

use super::commands::{print, settings, with_database};
use crate::app::audit::{Audit, Filter};
use crate::config::Overrides;
use crate::domain::audit::Head;
use crate::domain::audit::export::Format;
use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, pin_mut};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncWriteExt as _, BufWriter};

#[derive(Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Check every tenant's chain from its first entry to its last, and print the chains' ends
    ///
    /// Keep what it prints outside of the database. Whoever can write to the database can write the whole log anew, and
    /// only an end from before tells.
    Verify {
        /// An end that an earlier check printed: the chain has to have gone through it
        #[arg(long, value_name = "TENANT:NUMBER:HASH")]
        kept: Vec<Head>,
    },
    /// Write the log of every tenant to a file: JSON Lines, or CSV when the name ends so
    Export {
        /// The file to write; one that is there is replaced
        file: PathBuf,
    },
}

pub(super) async fn run(overrides: Overrides, command: AuditCommand) -> anyhow::Result<()> {
    let config = settings(overrides)?;
    with_database(&config, async |database| {
        let audit = Audit { db: database.db.clone() };
        match command {
            AuditCommand::Verify { kept } => verify(&audit, &kept).await,
            AuditCommand::Export { file } => export(&audit, &file).await,
        }
    })
    .await
}

async fn verify(audit: &Audit, kept: &[Head]) -> anyhow::Result<()> {
    let chains = audit.verify(kept).await?;
    let mut broken = 0;
    for chain in &chains {
        match &chain.end {
            Ok(head) => print(&head.to_string())?,
            Err(why) => {
                broken += 1;
                print(&format!("{}: BROKEN at entry {}: {why}", chain.tenant, why.seq()))?;
            }
        }
    }
    match (broken, chains.len()) {
        (0, 0) => print("there are no entries yet"),
        (0, _) => Ok(()),
        (broken, all) => bail!("{broken} of {all} chains do not hold"),
    }
}

async fn export(audit: &Audit, file: &Path) -> anyhow::Result<()> {
    let is_csv = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let format = if is_csv { Format::Csv } else { Format::JsonLines };
    let failed = || format!("cannot write {}", file.display());
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made with mode 0600, and removed again unless it is renamed.
    let temporary =
        tempfile::Builder::new().prefix(".gateway-audit-").tempfile_in(dir).with_context(failed)?;
    let (opened, temporary) = temporary.into_parts();
    let mut out = BufWriter::new(tokio::fs::File::from_std(opened));
    out.write_all(format.beginning().as_bytes()).await.with_context(failed)?;
    let mut count = 0;
    for tenant in audit.tenants().await? {
        let entries = audit.export(tenant, Filter::default());
        pin_mut!(entries);
        while let Some(some) = entries.next().await {
            for entry in some? {
                out.write_all(format.line(&entry).as_bytes()).await.with_context(failed)?;
                count += 1;
            }
        }
    }
    out.flush().await.with_context(failed)?;
    out.get_ref().sync_all().await.with_context(failed)?;
    temporary.persist(file).with_context(failed)?;
    print(&format!("{}: {count} entries", file.display()))
}
