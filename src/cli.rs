//! The command line: the composition root, the only place that sees all.

mod audit;

mod commands;

mod serve;

use crate::config::Overrides;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Several ChatGPT/Codex subscriptions behind one reliable endpoint.
///
/// Without a command: serves. The dashboard and the API listen on <http://127.0.0.1:18790>; the database is the
/// configured one, else a private Postgres below the data directory.
#[derive(Debug, Parser)]
#[command(name = "gateway", version, about, long_about)]
pub struct Cli {
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the dashboard (the default)
    Serve,
    /// Show everything on a simulated OpenAI, without any account; nothing is kept
    Demo(serve::DemoArgs),
    /// Print the token that the dashboard and the API ask for
    Token,
    /// Print a one-time link that makes the first owner's account; the link that was made before is worth nothing any more
    OwnerLink,
    /// Print the settings in force, where each comes from, secrets masked
    CheckConfig {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Apply the database's migrations and stop
    Migrate,
    /// Write the whole database to a file; secrets stay sealed, the encryption key is not in it
    Backup {
        /// The file to write; one that is there is replaced
        file: PathBuf,
    },
    /// Read a backup into the database
    Restore {
        /// The file that `backup` wrote
        file: PathBuf,
        /// Replace what the database holds
        #[arg(long)]
        replace: bool,
    },
    /// The encryption key
    #[command(subcommand)]
    Key(KeyCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Ask a running gateway whether it lives (for container health checks)
    Health,
    /// Print the OpenAPI document
    #[command(name = "openapi")]
    OpenApi,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Seal every secret with a new key
    Rotate {
        /// The file with the new key, when the key is configured and not kept in the data directory
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
}

/// Runs the command. The error is for people.
pub fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if matches!(cli.command, Some(Command::OpenApi)) {
        return commands::print(crate::http::openapi().trim_end());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        match cli.command {
            None | Some(Command::Serve) => serve::serve(cli.overrides).await,
            Some(Command::Demo(args)) => serve::demo(cli.overrides, args).await,
            Some(Command::Token) => commands::token(cli.overrides),
            Some(Command::OwnerLink) => commands::owner_link(cli.overrides).await,
            Some(Command::CheckConfig { json }) => commands::check_config(cli.overrides, json),
            Some(Command::Migrate) => commands::migrate(cli.overrides).await,
            Some(Command::Backup { file }) => commands::backup(cli.overrides, &file).await,
            Some(Command::Restore { file, replace }) => {
                commands::restore(cli.overrides, &file, replace).await
            }
            Some(Command::Key(KeyCommand::Rotate { new_key_file })) => {
                commands::rotate_key(cli.overrides, new_key_file.as_deref()).await
            }
            Some(Command::Audit(command)) => audit::run(cli.overrides, command).await,
            Some(Command::Health) => commands::health(cli.overrides).await,
            Some(Command::OpenApi) => Ok(()),
        }
    });
    // A task that hangs must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
