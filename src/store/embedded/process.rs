//! What every child of ours gets: a fixed environment, and an end when we end.

use std::process::Command;

use rustix::process::Signal;

/// What the programs may need from our environment.
const KEPT: &[&str] = &["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// The same language and time zone everywhere, and no `PG…` variable of ours.
pub(super) fn fixed_environment(command: &mut Command) {
    command.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
}

/// On Linux the kernel sends `signal` to the child when the *thread* that spawned it ends, however the
/// process ends. The caller's thread must therefore live as long as the child.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "only between fork and exec, after std has changed the user, can the child ask for it"
)]
pub(super) fn end_with_this_thread(command: &mut Command, signal: Signal) {
    use std::os::unix::process::CommandExt as _;
    let parent = rustix::process::getpid();
    let ask = move || {
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // The parent may have died before the request: then nobody will ever send the signal.
        if rustix::process::getppid() == Some(parent) {
            Ok(())
        } else {
            Err(std::io::ErrorKind::NotFound.into())
        }
    };
    // SAFETY: the closure makes two system calls; it neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(ask);
    }
}

/// Elsewhere a child that outlives us is ended by the next start.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_with_this_thread(_command: &mut Command, _signal: Signal) {}
