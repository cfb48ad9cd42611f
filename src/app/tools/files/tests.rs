use super::*;
use crate::app::tools::workspace::{Bounds, Workspace};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A workspace beside a secret that must stay one.
struct Desk {
    dir: TempDir,
    workspace: Arc<Workspace>,
}

const SECRET: &str = "open sesame";

fn limits() -> Limits {
    Limits {
        file_bytes: 64 * 1024,
        output_bytes: 8_192,
        deadline: Instant::now() + Duration::from_secs(30),
        cancel: CancellationToken::new(),
    }
}

fn call<T: DeserializeOwned>(arguments: Value) -> T {
    serde_json::from_value(arguments).unwrap()
}

impl Desk {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir_all(dir.path().join("work/src/deep")).unwrap();
        fs::create_dir(dir.path().join("outside")).unwrap();
        fs::write(dir.path().join("outside/secret.txt"), SECRET).unwrap();
        fs::write(dir.path().join("work/notes.txt"), "one\ntwo\nthree\n").unwrap();
        fs::write(dir.path().join("work/src/main.rs"), "fn main() {\n    run();\n}\n").unwrap();
        let workspace =
            Workspace::open("helper", Some(&dir.path().join("work")), &Bounds::default()).unwrap();
        Self { dir, workspace: Arc::new(workspace) }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.dir.path().join("work").join(path)
    }

    fn read(&self, arguments: Value) -> Result<String, String> {
        read(&self.workspace, &call(arguments), &limits())
    }

    fn write(&self, path: &str, content: &str) -> Result<String, String> {
        write(&self.workspace, &call(json!({"path": path, "content": content})), &limits(), ".gateway-tmp-1")
    }

    fn edit(&self, arguments: Value) -> Result<String, String> {
        edit(&self.workspace, &call(arguments), &limits(), ".gateway-tmp-2")
    }

    fn list(&self, arguments: Value) -> Result<String, String> {
        list(&self.workspace, &call(arguments), &limits())
    }

    fn search(&self, arguments: Value) -> Result<String, String> {
        search(&self.workspace, &call(arguments), &limits())
    }
}

