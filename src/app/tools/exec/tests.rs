use super::*;
use crate::app::tools::workspace::Bounds;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A command that never ends is killed by this, were the tool not to.
const LIMITS: ExecLimits = ExecLimits {
    timeout: Duration::from_secs(20),
    memory_mib: 512,
    processes: 40,
    output_bytes: 4_096,
    network: false,
};

struct Bench {
    dir: TempDir,
    cancel: CancellationToken,
    mark: String,
}

impl Bench {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            dir: TempDir::new().unwrap(),
            cancel: CancellationToken::new(),
            mark: format!("test-{}-{count}", std::process::id()),
        }
    }

    fn place(&self, directory: Option<&str>) -> Result<Place, String> {
        let workspace = Workspace::open("a", Some(self.dir.path()), &Bounds::default())?;
        Place::new(&workspace, directory, self.mark.clone())
    }

    async fn run(&self, command: &str, limits: ExecLimits) -> ToolOutput {
        let call = Exec { command: command.into(), timeout_seconds: None, directory: None };
        run(&call, &self.place(None).unwrap(), limits, None, &self.cancel).await
    }

    /// The processes that this command has left.
    fn left(&self) -> usize {
        let wanted = format!("{}={}", group::MARK, self.mark);
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| std::fs::read(entry.path().join("environ")).ok())
            .filter(|environment| environment.split(|byte| *byte == 0).any(|e| e == wanted.as_bytes()))
            .count()
    }

    async fn until_none_is_left(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.left() > 0 {
            assert!(Instant::now() < deadline, "{} processes are left", self.left());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn output_of_both_streams_comes_in_order_with_the_exit_code() {
    let bench = Bench::new();
    let output = bench.run("echo one; echo two >&2; printf three; exit 3", LIMITS).await;
    assert!(output.text.starts_with("one\ntwo\nthree\n[exit code 3 after "), "{}", output.text);
    assert!(output.is_error);
    let quiet = bench.run("true", LIMITS).await;
    assert!(quiet.text.contains("no output") && !quiet.is_error, "{}", quiet.text);
}

#[tokio::test]
async fn the_environment_is_clean_and_the_place_is_the_workspace() {
    let bench = Bench::new();
    let root = bench.dir.path().canonicalize().unwrap();
    let output = bench
        .run(
            "pwd; env | sort | sed 's/=.*//' | grep -v '^_$\\|^PWD$\\|^SHLVL$\\|^OLDPWD$'; echo $HOME",
            LIMITS,
        )
        .await;
    let wanted = format!("{0}\nGATEWAY_TOOL_CALL\nHOME\nLANG\nPATH\n{0}\n", root.display());
    assert!(output.text.starts_with(&wanted), "{}", output.text);
    std::fs::create_dir(root.join("inner")).unwrap();
    assert_eq!(bench.place(Some("inner")).unwrap().directory, root.join("inner"));
    std::os::unix::fs::symlink("/etc", root.join("out")).unwrap();
    for outside in ["..", "/etc", "out", "inner/../..", "missing"] {
        assert!(bench.place(Some(outside)).is_err(), "{outside}");
    }
}

#[tokio::test]
async fn a_command_that_never_ends_is_stopped_in_time_with_what_it_wrote() {
    let bench = Bench::new();
    let limits = ExecLimits { timeout: Duration::from_millis(400), ..LIMITS };
    for endless in [
        "echo begun; while :; do :; done",
        "echo begun; sleep 1000",
        "echo begun; trap '' TERM INT HUP; sleep 1000",
    ] {
        let begun = Instant::now();
        let output = bench.run(endless, limits).await;
        assert!(output.is_error && output.text.contains("begun\n[stopped after"), "{}", output.text);
        assert!(output.text.contains("took longer"), "{}", output.text);
        assert!(begun.elapsed() < Duration::from_secs(10));
        bench.until_none_is_left().await;
    }
}

#[tokio::test]
async fn what_a_command_leaves_running_ends_with_it() {
    let bench = Bench::new();
    for command in [
        "sleep 1000 & echo done",
        "(sleep 1000 & sleep 1000 &) ; nohup sleep 1000 >/dev/null 2>&1 & echo done",
        // Leaves its process group and its parents.
        "setsid sleep 1000 >/dev/null 2>&1 & setsid sh -c 'setsid sleep 1000 & sleep 1000' & sleep 0.2; echo done",
    ] {
        let begun = Instant::now();
        let output = bench.run(command, LIMITS).await;
        // A shell of them may say how its own children ended.
        assert!(output.text.starts_with("done\n") && output.text.contains("[exit code 0"), "{}", output.text);
        assert!(begun.elapsed() < Duration::from_secs(10));
        bench.until_none_is_left().await;
    }
}

#[tokio::test]
async fn of_an_endless_output_the_beginning_and_the_end_are_kept() {
    let bench = Bench::new();
    let output =
        bench.run("echo first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last", LIMITS).await;
    assert!(
        output.text.starts_with("first\nxxx") && output.text.contains("xxx\nlast\n[exit code 0"),
        "{}",
        output.text
    );
    assert!(output.text.contains("bytes left out") && output.text.len() < 4_200, "{}", output.text.len());
    let limits = ExecLimits { timeout: Duration::from_millis(500), ..LIMITS };
    let endless = bench.run("yes", limits).await;
    assert!(endless.is_error && endless.text.contains("[stopped after") && endless.text.len() < 4_400);
    bench.until_none_is_left().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_gets_no_more_memory_and_processes_than_it_may_have() {
    let bench = Bench::new();
    let small = ExecLimits { memory_mib: 64, ..LIMITS };
    // One process takes it all: the kernel refuses.
    let hog = "head -c 300m /dev/zero | tail -c 300m | wc -c; echo after";
    let output = bench.run(hog, small).await;
    assert!(!output.text.contains("314572800"), "{}", output.text);
    // Many take a little each: the watch adds it up.
    let several = "for i in 1 2 3 4; do head -c 40m /dev/zero | { tail -c 40m; sleep 1000; } >/dev/null & done; \
                   for i in 1 2 3 4; do (x=$(head -c 30000000 /dev/zero | tr '\\0' x); sleep 1000) & done; wait";
    let output = bench.run(several, small).await;
    assert!(output.is_error && output.text.contains("MiB of memory, and 64 are allowed"), "{}", output.text);
    let many = bench.run("i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; wait", LIMITS).await;
    assert!(many.is_error && many.text.contains("processes, and 40 are allowed"), "{}", many.text);
    bench.until_none_is_left().await;
}

#[tokio::test]
async fn a_cancelled_call_and_a_dropped_one_leave_nothing_running() {
    let bench = Bench::new();
    let cancel = bench.cancel.clone();
    let command = "sleep 1000 & setsid sleep 1000 & echo > ready; sleep 1000";
    let ready = async || {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !bench.dir.path().join("ready").exists() {
            assert!(Instant::now() < deadline, "it does not begin");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    {
        let running = bench.run(command, LIMITS);
        tokio::pin!(running);
        tokio::select! { _ = &mut running => panic!("it ended"), () = ready() => {} }
    }
    bench.until_none_is_left().await;

    std::fs::remove_file(bench.dir.path().join("ready")).unwrap();
    let stop = async {
        ready().await;
        cancel.cancel();
        Instant::now()
    };
    let (output, cancelled) = tokio::join!(bench.run(command, LIMITS), stop);
    assert!(output.is_error && output.text.contains("cancelled"), "{}", output.text);
    assert!(cancelled.elapsed() < Duration::from_secs(2));
    bench.until_none_is_left().await;
}

#[tokio::test]
async fn in_a_sandbox_a_command_sees_the_workspace_and_the_system_and_no_more() {
    let sandbox = Sandbox::default();
    let Ok(program) = sandbox.program().await else {
        return;
    };
    let bench = Bench::new();
    let secret = TempDir::new_in("/var/tmp").unwrap();
    std::fs::write(secret.path().join("key"), "sesame").unwrap();
    let command = format!(
        "echo hello > made; cat {}/key; touch /usr/x && echo wrote; tail -n +3 /proc/net/dev | grep -v lo:; echo end",
        secret.path().display()
    );
    let call = Exec { command, timeout_seconds: None, directory: None };
    let place = bench.place(None).unwrap();
    let output = run(&call, &place, LIMITS, Some(program), &bench.cancel).await;
    assert!(!output.text.contains("sesame") && !output.text.contains("wrote"), "{}", output.text);
    assert!(output.text.contains("end\n[exit code 0"), "{}", output.text);
    assert_eq!(std::fs::read_to_string(bench.dir.path().join("made")).unwrap(), "hello\n");
    // Everything in it ends with it.
    let limits = ExecLimits { timeout: Duration::from_millis(400), ..LIMITS };
    let call =
        Exec { command: "setsid sleep 1000 & sleep 1000".into(), timeout_seconds: None, directory: None };
    let output = run(&call, &place, limits, Some(program), &bench.cancel).await;
    assert!(output.text.contains("took longer"), "{}", output.text);
    bench.until_none_is_left().await;
}
