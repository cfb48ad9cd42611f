//! Stop sequences, looked for here, since the subscription backend takes none.

/// Finds the first stop sequence in a text, wherever the text's pieces are cut.
#[derive(Debug)]
pub(super) struct StopFilter {
    stops: Vec<String>,
    /// The end of the text so far that may be the start of a stop sequence.
    held: String,
}

impl StopFilter {
    /// `None` when there is nothing to look for.
    pub(super) fn new(stops: &[String]) -> Option<Self> {
        let stops: Vec<String> = stops.iter().filter(|s| !s.is_empty()).cloned().collect();
        (!stops.is_empty()).then(|| Self { stops, held: String::new() })
    }

    /// The text that may be shown now, and whether the answer ends with it.
    pub(super) fn push(&mut self, text: &str) -> (String, bool) {
        let mut ready = std::mem::take(&mut self.held);
        ready.push_str(text);
        if let Some(at) = self.stops.iter().filter_map(|s| ready.find(s.as_str())).min() {
            ready.truncate(at);
            return (ready, true);
        }
        self.held = ready.split_off(ready.len() - self.possible_start(&ready));
        (ready, false)
    }

    /// What was held back, when no more text of this message comes.
    pub(super) fn flush(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// The length of the longest end of `text` that a stop sequence begins with.
    fn possible_start(&self, text: &str) -> usize {
        let longest = self.stops.iter().map(|s| s.len() - 1).max().unwrap_or(0).min(text.len());
        (text.len() - longest..text.len())
            .filter(|from| text.is_char_boundary(*from))
            .find(|from| self.stops.iter().any(|s| s.starts_with(&text[*from..])))
            .map_or(0, |from| text.len() - from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut filter = StopFilter::new(&stops).expect("has stops");
        let mut shown = String::new();
        for piece in pieces {
            let (text, stopped) = filter.push(piece);
            shown.push_str(&text);
            if stopped {
                return (shown, true);
            }
        }
        shown.push_str(&filter.flush());
        (shown, false)
    }

    #[test]
    fn a_stop_sequence_split_over_pieces_is_found_and_never_shown() {
        assert_eq!(run(&["END"], &["to the E", "N", "D and on"]), ("to the ".into(), true));
        assert_eq!(run(&["END"], &["to the E", "N", "E"]), ("to the ENE".into(), false));
    }

    proptest! {
        #[test]
        fn the_cut_does_not_depend_on_where_the_pieces_end(
            text in "[abé]{0,30}",
            stops in prop::collection::vec("[abé]{1,4}", 1..3),
            cuts in prop::collection::vec(0usize..60, 0..6),
        ) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let mut at: Vec<usize> = cuts.into_iter().filter(|c| text.is_char_boundary(*c)).collect();
            at.extend([0, text.len()]);
            at.retain(|c| *c <= text.len());
            at.sort_unstable();
            let pieces: Vec<&str> = at.windows(2).map(|w| &text[w[0]..w[1]]).collect();
            let (shown, stopped) = run(&stops, &pieces);
            // A sequence that ends earlier is seen first, so a longer one that began before it may lose.
            if let Some(first) = stops.iter().filter_map(|s| text.find(s)).min() {
                prop_assert!(stopped);
                prop_assert!(shown.len() >= first && text.starts_with(&shown));
            } else {
                prop_assert_eq!((shown, stopped), (text, false));
            }
        }
    }
}