#[test]
fn no_path_leads_out_of_the_workspace_for_any_tool() {
    let desk = Desk::new();
    let outside = desk.dir.path().join("outside");
    let secret = outside.join("secret.txt");
    symlink(&secret, desk.path("link-to-file")).unwrap();
    symlink(&outside, desk.path("link-to-dir")).unwrap();
    symlink("../outside", desk.path("relative-link")).unwrap();
    symlink("../../outside", desk.path("src/relative-link")).unwrap();
    symlink("relative-link", desk.path("link-to-link")).unwrap();
    symlink("/", desk.path("root")).unwrap();
    symlink("/proc/self/root", desk.path("magic")).unwrap();
    symlink("/proc/self/cwd", desk.path("cwd")).unwrap();
    symlink("..", desk.path("up")).unwrap();
    symlink("loop-b", desk.path("loop-a")).unwrap();
    symlink("loop-a", desk.path("loop-b")).unwrap();
    symlink(outside.join("not-there-yet.txt"), desk.path("dangling")).unwrap();
    // Links are seen and not walked through.
    let found = desk.search(json!({"pattern": "sesame"})).unwrap();
    assert!(found.contains("no line"), "{found}");
    let listed = desk.list(json!({"glob": "**"})).unwrap();
    assert!(!listed.contains("secret.txt  "), "{listed}");
    let (absolute, magic) = (secret.display(), format!("magic{}", secret.display()));
    let forms = [
        "../outside/secret.txt".to_owned(),
        "./../outside/secret.txt".into(),
        "src/../../outside/secret.txt".into(),
        "src/deep/../../../outside/secret.txt".into(),
        "missing/../../outside/secret.txt".into(),
        ".//..//outside/secret.txt".into(),
        "src/./.././../outside/./secret.txt".into(),
        format!("{absolute}"),
        format!("/{absolute}"),
        format!("//{absolute}"),
        format!("{}/../outside/secret.txt", desk.path("").display()),
        format!("{}/../outside/secret.txt", desk.path("src").display()),
        format!("../../../../../../../../../../..{absolute}"),
        "link-to-file".into(),
        "link-to-file/.".into(),
        "link-to-dir/secret.txt".into(),
        "relative-link/secret.txt".into(),
        "src/relative-link/secret.txt".into(),
        "link-to-link/secret.txt".into(),
        "src/../link-to-link/secret.txt".into(),
        format!("root{absolute}"),
        magic,
        "cwd/Cargo.toml".into(),
        "up/outside/secret.txt".into(),
        "src/deep/../../up/outside/secret.txt".into(),
        "loop-a".into(),
        "loop-a/secret.txt".into(),
        "dangling".into(),
        "..".into(),
        "/".into(),
        "/etc/passwd".into(),
        "/proc/self/environ".into(),
        "root/etc/passwd".into(),
        "..\\outside\\secret.txt".into(),
        "%2e%2e/outside/secret.txt".into(),
        "~/secret.txt".into(),
        "$PWD/../outside/secret.txt".into(),
        "notes.txt/../../outside/secret.txt".into(),
        "notes.txt\0../outside/secret.txt".into(),
        "a/".repeat(3_000),
    ];
    assert!(forms.len() >= 20);
    for form in &forms {
        let refusal = desk.read(json!({"path": form})).expect_err(form);
        assert!(!refusal.contains(SECRET), "{form}");
        let edited = desk.edit(json!({"path": form, "old_text": SECRET, "new_text": "gone"}));
        assert!(edited.is_err(), "{form}: {edited:?}");
        for listed in
            [desk.list(json!({"path": form})), desk.search(json!({"pattern": "sesame", "path": form}))]
        {
            assert!(listed.as_ref().is_err_and(|text| !text.contains("secret.txt:")), "{form}: {listed:?}");
        }
        // Some are names like any other when they are written; none of them is outside.
        let _ = desk.write(form, "overwritten");
        assert_eq!(fs::read_to_string(&secret).unwrap(), SECRET, "{form}");
    }
    let there: Vec<_> = fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, ["secret.txt"]);
    let beside: Vec<_> = fs::read_dir(desk.dir.path()).unwrap().collect();
    assert_eq!(beside.len(), 2, "{beside:?}");
    assert!(!Path::new("/etc/passwd.gateway").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_is_exchanged_for_a_link_while_it_is_used_leads_nowhere() {
    let desk = Desk::new();
    let secret = desk.dir.path().join("outside/secret.txt");
    fs::create_dir(desk.path("swapped")).unwrap();
    fs::write(desk.path("swapped/secret.txt"), "mine").unwrap();
    symlink("../outside", desk.path("other")).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let (one, other, stop) = (desk.path("swapped"), desk.path("other"), done.clone());
    let swapper = std::thread::spawn(move || {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        while !stop.load(Ordering::Relaxed) {
            renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).unwrap();
        }
    });
    let until = Instant::now() + Duration::from_millis(700);
    let mut mine = 0;
    while Instant::now() < until {
        let text = desk.read(json!({"path": "swapped/secret.txt"})).unwrap_or_default();
        assert!(!text.contains(SECRET));
        mine += usize::from(text == "mine");
        let found = desk.search(json!({"pattern": ".", "path": "swapped"})).unwrap_or_default();
        assert!(!found.contains(SECRET), "{found}");
        let _ = desk.write("swapped/secret.txt", "mine");
        let _ = desk.write("swapped/new.txt", "mine");
        assert_eq!(fs::read_to_string(&secret).unwrap(), SECRET);
    }
    done.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    assert!(mine > 0, "it was never read at all");
    assert!(!desk.dir.path().join("outside/new.txt").exists());
}

#[test]
fn links_that_stay_inside_work_and_the_workspaces_own_path_may_be_written() {
    let desk = Desk::new();
    symlink("src/main.rs", desk.path("entry.rs")).unwrap();
    assert!(desk.read(json!({"path": "entry.rs"})).unwrap().contains("fn main"));
    let absolute = desk.path("src/main.rs");
    assert!(desk.read(json!({"path": absolute})).unwrap().contains("fn main"));
    assert!(desk.read(json!({"path": "src/deep/../main.rs"})).unwrap().contains("fn main"));
    desk.edit(json!({"path": "entry.rs", "old_text": "run()", "new_text": "walk()"})).unwrap();
    assert!(fs::symlink_metadata(desk.path("entry.rs")).unwrap().is_symlink(), "the link is still one");
    assert!(fs::read_to_string(absolute).unwrap().contains("walk()"));
}

