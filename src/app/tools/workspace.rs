//! The directory that an agent's tools work in, and nothing outside of it.
//!
//! Every path is resolved beneath an open handle of the directory (`cap-std`: `openat2` with `RESOLVE_BENEATH` where the
//! kernel has it, else component by component), so that neither `..`, nor an absolute path, nor a link, nor one that is
//! exchanged while we look leads out. Links that stay inside work.

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions, OpenOptionsExt as _};
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// An open workspace.
#[derive(Debug)]
pub struct Workspace {
    dir: Dir,
    /// Without links.
    root: PathBuf,
    /// As it is configured, which is how people and models write it.
    configured: PathBuf,
}

/// Where a workspace may not be, and where it has to be.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// The gateway's data directory: its keys are there.
    pub data_dir: PathBuf,
    /// When there are any, the workspace has to be inside one.
    pub roots: Vec<PathBuf>,
}

/// One change of a file at a time: two edits of one file that run side by side would each lose the other's.
static CHANGES: [Mutex<()>; 64] = [const { Mutex::new(()) }; 64];

impl Workspace {
    /// Opens it. One that is not there is made when its parent is. Errors are for the model, and name what to set.
    pub fn open(agent: &str, configured: Option<&Path>, bounds: &Bounds) -> Result<Self, String> {
        let set = format!(
            "Whoever runs the gateway has to set \"workspace\" of agent \"{agent}\" (or \"agents.defaults.workspace\" in \
             config.json) to an absolute path of a directory"
        );
        let Some(configured) = configured.filter(|path| !path.as_os_str().is_empty()) else {
            return Err(format!("this agent has no workspace, so it has no files. {set}."));
        };
        let shown = configured.display();
        if !configured.is_absolute() {
            return Err(format!("the workspace \"{shown}\" is not an absolute path. {set}."));
        }
        if let Err(error) = std::fs::create_dir(configured)
            && error.kind() != io::ErrorKind::AlreadyExists
            && !configured.exists()
        {
            return Err(format!("the workspace \"{shown}\" is not there and can't be made: {error}. {set}."));
        }
        let root = configured
            .canonicalize()
            .map_err(|error| format!("the workspace \"{shown}\" can't be opened: {error}. {set}."))?;
        let data_dir = bounds.data_dir.canonicalize().unwrap_or_else(|_| bounds.data_dir.clone());
        if !data_dir.as_os_str().is_empty() && (root.starts_with(&data_dir) || data_dir.starts_with(&root)) {
            return Err(format!(
                "the workspace \"{shown}\" is not allowed: the gateway keeps its keys in {}. {set} apart from that.",
                data_dir.display()
            ));
        }
        let roots = bounds.roots.iter().map(|root| root.canonicalize().unwrap_or_else(|_| root.clone()));
        let roots: Vec<PathBuf> = roots.collect();
        if !roots.is_empty() && !roots.iter().any(|allowed| root.starts_with(allowed)) {
            let roots: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
            return Err(format!(
                "the workspace \"{shown}\" is not allowed: \"tools.workspace_roots\" in config.json has only {}. {set} \
                 inside of that.",
                roots.join(", ")
            ));
        }
        let dir = Dir::open_ambient_dir(&root, ambient_authority())
            .map_err(|error| format!("the workspace \"{shown}\" can't be opened: {error}. {set}."))?;
        Ok(Self { dir, root, configured: configured.to_owned() })
    }

    /// Its path, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The handle.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// A path of a call, relative to the workspace; one that repeats the workspace's own path is meant so. `.` for the
    /// workspace itself.
    pub fn relative(&self, path: &str) -> Result<PathBuf, String> {
        if path.contains('\0') || path.len() > 4_096 {
            return Err("path: it is longer than 4096 bytes or has a zero byte in it".to_owned());
        }
        let given = Path::new(path);
        let inner = [&self.configured, &self.root].into_iter().find_map(|root| given.strip_prefix(root).ok());
        let inner = inner.unwrap_or(given);
        if inner.is_absolute() {
            return Err(format!(
                "\"{path}\" is outside of the workspace. Paths are relative to the workspace, such as \"src/main.rs\"; \
                 \".\" is the workspace itself"
            ));
        }
        let inner: PathBuf = inner.components().filter(|part| *part != Component::CurDir).collect();
        Ok(if inner.as_os_str().is_empty() { PathBuf::from(".") } else { inner })
    }

