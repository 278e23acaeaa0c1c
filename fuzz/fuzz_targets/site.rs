//! Any text as a site file and as a matrix file; every refusal names its reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmmtap::{
    identify::Site,
    judge::{Matrix, Policy, Tally, coverage, exceptions},
};

fuzz_target!(|text: &str| {
    if let Err(complaints) = Matrix::with_page("fuzz.toml", text) {
        assert!(!complaints.list.is_empty());
    }
    match Site::parse("fuzz.toml", text) {
        Ok(site) => {
            let matrix = Matrix::embedded().expect("a good matrix");
            let policy = Policy::new(matrix, site);
            let _exceptions = exceptions(&policy);
            let _coverage = coverage(&policy, &Tally::default());
        }
        Err(complaints) => assert!(!complaints.to_string().is_empty()),
    }
});
