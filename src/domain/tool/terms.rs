//! What to look for as plain text, where the words of a full-text index do not help.

/// Most terms of one query.
const MOST: usize = 32;

/// The parts of a query to look for as they are: its words, and of a script that writes no spaces between words every
/// two neighbours, since `東京の天気` is not one word of a note. In small letters, without repetitions.
pub fn search_terms(query: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    let mut add = |term: String| {
        if terms.len() < MOST && !terms.contains(&term) {
            terms.push(term);
        }
    };
    for word in query.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word: Vec<char> = word.to_lowercase().chars().collect();
        for run in word.chunk_by(|a, b| is_unspaced(*a) == is_unspaced(*b)) {
            if is_unspaced(run[0]) && run.len() > 2 {
                run.windows(2).for_each(|pair| add(pair.iter().collect()));
            } else if run.len() > 1 || is_unspaced(run[0]) {
                add(run.iter().collect());
            }
        }
    }
    terms
}

/// Chinese, Japanese and scripts of south-east Asia; Korean too, which puts endings onto its words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_and_unspaced_scripts_are_cut_into_pairs() {
        assert_eq!(search_terms("Deploy the gateway!"), ["deploy", "the", "gateway"]);
        assert_eq!(search_terms("東京の天気"), ["東京", "京の", "の天", "天気"]);
        assert_eq!(search_terms("天気 GPT設定"), ["天気", "gpt", "設定"]);
        assert_eq!(search_terms("猫 a 猫"), ["猫"]);
        assert!(search_terms(" .,%_ ").is_empty());
        assert!(search_terms(&"天気東京大阪".repeat(100)).len() <= MOST);
    }
}
