//! Recorded streams, for the tests.

use super::event::Event;
use super::sse::FrameSplitter;
use std::path::Path;

/// A recorded stream by its file name without `.sse`.
pub(crate) fn stream(name: &str) -> Vec<u8> {
    std::fs::read(directory().join(name).with_added_extension("sse")).expect("a recorded stream")
}

/// All recorded streams with their names.
pub(crate) fn streams() -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<String> = std::fs::read_dir(directory())
        .expect("the recorded streams")
        .filter_map(|entry| {
            entry.expect("an entry").file_name().to_str()?.strip_suffix(".sse").map(str::to_owned)
        })
        .collect();
    names.sort_unstable();
    names.into_iter().map(|name| (name.clone(), stream(&name))).collect()
}

/// The events of a stream, cut at `cuts` on its way.
pub(crate) fn events(stream: &[u8], cuts: &[usize]) -> Vec<Event> {
    let mut at: Vec<usize> =
        cuts.iter().map(|cut| cut % (stream.len() + 1)).chain([0, stream.len()]).collect();
    at.sort_unstable();
    let mut splitter = FrameSplitter::default();
    let mut events = Vec::new();
    for cut in at.windows(2) {
        splitter.push(&stream[cut[0]..cut[1]]);
        while let Some(frame) = splitter.next_frame() {
            events.push(frame.into());
        }
    }
    events.extend(splitter.finish().map(Event::from));
    events
}

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}
