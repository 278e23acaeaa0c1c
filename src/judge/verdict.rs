//! Expectation x outcome = verdict.

use super::Kind;
use crate::flow::Outcome;

/// What is to be said of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Expected, and it failed.
    Blocked,
    /// Nothing expects it, and it works.
    Unexpected,
    /// Expected and answered, but something else is spoken there.
    Mismatch,
    /// Nothing expects it, and it failed.
    Denied,
    /// The capture does not tell.
    Unknown,
    /// Expected, and it works.
    Ok,
    /// With a machine that the site does not know.
    Outside,
}

impl Verdict {
    /// All verdicts, the most urgent first.
    pub const ALL: [Self; 7] = [
        Self::Blocked,
        Self::Unexpected,
        Self::Mismatch,
        Self::Denied,
        Self::Unknown,
        Self::Ok,
        Self::Outside,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Unexpected => "unexpected",
            Self::Mismatch => "mismatch",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
            Self::Ok => "ok",
            Self::Outside => "outside",
        }
    }

    /// The verdict on a conversation between known machines.
    ///
    /// `agrees` says whether what is spoken is what the rule expects, where that could be seen;
    /// `both_talk` whether both sides are seen to send more than refusals.
    #[must_use]
    pub fn of(kind: Kind, outcome: Outcome, agrees: Option<bool>, both_talk: bool) -> Self {
        let expected = kind != Kind::None;
        match (outcome, expected) {
            (Outcome::Answered, true) if agrees == Some(false) => Self::Mismatch,
            (Outcome::Answered, true) => Self::Ok,
            (Outcome::Answered, false) => Self::Unexpected,
            (Outcome::Pending | Outcome::Partial, true) if both_talk => Self::Ok,
            (Outcome::Pending | Outcome::Partial, false) if both_talk => Self::Unexpected,
            (Outcome::Pending | Outcome::Partial, _) => Self::Unknown,
            (_, true) => Self::Blocked,
            (_, false) => Self::Denied,
        }
    }
}

/// How far a verdict can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The system or a device said so.
    Confirmed,
    /// Seen on the wire.
    Observed,
    /// Concluded from silence.
    Inferred,
    /// The capture has gaps, sees one side, or began too late.
    Weak,
}

impl Evidence {
    /// All of them, the strongest first.
    pub const ALL: [Self; 4] = [Self::Confirmed, Self::Observed, Self::Inferred, Self::Weak];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
            Self::Weak => "weak",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_the_table_is_as_the_design_has_it() {
        use Outcome::{Answered, Partial, Pending, Prohibited, Refused, Silent, Unreachable};
        use Verdict::{Blocked, Denied, Mismatch, Ok, Unexpected, Unknown};
        let expecting =
            [Kind::Expected, Kind::Reverse, Kind::DynamicRpc, Kind::Companion, Kind::Site];
        // outcome, both sides talk | expected: agrees, differs, not seen | none
        let table = [
            (Answered, true, [Ok, Mismatch, Ok], Unexpected),
            (Answered, false, [Ok, Mismatch, Ok], Unexpected),
            (Refused, true, [Blocked, Blocked, Blocked], Denied),
            (Refused, false, [Blocked, Blocked, Blocked], Denied),
            (Prohibited, true, [Blocked, Blocked, Blocked], Denied),
            (Prohibited, false, [Blocked, Blocked, Blocked], Denied),
            (Unreachable, true, [Blocked, Blocked, Blocked], Denied),
            (Unreachable, false, [Blocked, Blocked, Blocked], Denied),
            (Silent, true, [Blocked, Blocked, Blocked], Denied),
            (Silent, false, [Blocked, Blocked, Blocked], Denied),
            (Pending, true, [Ok, Ok, Ok], Unexpected),
            (Pending, false, [Unknown, Unknown, Unknown], Unknown),
            (Partial, true, [Ok, Ok, Ok], Unexpected),
            (Partial, false, [Unknown, Unknown, Unknown], Unknown),
        ];
        for (outcome, both_talk, expected, none) in table {
            for (agrees, verdict) in
                [Some(true), Some(false), Option::None].into_iter().zip(expected)
            {
                for kind in expecting {
                    assert_eq!(
                        Verdict::of(kind, outcome, agrees, both_talk),
                        verdict,
                        "{kind:?} {outcome:?} {agrees:?} {both_talk}"
                    );
                }
                assert_eq!(
                    Verdict::of(Kind::None, outcome, agrees, both_talk),
                    none,
                    "{outcome:?} {both_talk}"
                );
            }
        }
    }
}
