//! Kinds of captures on which verifiers go wrong: a failure that looks like success, and a connection
//! that works and looks like a failure. Each with its counterpart just beside it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

#[path = "../recorder/mod.rs"]
mod recorder;
mod scene;

mod choice;
mod coverage;
mod expectations;
mod failures;
mod grades;
mod local;
mod policy;
mod successes;

use scene::Scene;

/// Each scene with the only conversation's outcome and verdict.
fn each(cases: Vec<(&str, Scene, (&str, &str))>) {
    for (what, scene, (outcome, verdict)) in cases {
        let told = scene.verdicts();
        let told: Vec<_> = told.iter().map(|(.., outcome, verdict)| (*outcome, *verdict)).collect();
        assert_eq!(told, [(outcome, verdict)], "{what}");
    }
}