#[test]
fn what_is_no_file_is_refused_and_never_waited_for() {
    let desk = Desk::new();
    let made = std::process::Command::new("mkfifo").arg(desk.path("pipe")).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(desk.path("socket")).unwrap();
    for name in ["pipe", "socket", "src"] {
        assert!(desk.read(json!({"path": name})).is_err(), "{name}");
        assert!(desk.write(name, "x").is_err(), "{name}");
        assert!(desk.edit(json!({"path": name, "old_text": "a", "new_text": "b"})).is_err(), "{name}");
    }
    assert!(desk.search(json!({"pattern": "run"})).unwrap().contains("src/main.rs:2:     run();"));
    assert!(desk.read(json!({"path": "src"})).unwrap_err().contains("list_files"));
}

#[test]
fn a_workspace_has_to_be_named_and_may_not_be_where_the_gateways_keys_are() {
    let dir = TempDir::new().unwrap();
    let open = |path: Option<&Path>, bounds: &Bounds| Workspace::open("helper", path, bounds).map(|_| ());
    let none = Bounds::default();
    for (path, part) in [
        (None, "has no workspace"),
        (Some(Path::new("")), "has no workspace"),
        (Some(Path::new("work")), "not an absolute path"),
        (Some(Path::new("/no/such/place")), "can't be made"),
        (Some(Path::new("/etc/passwd")), "can't be opened"),
    ] {
        let error = open(path, &none).unwrap_err();
        assert!(error.contains(part) && error.contains("\"workspace\" of agent \"helper\""), "{error}");
    }
    let data = dir.path().join("data");
    fs::create_dir_all(data.join("inner")).unwrap();
    symlink(&data, dir.path().join("alias")).unwrap();
    let bounds = Bounds { data_dir: data.clone(), roots: Vec::new() };
    for overlapping in
        [data.clone(), data.join("inner"), dir.path().to_owned(), dir.path().join("alias/inner")]
    {
        assert!(open(Some(&overlapping), &bounds).unwrap_err().contains("keeps its keys"));
    }
    let free = dir.path().join("free");
    open(Some(&free), &bounds).unwrap();
    assert!(free.is_dir(), "it was made");
    let rooted = Bounds { roots: vec![dir.path().join("agents")], ..bounds };
    assert!(open(Some(&free), &rooted).unwrap_err().contains("tools.workspace_roots"));
    fs::create_dir(dir.path().join("agents")).unwrap();
    open(Some(&dir.path().join("agents/a")), &rooted).unwrap();
}

#[test]
fn a_file_is_read_in_parts_that_say_where_to_go_on() {
    let desk = Desk::new();
    assert_eq!(desk.read(json!({"path": "notes.txt"})).unwrap(), "one\ntwo\nthree\n");
    let part = desk.read(json!({"path": "notes.txt", "offset": 2, "limit": 1})).unwrap();
    assert_eq!(part, "two\n[lines 2 to 2 of 3; go on with offset 3]");
    assert!(desk.read(json!({"path": "notes.txt", "offset": 4})).unwrap_err().contains("has 3 lines"));
    assert!(desk.read(json!({"path": "notes.txt", "offset": 0})).is_err());
    let lines = (1..=3_000).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    fs::write(desk.path("long.txt"), &lines).unwrap();
    let (mut whole, mut offset) = (String::new(), 1);
    loop {
        let part = desk.read(json!({"path": "long.txt", "offset": offset})).unwrap();
        assert!(part.len() <= 8_192);
        let (text, note) = part.rsplit_once('[').unwrap();
        whole.push_str(text);
        match note.split_once("go on with offset ") {
            Some((_, next)) => offset = next.trim_end_matches(']').parse().unwrap(),
            None => break,
        }
    }
    assert_eq!(whole, lines);
    fs::write(desk.path("wide.txt"), "ä".repeat(20_000)).unwrap();
    let wide = desk.read(json!({"path": "wide.txt"})).unwrap();
    assert!(wide.contains("more bytes in this line") && wide.len() < 8_192);
    fs::write(desk.path("empty.txt"), "").unwrap();
    assert!(desk.read(json!({"path": "empty.txt"})).unwrap().contains("is empty"));
}

