//! The embedded Postgres with the real programs: it starts, stays, comes back, and gets out of the way.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gateway::store::embedded::{
    Embedded, EmbeddedError, EmbeddedSettings, ServerState, StopOutcome, connect_running,
};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

/// In a test binary that was started by one of these tests: the data directory of the server to run.
const OWNED: &str = "GATEWAY_TEST_OWNED_DATA_DIR";

const PATIENCE: Duration = Duration::from_secs(30);

/// A directory that the Postgres user can pass through.
fn scratch() -> TempDir {
    let dir = tempfile::Builder::new().prefix("gw-pg-").tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o711)).unwrap();
    dir
}

async fn start(data_dir: &Path) -> Embedded {
    Embedded::start(&EmbeddedSettings::new(data_dir))
        .await
        .unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options).await.unwrap()
}

async fn write_note(options: &PgConnectOptions, text: &str) {
    let mut conn = connect(options).await;
    conn.execute("create table if not exists notes (text text not null)").await.unwrap();
    sqlx::query("insert into notes values ($1)").bind(text).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

async fn notes(options: &PgConnectOptions) -> Vec<String> {
    let mut conn = connect(options).await;
    sqlx::query_scalar("select text from notes order by text").fetch_all(&mut conn).await.unwrap()
}

async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn cluster(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres/data")
}

fn postmaster(data_dir: &Path) -> Pid {
    let file = std::fs::read_to_string(cluster(data_dir).join("postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().parse().unwrap()).unwrap()
}

/// Every process that works in the cluster.
fn processes(data_dir: &Path) -> Vec<String> {
    let cluster = std::fs::canonicalize(cluster(data_dir)).unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries
        .filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == cluster))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn we_are_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// This test binary once more, as the owner of a server: what a test does to it must not happen to the test
/// itself.
struct Owner {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Owner {
    fn spawn(data_dir: &Path, program: &Path, uid: Option<u32>) -> Self {
        let mut command = Command::new(program);
        command
            .args(["--exact", "embedded::a_second_process_owns_a_server_until_its_input_ends", "--nocapture"])
            .env(OWNED, data_dir)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(uid) = uid {
            command.uid(uid).gid(uid).env_remove("XDG_RUNTIME_DIR");
        }
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    fn wait_until_it_says(&mut self, word: &str) {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if line.contains(word) {
                return;
            }
            line.clear();
        }
        panic!("the helper process ended without saying {word}");
    }

    /// `kill -9`.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.process.wait().unwrap().success(), "{rest}");
    }
}

/// Does nothing, unless one of the tests below starts it as a process of its own.
#[tokio::test]
async fn a_second_process_owns_a_server_until_its_input_ends() {
    let Some(data_dir) = std::env::var_os(OWNED).map(PathBuf::from) else {
        return;
    };
    let server = start(&data_dir).await;
    write_note(&server.connect_options(), "from the helper").await;
    println!("SERVING");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()).unwrap()).await.unwrap();
    assert_eq!(server.stop().await, StopOutcome::Fast);
    assert!(processes(&data_dir).is_empty());
    let again = start(&data_dir).await;
    assert_eq!(notes(&again.connect_options()).await, ["from the helper"]);
    assert_eq!(again.stop().await, StopOutcome::Fast);
}

fn helper_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

#[tokio::test]
async fn a_first_start_makes_the_database_and_a_restart_keeps_it() {
    let dir = scratch();
    let data_dir = dir.path().join("not yet made");
    let begun = Instant::now();
    let server = start(&data_dir).await;
    let first = begun.elapsed();
    write_note(&server.connect_options(), "kept").await;
    // The URL leads to the same database.
    assert_eq!(notes(&server.url().parse().unwrap()).await, ["kept"]);
    let begun = Instant::now();
    assert_eq!(server.stop().await, StopOutcome::Fast);
    let stop = begun.elapsed();

    let begun = Instant::now();
    let server = start(&data_dir).await;
    let warm = begun.elapsed();
    assert_eq!(notes(&server.connect_options()).await, ["kept"]);
    server.stop().await;
    println!("first start {first:?}, stop {stop:?}, warm start {warm:?}");
    assert!(first < Duration::from_secs(10), "the first start took {first:?}");
    assert!(warm < Duration::from_secs(5), "the second start took {warm:?}");
}