    /// Opens a regular file for reading. Nothing is waited for: a pipe or a device is refused, not read.
    pub fn open_file(&self, path: &Path) -> Result<(File, Metadata), String> {
        let mut options = OpenOptions::new();
        let nonblock = rustix::fs::OFlags::NONBLOCK.bits();
        options.read(true).custom_flags(nonblock.try_into().unwrap_or_default());
        let file = self.dir.open_with(path, &options).map_err(|error| fault(path, &error))?;
        let metadata = file.metadata().map_err(|error| fault(path, &error))?;
        let shown = path.display();
        if metadata.is_dir() {
            return Err(format!("\"{shown}\" is a directory; list_files shows what is in it"));
        }
        if !metadata.is_file() {
            return Err(format!("\"{shown}\" is no regular file but a pipe, a socket or a device"));
        }
        Ok((file, metadata))
    }

    /// A whole file of at most `most` bytes.
    pub fn read(&self, path: &Path, most: u64) -> Result<Vec<u8>, String> {
        let (file, metadata) = self.open_file(path)?;
        let too_large = |bytes: u64| {
            format!(
                "\"{}\" has {bytes} bytes, and files up to {most} are read (tools.files.max_file_kib in config.json)",
                path.display()
            )
        };
        if metadata.len() > most {
            return Err(too_large(metadata.len()));
        }
        let mut content = Vec::new();
        file.take(most + 1).read_to_end(&mut content).map_err(|error| fault(path, &error))?;
        // It may have grown since.
        if content.len() as u64 > most { Err(too_large(content.len() as u64)) } else { Ok(content) }
    }

    /// Writes a whole file: readers see the old one or the new one and nothing in between. Directories on the way are
    /// made, permissions stay, a link to a file inside is followed. Whether the file is new.
    pub fn write(&self, path: &Path, content: &[u8], temporary: &str) -> Result<bool, String> {
        let wrong = |error: io::Error| fault(path, &error);
        // Where a link leads; not there yet, a directory may have to be made.
        let target = match self.dir.canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(wrong(error)),
        };
        let Some(name) = target.file_name().map(OsString::from) else {
            return Err(format!("\"{}\" is not the path of a file", path.display()));
        };
        let parent = match target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => {
                self.dir.create_dir_all(parent).map_err(|error| fault(parent, &error))?;
                self.dir.open_dir(parent).map_err(|error| fault(parent, &error))?
            }
            None => self.dir.try_clone().map_err(wrong)?,
        };
        let before = match parent.symlink_metadata(&name) {
            Ok(before) => Some(before),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(wrong(error)),
        };
        if before.as_ref().is_some_and(|before| !before.is_file() && !before.is_symlink()) {
            return Err(format!(
                "\"{}\" is there already and is no regular file (a directory, a pipe or a device)",
                path.display()
            ));
        }
        let written = (|| {
            let mut file = parent.open_with(temporary, OpenOptions::new().write(true).create_new(true))?;
            file.write_all(content)?;
            if let Some(before) = before.as_ref().filter(|before| before.is_file()) {
                file.set_permissions(before.permissions())?;
            }
            file.sync_data()?;
            parent.rename(temporary, &parent, &name)
        })();
        if let Err(error) = written {
            // It may not even be there; what went wrong first is what is told.
            let _ = parent.remove_file(temporary);
            return Err(wrong(error));
        }
        Ok(before.is_none())
    }

    /// Lets one change of this file at a time through.
    pub fn changing<T>(&self, path: &Path, change: impl FnOnce() -> T) -> T {
        use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&self.root, path));
        let turn = usize::try_from(hash % CHANGES.len() as u64).unwrap_or_default();
        let _turn = CHANGES[turn].lock().unwrap_or_else(PoisonError::into_inner);
        change()
    }
}

/// What went wrong with a path, for the model.
pub fn fault(path: &Path, error: &io::Error) -> String {
    let shown = path.display();
    match error.kind() {
        // An errno is the system's word; without one, cap-std refused to follow.
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => format!(
            "\"{shown}\" leads out of the workspace, and only files inside are in reach. Paths are relative to the \
             workspace"
        ),
        io::ErrorKind::PermissionDenied => format!("\"{shown}\": the gateway may not access it ({error})"),
        io::ErrorKind::NotFound => {
            format!("there is no \"{shown}\" in the workspace; list_files shows what there is")
        }
        io::ErrorKind::NotADirectory => format!("\"{shown}\": a part of the path is a file, not a directory"),
        io::ErrorKind::IsADirectory => format!("\"{shown}\" is a directory; list_files shows what is in it"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("\"{shown}\" can't be written: the disk is full")
        }
        io::ErrorKind::InvalidFilename => format!("\"{shown}\": a name in it is too long"),
        _ => format!("\"{shown}\": {error}"),
    }
}