#[test]
fn a_file_that_is_no_text_or_too_large_says_what_it_is() {
    let desk = Desk::new();
    fs::write(desk.path("picture"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    let refusal = desk.read(json!({"path": "picture"})).unwrap_err();
    assert!(refusal.contains("binary") && refusal.contains("PNG"), "{refusal}");
    assert!(desk.edit(json!({"path": "picture", "old_text": "IHDR", "new_text": "x"})).is_err());
    fs::write(desk.path("latin"), b"caf\xE9\n").unwrap();
    assert!(desk.read(json!({"path": "latin"})).unwrap().contains("no UTF-8"));
    assert!(
        desk.edit(json!({"path": "latin", "old_text": "caf", "new_text": "x"}))
            .unwrap_err()
            .contains("UTF-8")
    );
    fs::write(desk.path("large"), "x".repeat(70_000)).unwrap();
    assert!(desk.read(json!({"path": "large"})).unwrap_err().contains("70000 bytes"));
    assert!(desk.write("too-large", &"x".repeat(70_000)).unwrap_err().contains("max_file_kib"));
    let missing = desk.read(json!({"path": "src/missing.rs"})).unwrap_err();
    assert!(missing.contains("no \"src/missing.rs\"") && missing.contains("list_files"), "{missing}");
}

#[test]
fn a_file_is_written_whole_with_its_directories_and_keeps_its_permissions() {
    let desk = Desk::new();
    assert!(desk.write("a/b/c.txt", "hello\n").unwrap().contains("made a/b/c.txt with 1 lines, 6 bytes"));
    assert_eq!(fs::read_to_string(desk.path("a/b/c.txt")).unwrap(), "hello\n");
    fs::set_permissions(desk.path("a/b/c.txt"), fs::Permissions::from_mode(0o750)).unwrap();
    assert!(desk.write("a/b/c.txt", "bye").unwrap().contains("overwritten"));
    assert_eq!(fs::metadata(desk.path("a/b/c.txt")).unwrap().permissions().mode() & 0o777, 0o750);
    for wrong in ["notes.txt/x", "src", ".", "", "x/"] {
        if wrong != "x/" {
            assert!(desk.write(wrong, "x").is_err(), "{wrong:?}");
        }
    }
    let left: Vec<_> = desk.list(json!({"glob": ".gateway-tmp*"})).into_iter().collect();
    assert!(left[0].contains("nothing in"), "{left:?}");
}

#[test]
fn an_edit_replaces_what_is_there_once_and_explains_what_is_not() {
    let desk = Desk::new();
    let edit = |old: &str, new: &str, all: bool| {
        desk.edit(json!({"path": "notes.txt", "old_text": old, "new_text": new, "replace_all": all}))
    };
    assert!(edit("two", "2", false).unwrap().contains("in 1 place (line 2)"));
    assert_eq!(fs::read_to_string(desk.path("notes.txt")).unwrap(), "one\n2\nthree\n");
    let twice = edit("e", "E", false).unwrap_err();
    assert!(twice.contains("3 times (lines 1, 3, 3)") && twice.contains("replace_all"), "{twice}");
    assert!(edit("e", "E", true).unwrap().contains("3 places"));
    assert!(edit("", "x", false).unwrap_err().contains("old_text is empty"));
    assert!(edit("2", "2", false).unwrap_err().contains("the same"));
    assert!(edit("nowhere", "x", false).unwrap_err().contains("not in the file"));
    let near =
        desk.edit(json!({"path": "src/main.rs", "old_text": "fn main() {\n\trun();", "new_text": "x"}));
    assert!(
        near.as_ref().is_err_and(|text| text.contains("line 1 has it with other white space")),
        "{near:?}"
    );
    let part =
        desk.edit(json!({"path": "src/main.rs", "old_text": "fn main() {\n    stop();", "new_text": "x"}));
    assert!(part.as_ref().is_err_and(|text| text.contains("first line is at line 1")), "{part:?}");
    fs::write(desk.path("dos.txt"), "a\r\nb\r\nc\r\n").unwrap();
    desk.edit(json!({"path": "dos.txt", "old_text": "a\nb\n", "new_text": "x\ny\n"})).unwrap();
    assert_eq!(fs::read_to_string(desk.path("dos.txt")).unwrap(), "x\r\ny\r\nc\r\n");
}

#[test]
fn edits_of_one_file_side_by_side_are_all_kept() {
    let desk = Desk::new();
    let text = (0..16).map(|n| format!("<{n}>\n")).collect::<Vec<_>>().concat();
    fs::write(desk.path("many.txt"), text).unwrap();
    std::thread::scope(|scope| {
        for n in 0..16 {
            let workspace = desk.workspace.clone();
            scope.spawn(move || {
                let old = format!("<{n}>");
                let change = call(json!({"path": "many.txt", "old_text": old, "new_text": "done"}));
                edit(&workspace, &change, &limits(), &format!(".gateway-tmp-{n}")).unwrap();
            });
        }
    });
    assert_eq!(fs::read_to_string(desk.path("many.txt")).unwrap(), "done\n".repeat(16));
}

#[test]
fn a_list_shows_what_is_there_and_a_glob_finds_files_below() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("node_modules/x")).unwrap();
    fs::write(desk.path("node_modules/x/main.rs"), "").unwrap();
    symlink("notes.txt", desk.path("alias")).unwrap();
    let here = desk.list(json!({})).unwrap();
    assert_eq!(here, "alias -> notes.txt\nnode_modules/\nnotes.txt  14 bytes\nsrc/");
    let rust = desk.list(json!({"glob": "*.rs"})).unwrap();
    assert!(rust.starts_with("src/main.rs  25 bytes\n[not entered: node_modules"), "{rust}");
    assert_eq!(desk.list(json!({"path": "src", "glob": "*.{rs,ts}"})).unwrap(), "src/main.rs  25 bytes");
    assert!(desk.list(json!({"glob": "src/*.rs"})).unwrap().contains("src/main.rs"));
    assert!(desk.list(json!({"glob": "work/*.rs"})).unwrap().contains("matches the glob"));
    assert!(desk.list(json!({"path": "node_modules", "recursive": true})).unwrap().contains("main.rs"));
    assert!(desk.list(json!({"path": "src/deep"})).unwrap().contains("is empty"));
    assert!(desk.list(json!({"limit": 2})).unwrap().contains("2 of 4 entries are shown"));
    assert!(desk.list(json!({"limit": 0})).is_err());
    assert!(desk.list(json!({"glob": "a[b"})).unwrap_err().contains("src/**/*.{ts,tsx}"));
    assert!(desk.list(json!({"path": "notes.txt"})).is_err());
    assert!(desk.list(json!({"path": "missing"})).unwrap_err().contains("no \"missing\""));
}