#[tokio::test]
async fn the_database_is_utf8_with_checksums_and_the_gateway_s_role_is_no_superuser() {
    let dir = scratch();
    let server = start(dir.path()).await;
    let mut conn = connect(&server.connect_options()).await;
    let facts: Vec<String> = sqlx::query_scalar(
        "select setting from unnest(array['server_encoding', 'data_checksums', 'TimeZone', 'fsync', \
         'is_superuser', 'listen_addresses', 'log_error_verbosity']) with ordinality wanted (setting_name, \
         n), lateral current_setting(setting_name) setting order by n",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(facts, ["UTF8", "on", "UTC", "on", "off", "", "terse"]);
    let collation: String =
        sqlx::query_scalar("select datcollate from pg_database where datname = current_database()")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert_eq!(collation, "C");
    drop(conn);
    server.stop().await;
}

#[tokio::test]
async fn a_second_owner_is_refused_and_told_who_the_first_is() {
    let dir = scratch();
    let mut owner = Owner::spawn(dir.path(), &helper_program(), None);
    owner.wait_until_it_says("SERVING");
    let error = Embedded::start(&EmbeddedSettings::new(dir.path())).await.unwrap_err();
    assert!(
        matches!(error, EmbeddedError::Owned { pid: Some(pid), .. } if pid == owner.process.id()),
        "{error:?}"
    );
    let text = error.to_string();
    for part in [format!("process {}", owner.process.id()), dir.path().join("postgres").display().to_string()]
    {
        assert!(text.contains(&part), "{text}");
    }
    // What such a second process can do instead.
    let options = connect_running(dir.path()).await.expect("a gateway runs");
    assert_eq!(notes(&options).await, ["from the helper"]);
    owner.end();
    assert!(connect_running(dir.path()).await.is_none(), "nobody runs any more");
}

#[tokio::test]
async fn a_killed_postmaster_is_restarted_and_the_pool_comes_back() {
    let dir = scratch();
    let server = start(dir.path()).await;
    write_note(&server.connect_options(), "kept").await;
    let pool = PgPoolOptions::new().max_connections(4).connect_with(server.connect_options()).await.unwrap();
    let mut state = server.state();
    assert_eq!(*state.borrow_and_update(), ServerState::Ready);

    let killed = postmaster(dir.path());
    let begun = Instant::now();
    kill_process(killed, Signal::KILL).unwrap();
    tokio::time::timeout(PATIENCE, state.wait_for(|state| *state == ServerState::Restarting))
        .await
        .unwrap()
        .unwrap();
    tokio::time::timeout(PATIENCE, state.wait_for(|state| *state == ServerState::Ready))
        .await
        .unwrap()
        .unwrap();
    let text: String = eventually("the pool has a connection again", async || {
        sqlx::query_scalar("select text from notes").fetch_one(&pool).await.ok()
    })
    .await;
    println!("back after {:?}", begun.elapsed());
    assert_eq!(text, "kept");
    assert_ne!(postmaster(dir.path()), killed);
    pool.close().await;
    assert_eq!(server.stop().await, StopOutcome::Fast);
    assert_eq!(*state.borrow(), ServerState::Stopped);
}

#[tokio::test]
async fn a_killed_owner_leaves_nothing_in_the_way() {
    let dir = scratch();
    let mut owner = Owner::spawn(dir.path(), &helper_program(), None);
    owner.wait_until_it_says("SERVING");
    owner.kill();
    let begun = Instant::now();
    let server = start(dir.path()).await;
    println!("started {:?} after the owner was killed", begun.elapsed());
    assert_eq!(notes(&server.connect_options()).await, ["from the helper"]);
    server.stop().await;
    assert!(processes(dir.path()).is_empty());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_owner_takes_its_server_along() {
    let dir = scratch();
    let mut owner = Owner::spawn(dir.path(), &helper_program(), None);
    owner.wait_until_it_says("SERVING");
    assert!(!processes(dir.path()).is_empty());
    owner.kill();
    eventually("the server has ended", async || processes(dir.path()).is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_killed_owner_with_a_killed_postmaster_leaves_nothing_in_the_way() {
    let dir = scratch();
    let mut owner = Owner::spawn(dir.path(), &helper_program(), None);
    owner.wait_until_it_says("SERVING");
    let server = postmaster(dir.path());
    owner.kill();
    // It may have ended with its owner meanwhile.
    let _ = kill_process(server, Signal::KILL);
    let begun = Instant::now();
    let server = start(dir.path()).await;
    println!("started {:?} after both were killed", begun.elapsed());
    assert_eq!(notes(&server.connect_options()).await, ["from the helper"]);
    server.stop().await;
}

#[tokio::test]
async fn a_predecessor_that_was_not_told_to_end_is_ended() {
    let dir = scratch();
    start(dir.path()).await.stop().await;
    // As after a kill on a system that tells children nothing: a server without a gateway.
    let found =
        Command::new("sh").args(["-c", "ls -d /usr/lib/postgresql/*/bin | tail -1"]).output().unwrap();
    let bin_dir = String::from_utf8(found.stdout).unwrap();
    if bin_dir.trim().is_empty() {
        // Only Debian's layout is known here; the other tests ran with whatever there is.
        return;
    }
    let owner = std::fs::metadata(cluster(dir.path())).unwrap();
    let (uid, gid) =
        (std::os::unix::fs::MetadataExt::uid(&owner), std::os::unix::fs::MetadataExt::gid(&owner));
    let mut command = Command::new(Path::new(bin_dir.trim()).join("postgres"));
    command.arg("-D").arg(cluster(dir.path())).args([
        "-c",
        "listen_addresses=",
        "-c",
        "unix_socket_directories=../run",
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if we_are_root() {
        command.uid(uid).gid(gid);
    }
    let mut orphan = command.spawn().unwrap();
    let pid_file = cluster(dir.path()).join("postmaster.pid");
    eventually("the orphan is ready", async || {
        std::fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready")).then_some(())
    })
    .await;
    let server = start(dir.path()).await;
    assert!(orphan.wait().unwrap().success(), "it was ended by force");
    server.stop().await;
}

#[tokio::test]
async fn a_stale_pid_file_with_a_living_process_id_is_no_obstacle() {
    let dir = scratch();
    start(dir.path()).await.stop().await;
    let pid_file = cluster(dir.path()).join("postmaster.pid");
    std::fs::write(&pid_file, format!("{}\n/nowhere\n1700000000\n5432\n\n\n\nready\n", std::process::id()))
        .unwrap();
    start(dir.path()).await.stop().await;
}

#[tokio::test]
async fn a_deep_data_directory_works() {
    let dir = scratch();
    let deep = dir.path().join("d".repeat(100)).join("e".repeat(100));
    let server = start(&deep).await;
    write_note(&server.connect_options(), "deep").await;
    let socket_dir = server.connect_options().get_socket().unwrap().clone();
    assert!(!socket_dir.starts_with(dir.path()) && socket_dir.is_dir(), "{}", socket_dir.display());
    assert_eq!(notes(&connect_running(&deep).await.unwrap()).await, ["deep"]);
    server.stop().await;
    assert!(!socket_dir.exists(), "{} was left behind", socket_dir.display());
}

#[tokio::test]
async fn a_directory_with_spaces_commas_quotes_and_other_alphabets_works() {
    let dir = scratch();
    let odd = dir.path().join("Jürgen's data, \"new\" %20 データ $HOME");
    let server = start(&odd).await;
    write_note(&server.connect_options(), "odd").await;
    assert_eq!(notes(&server.url().parse().unwrap()).await, ["odd"]);
    assert_eq!(notes(&connect_running(&odd).await.unwrap()).await, ["odd"]);
    server.stop().await;
    let server = start(&odd).await;
    assert_eq!(notes(&server.connect_options()).await, ["odd"]);
    server.stop().await;
}

#[tokio::test]
async fn a_stopped_server_leaves_no_process_and_no_lock() {
    let dir = scratch();
    let server = start(dir.path()).await;
    // Somebody who is still connected does not hold the stop up.
    let mut lingering = connect(&server.connect_options()).await;
    lingering.execute("begin").await.unwrap();
    assert_eq!(server.stop().await, StopOutcome::Fast);
    assert!(processes(dir.path()).is_empty());
    assert!(!cluster(dir.path()).join("postmaster.pid").exists());
    assert!(!dir.path().join("postgres/connection.json").exists());
    start(dir.path()).await.stop().await;
}

#[tokio::test]
async fn a_dropped_server_stops_by_itself() {
    let dir = scratch();
    let server = start(dir.path()).await;
    drop(server);
    eventually("the server has ended", async || processes(dir.path()).is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_no_process() {
    let dir = scratch();
    start(dir.path()).await.stop().await;
    for patience in [1, 20, 40, 60, 80] {
        let settings = EmbeddedSettings::new(dir.path());
        let start = Embedded::start(&settings);
        // Whether it was ready by then or not: nobody keeps it.
        drop(tokio::time::timeout(Duration::from_millis(patience), start).await);
        eventually("the next start is possible", async || {
            let server = Embedded::start(&settings).await.ok()?;
            server.stop().await;
            Some(())
        })
        .await;
        assert!(processes(dir.path()).is_empty());
    }
}

#[tokio::test]
async fn a_half_made_cluster_is_thrown_away() {
    let dir = scratch();
    let half = dir.path().join("postgres/data.new-1");
    std::fs::create_dir_all(&half).unwrap();
    std::fs::set_permissions(dir.path().join("postgres"), PermissionsExt::from_mode(0o711)).unwrap();
    std::fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    start(dir.path()).await.stop().await;
    assert!(!half.exists());
}

#[tokio::test]
async fn a_wrong_program_directory_is_named_and_nothing_else_is_tried() {
    let dir = scratch();
    let mut settings = EmbeddedSettings::new(dir.path());
    settings.bin_dir = Some(dir.path().join("nothing here"));
    let text = Embedded::start(&settings).await.unwrap_err().to_string();
    for part in ["nothing here", "initdb", "GATEWAY_PG_BIN"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_cluster_of_another_version_is_refused_with_what_was_found() {
    let dir = scratch();
    let server = start(dir.path()).await;
    let major = server.major_version();
    server.stop().await;
    std::fs::write(cluster(dir.path()).join("PG_VERSION"), "99\n").unwrap();
    let text = Embedded::start(&EmbeddedSettings::new(dir.path())).await.unwrap_err().to_string();
    assert!(text.contains("Postgres 99") && text.contains(&format!("{major} in ")), "{text}");
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let dir = scratch();
    start(dir.path()).await.stop().await;
    std::fs::write(cluster(dir.path()).join("postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let error = Embedded::start(&EmbeddedSettings::new(dir.path())).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::EndedAtStart { .. }), "{error:?}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    assert!(processes(dir.path()).is_empty());
}

#[tokio::test]
async fn a_closed_parent_is_named_when_another_user_has_to_pass() {
    if !we_are_root() {
        // Nobody else has to: Postgres runs as we do.
        return;
    }
    let dir = scratch();
    let closed = dir.path().join("closed");
    std::fs::create_dir_all(closed.join("data")).unwrap();
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o700)).unwrap();
    let error = Embedded::start(&EmbeddedSettings::new(closed.join("data"))).await.unwrap_err();
    assert!(matches!(&error, EmbeddedError::Unreachable { dir, .. } if *dir == closed), "{error:?}");
    assert!(error.to_string().contains("chmod o+x"), "{error}");
}

#[tokio::test]
async fn an_unprivileged_user_runs_it_as_itself() {
    if !we_are_root() {
        // Then every other test was this one.
        return;
    }
    let dir = scratch();
    // The test binary may lie where that user cannot get to.
    let program = dir.path().join("helper");
    std::fs::copy(helper_program(), &program).unwrap();
    let data_dir = dir.path().join("data");
    std::fs::create_dir(&data_dir).unwrap();
    let nobody = 65534;
    std::os::unix::fs::chown(&data_dir, Some(nobody), Some(nobody)).unwrap();
    let mut owner = Owner::spawn(&data_dir, &program, Some(nobody));
    owner.wait_until_it_says("SERVING");
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(cluster(&data_dir)).unwrap());
    assert_eq!(uid, nobody);
    owner.end();
    // Root takes over and leaves the owner as it is.
    let server = start(&data_dir).await;
    assert_eq!(notes(&server.connect_options()).await, ["from the helper"]);
    server.stop().await;
    let mut owner = Owner::spawn(&data_dir, &program, Some(nobody));
    owner.wait_until_it_says("SERVING");
    owner.kill();
}
