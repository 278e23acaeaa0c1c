//! A site file and exports, record separators between them: whatever is imported leaves a good site file
//! good, and importing it again changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmmtap::{
    identify::Site,
    roster::{Roster, merge},
};

fuzz_target!(|text: &str| {
    let mut parts = text.split('\u{1e}');
    let before = parts.next().unwrap_or_default();
    let mut roster = Roster::default();
    for (export, number) in parts.zip(0..) {
        let _refused = roster.read(&format!("export{number}.csv"), export);
    }
    roster.settle(false);
    let Ok(merged) = merge(before, &roster) else { return };
    let was_good = before.is_empty() || Site::parse("before", before).is_ok();
    let after = Site::parse("after", &merged.text);
    if let Err(complaints) = after {
        let is_bad = was_good && merged.text.contains("[[machine]]");
        assert!(!is_bad, "{}\n{complaints}", merged.text);
        return;
    }
    let again = merge(&merged.text, &roster).expect("what was made is taken again");
    assert_eq!(again.text, merged.text);
});
