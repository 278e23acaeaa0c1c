//! "Did you mean": the nearest valid word.

/// Nobody means a word of this many bytes; comparing takes time with their square.
const LONGEST_WORD: usize = 64;

/// The candidate nearest to `word`, where one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let word = plain(word);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST_WORD)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_are_recognised_and_other_words_are_not() {
        let roles = ["vmm-server", "hyperv-host", "bmc"];
        for (word, expected) in [
            ("hyperv-hosts", Some("hyperv-host")),
            ("HyperV_Host", Some("hyperv-host")),
            ("vmm-sevrer", Some("vmm-server")),
            ("bcm", Some("bmc")),
            ("printer", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, roles), expected, "{word}");
        }
    }
}
