//! The processes of one command: counted, and ended all together.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::collections::HashMap;
use std::process::ExitStatus;
use tokio::process::Child;

/// The variable that marks the processes of a command. One that left its process group and its parents still has it.
pub const MARK: &str = "GATEWAY_TOOL_CALL";

/// A command with everything that it started. Dropping it kills them.
#[derive(Debug)]
pub struct Group {
    child: Child,
    leader: Option<Pid>,
    mark: String,
    killed: bool,
}

/// What the processes of a group take. Zero where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Resident, in bytes; what they share is counted for each.
    pub memory: u64,
    pub processes: usize,
}

impl Group {
    /// `child` leads a process group of its own, and has `mark` in its environment.
    pub fn new(child: Child, mark: String) -> Self {
        let leader = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Self { child, leader, mark, killed: false }
    }

    /// Waits for the command itself, not for what it left running.
    pub async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// What they take now.
    pub fn usage(&self) -> Usage {
        let Some(leader) = self.leader else { return Usage::default() };
        let processes = processes();
        let members = members(&processes, leader.as_raw_nonzero().get());
        let page = rustix::param::page_size() as u64;
        Usage {
            memory: members
                .iter()
                .filter_map(|pid| processes.get(pid))
                .map(|process| process.pages * page)
                .sum(),
            processes: members.len(),
        }
    }

    /// Kills all of them at once.
    pub fn kill(&mut self) {
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        let Some(leader) = self.leader else { return };
        // Those below it first, while it can still be told whose they are. An error says that there is none any more.
        let others = members(&processes(), leader.as_raw_nonzero().get());
        let _ = kill_process_group(leader, Signal::KILL);
        for pid in others.into_iter().filter_map(Pid::from_raw) {
            if self.is_marked(pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        // Then who left the group and the family. Each pass ends those that the pass before has seen being born.
        for _ in 0..3 {
            let left: Vec<Pid> = processes()
                .into_keys()
                .filter_map(Pid::from_raw)
                .filter(|pid| self.is_marked(*pid))
                .collect();
            if left.is_empty() {
                break;
            }
            for pid in left {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Whether the process is one of ours still: its number may be another's by now. (A dead one has no environment.)
    fn is_marked(&self, pid: Pid) -> bool {
        let Ok(environment) = std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())) else {
            return false;
        };
        let wanted = format!("{MARK}={}", self.mark);
        environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What `/proc` tells of a process.
struct Process {
    parent: i32,
    group: i32,
    /// Resident, in pages.
    pages: u64,
}

/// All processes that live; none where there is no `/proc`.
fn processes() -> HashMap<i32, Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, parse_stat(&stat)?))
    })
    .collect()
}

/// `pid (name) state ppid pgrp …`, the resident pages being the 24th field; the name may hold anything.
fn parse_stat(stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_dead = matches!(*fields.first()?, "Z" | "X");
    let process = Process {
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        pages: fields.get(21)?.parse().ok()?,
    };
    (!is_dead).then_some(process)
}

/// The group, and everything below it.
fn members(processes: &HashMap<i32, Process>, leader: i32) -> Vec<i32> {
    let is_below = |pid: i32| {
        let mut at = pid;
        // As many steps as a family can be deep; a process that went in between ends the walk.
        for _ in 0..processes.len() {
            let Some(process) = processes.get(&at) else { return false };
            if at == leader || process.group == leader {
                return true;
            }
            at = process.parent;
        }
        false
    };
    processes.keys().copied().filter(|pid| is_below(*pid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let line = "42 (a) S 1 (b) R 7 9 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99 1000000 321 18446744073709551615";
        let process = parse_stat(line).expect("a process");
        assert_eq!((process.parent, process.group, process.pages), (7, 9, 321));
        assert!(parse_stat("42 (gone) Z 7 9 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99 0 0 0").is_none());
        assert!(parse_stat("nonsense").is_none());
    }

    #[test]
    fn children_of_children_belong_to_a_group_also_when_they_made_one_of_their_own() {
        let process = |parent, group| Process { parent, group, pages: 1 };
        let all = HashMap::from([
            (1, process(0, 1)),
            (10, process(1, 10)),
            (11, process(10, 10)),
            (12, process(11, 12)),
            (13, process(1, 10)),
            (20, process(1, 20)),
        ]);
        let mut found = members(&all, 10);
        found.sort_unstable();
        assert_eq!(found, [10, 11, 12, 13]);
    }
}