#[test]
fn a_search_answers_lines_with_their_place_and_says_what_it_left_out() {
    let desk = Desk::new();
    fs::write(desk.path("binary"), b"run\0run").unwrap();
    fs::write(desk.path("large.txt"), "run\n".repeat(20_000)).unwrap();
    let found = desk.search(json!({"pattern": "run\\(\\)"})).unwrap();
    assert_eq!(found, "src/main.rs:2:     run();\n[1 files are too large and were left out]");
    let around = desk.search(json!({"pattern": "TWO", "ignore_case": true, "context": 1})).unwrap();
    assert!(around.starts_with("notes.txt-1- one\nnotes.txt:2: two\nnotes.txt-3- three\n"), "{around}");
    assert_eq!(
        desk.search(json!({"pattern": "^t", "path": "notes.txt"})).unwrap(),
        "notes.txt:2: two\nnotes.txt:3: three"
    );
    let close = desk.search(json!({"pattern": "^t", "path": "notes.txt", "context": 2})).unwrap();
    assert_eq!(close, "notes.txt-1- one\nnotes.txt:2: two\nnotes.txt:3: three");
    let limited = desk.search(json!({"pattern": ".", "glob": "*.txt", "limit": 2})).unwrap();
    assert!(limited.contains("only the first 2 matching lines"), "{limited}");
    assert!(desk.search(json!({"pattern": "nowhere"})).unwrap().contains("no line in 2 files matches"));
    for (pattern, part) in
        [("(", "unclosed group"), ("", "is empty"), ("(?=a)", "look-around"), ("(a{1000}){1000}", "size")]
    {
        let error = desk.search(json!({"pattern": pattern})).unwrap_err();
        assert!(error.contains(part), "{pattern}: {error}");
    }
    // What takes other engines for ever.
    fs::write(desk.path("slow.txt"), "a".repeat(60_000)).unwrap();
    let begun = Instant::now();
    desk.search(json!({"pattern": "(a+)+$b", "path": "slow.txt"})).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_walk_stops_when_nobody_waits_any_more_and_says_so() {
    let desk = Desk::new();
    let limits = limits();
    limits.cancel.cancel();
    let listed = list(&desk.workspace, &call(json!({"glob": "*"})), &limits).unwrap();
    assert!(listed.contains("the time was over"), "{listed}");
}
