//! `tools`: the bounds of what agents do. Which tools an agent may call is the agent's own (`agents.*.tools`). Read at
//! every call: a change applies to the next one.

use super::section::section;
use super::values::{self, ExecSandbox, NonEmpty, TrustedHost};

section! {
    /// The bounds of what agents do.
    Tools {
        /// Most bytes of one call's output that the model gets; more is cut in the middle, with a note.
        #[serde(deserialize_with = "values::within::<1_024, 1_048_576, _, _>")]
        output_bytes: usize = 32_768,
        /// Seconds that a call may take, where its tool has no limit of its own.
        #[serde(deserialize_with = "values::within::<1, 3_600, _, _>")]
        timeout_seconds: u64 = 60,
        /// Calls of one step that run side by side.
        #[serde(deserialize_with = "values::within::<1, 64, _, _>")]
        max_parallel: usize = 8,
        /// Directories; when there are any, an agent's workspace has to be one of them or inside one. Whoever may edit
        /// agents chooses workspaces.
        #[serde(deserialize_with = "values::texts::<NonEmpty, _>")]
        workspace_roots: Vec<String> = Vec::new(),
        /// `read_file`, `write_file`, `edit_file` and `search_files`.
        files: ToolFiles = ToolFiles::default(),
        /// `web_fetch`.
        web_fetch: ToolWebFetch = ToolWebFetch::default(),
        /// `exec`.
        exec: ToolExec = ToolExec::default(),
        /// `remember` and `recall`.
        notes: ToolNotes = ToolNotes::default(),
    }
}

section! {
    /// Files of a workspace.
    ToolFiles {
        /// The largest file that is read, written or searched, in KiB.
        #[serde(deserialize_with = "values::within::<1, 1_048_576, _, _>")]
        max_file_kib: u64 = 8_192,
    }
}

section! {
    /// Pages of the web.
    ToolWebFetch {
        /// Without it, no agent fetches.
        enabled: bool = true,
        /// Seconds for all of it, redirects included.
        #[serde(deserialize_with = "values::within::<1, 600, _, _>")]
        timeout_seconds: u64 = 30,
        /// Most of an answer's body that is read, in KiB.
        #[serde(deserialize_with = "values::within::<1, 65_536, _, _>")]
        max_kib: usize = 4_096,
        /// Hosts that may be fetched from although their address is private, as `host` or `host:port`.
        #[serde(deserialize_with = "values::texts::<TrustedHost, _>")]
        allow_private_hosts: Vec<String> = Vec::new(),
    }
}

section! {
    /// Commands in a workspace.
    ToolExec {
        /// Without it, no agent runs commands.
        enabled: bool = false,
        /// Seconds that a command may take when the call does not say.
        #[serde(deserialize_with = "values::within::<1, 3_600, _, _>")]
        timeout_seconds: u64 = 60,
        /// The most that a call may ask for.
        #[serde(deserialize_with = "values::within::<1, 86_400, _, _>")]
        max_timeout_seconds: u64 = 600,
        /// Most memory of a command, its children included, in MiB.
        #[serde(deserialize_with = "values::within::<16, 1_048_576, _, _>")]
        memory_mib: u64 = 2_048,
        /// Most processes of a command.
        #[serde(deserialize_with = "values::within::<1, 10_000, _, _>")]
        max_processes: usize = 128,
        /// Most commands at a time in this process; others wait.
        #[serde(deserialize_with = "values::within::<1, 256, _, _>")]
        max_parallel: usize = 4,
        /// Whether commands reach the network. Only a sandbox can keep them from it.
        network: bool = false,
        /// `auto` (bubblewrap where it works), `required` (no command without it) or `off`.
        #[serde(deserialize_with = "values::text::<ExecSandbox, _>")]
        sandbox: String = "auto".into(),
    }
}

section! {
    /// What agents remember.
    ToolNotes {
        /// Most notes of one agent.
        #[serde(deserialize_with = "values::within::<1, 100_000, _, _>")]
        max_notes: i64 = 1_000,
        /// The longest note, in bytes.
        #[serde(deserialize_with = "values::within::<16, 65_536, _, _>")]
        max_note_bytes: usize = 4_096,
    }
}
