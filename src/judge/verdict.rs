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

    /// The verdict on a conversation between known machines: the table of the contract.
    #[must_use]
    pub fn of(finding: &Basics) -> Self {
        use Outcome::{
            Answered, HalfOpen, Partial, Pending, Prohibited, Refused, Reset, Silent, Stalled,
            Unreachable,
        };
        let expected = finding.kind != Kind::None;
        match (finding.outcome, expected) {
            (Answered, true) if finding.agrees == Some(false) => Self::Mismatch,
            (Answered, true) => Self::Ok,
            (Pending | Partial | Silent, true) if finding.one_way => Self::Ok,
            (Answered | HalfOpen | Reset | Stalled, false) if finding.is_local => Self::Ok,
            (Answered | HalfOpen | Reset | Stalled, false) => Self::Unexpected,
            (HalfOpen | Reset | Stalled, true) => Self::Blocked,
            (Pending | Partial, true) if finding.exchanges_data => Self::Ok,
            (Pending | Partial, false) if finding.exchanges_data && finding.is_local => Self::Ok,
            (Pending | Partial, false) if finding.exchanges_data => Self::Unexpected,
            (Pending | Partial, _) => Self::Unknown,
            (Refused | Prohibited | Unreachable | Silent, true) if finding.is_replaced => {
                Self::Denied
            }
            (Refused | Prohibited | Unreachable | Silent, true) => Self::Blocked,
            (Refused | Prohibited | Unreachable | Silent, false) => Self::Denied,
        }
    }
}

/// What a verdict follows from.
#[derive(Clone, Copy, Debug)]
pub struct Basics {
    /// Why the conversation is expected, or that it is not.
    pub kind: Kind,
    /// How it went.
    pub outcome: Outcome,
    /// Whether the server speaks what the rules expect, where that was captured.
    pub agrees: Option<bool>,
    /// Whether both sides are seen to exchange data.
    pub exchanges_data: bool,
    /// Whether datagrams go one way only and are never answered.
    pub one_way: bool,
    /// Whether it is the traffic of a machine with itself.
    pub is_local: bool,
    /// Whether the rule is legacy or one of several alternatives, and another port works between the
    /// same machines.
    pub is_replaced: bool,
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
    use Outcome::{
        Answered, HalfOpen, Partial, Pending, Prohibited, Refused, Reset, Silent, Stalled,
        Unreachable,
    };
    use Verdict::{Blocked, Denied, Mismatch, Ok, Unexpected, Unknown};

    const EXPECTING: [Kind; 5] =
        [Kind::Expected, Kind::Reverse, Kind::DynamicRpc, Kind::Companion, Kind::Site];

    fn basics(kind: Kind, outcome: Outcome) -> Basics {
        Basics {
            kind,
            outcome,
            agrees: Option::None,
            exchanges_data: false,
            one_way: false,
            is_local: false,
            is_replaced: false,
        }
    }

    #[test]
    fn every_cell_of_the_table_is_as_the_contract_has_it() {
        // outcome, both sides exchange data | expected: agrees, differs, not seen | none
        let table = [
            (Answered, true, [Ok, Mismatch, Ok], Unexpected),
            (Answered, false, [Ok, Mismatch, Ok], Unexpected),
            (HalfOpen, true, [Blocked; 3], Unexpected),
            (HalfOpen, false, [Blocked; 3], Unexpected),
            (Reset, true, [Blocked; 3], Unexpected),
            (Reset, false, [Blocked; 3], Unexpected),
            (Stalled, true, [Blocked; 3], Unexpected),
            (Stalled, false, [Blocked; 3], Unexpected),
            (Refused, true, [Blocked; 3], Denied),
            (Refused, false, [Blocked; 3], Denied),
            (Prohibited, true, [Blocked; 3], Denied),
            (Prohibited, false, [Blocked; 3], Denied),
            (Unreachable, true, [Blocked; 3], Denied),
            (Unreachable, false, [Blocked; 3], Denied),
            (Silent, true, [Blocked; 3], Denied),
            (Silent, false, [Blocked; 3], Denied),
            (Pending, true, [Ok, Ok, Ok], Unexpected),
            (Pending, false, [Unknown; 3], Unknown),
            (Partial, true, [Ok, Ok, Ok], Unexpected),
            (Partial, false, [Unknown; 3], Unknown),
        ];
        for (outcome, exchanges_data, expected, none) in table {
            for (agrees, verdict) in
                [Some(true), Some(false), Option::None].into_iter().zip(expected)
            {
                for kind in EXPECTING {
                    let of = Basics { agrees, exchanges_data, ..basics(kind, outcome) };
                    assert_eq!(Verdict::of(&of), verdict, "{of:?}");
                }
                let of = Basics { agrees, exchanges_data, ..basics(Kind::None, outcome) };
                assert_eq!(Verdict::of(&of), none, "{of:?}");
            }
        }
    }

    #[test]
    fn another_port_that_works_one_way_traffic_and_a_machine_with_itself_are_no_findings() {
        for kind in EXPECTING {
            for outcome in Outcome::ALL {
                let of = Basics { is_replaced: true, ..basics(kind, outcome) };
                let failed = matches!(outcome, Refused | Prohibited | Unreachable | Silent);
                assert_eq!(Verdict::of(&of) == Denied, failed, "{of:?}");
                let of = Basics { one_way: true, ..basics(kind, outcome) };
                let seen = matches!(outcome, Answered | Pending | Partial | Silent);
                assert_eq!(Verdict::of(&of) == Ok, seen, "{of:?}");
            }
        }
        for outcome in Outcome::ALL {
            for exchanges_data in [true, false] {
                let of = Basics { is_local: true, exchanges_data, ..basics(Kind::None, outcome) };
                assert_ne!(Verdict::of(&of), Unexpected, "{of:?}");
                let of = Basics { is_replaced: true, one_way: true, ..of };
                let stranger = Basics { is_local: false, ..of };
                let alike = Basics { is_replaced: false, one_way: false, ..stranger };
                assert_eq!(Verdict::of(&stranger), Verdict::of(&alike), "{of:?}");
            }
        }
    }
}
