//! What the matrix and the site say of a conversation before it is looked at.

/// A rule: an entry of the matrix or an allowance of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleRef {
    /// Place among the matrix's entries.
    Entry(usize),
    /// Place among the site's allowances.
    Allow(usize),
}

/// Why a conversation is expected, or that it is not. Stronger ones stand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A rule of the page.
    Expected,
    /// A rule of the page the other way round, where that is plausible.
    Reverse,
    /// The page's note on dynamic ports.
    DynamicRpc,
    /// Known traffic that the page does not list.
    Companion,
    /// Allowed by the site file.
    Site,
    /// Nothing expects it.
    None,
}

impl Kind {
    /// All of them, the strongest first.
    pub const ALL: [Self; 6] =
        [Self::Expected, Self::Reverse, Self::DynamicRpc, Self::Companion, Self::Site, Self::None];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Reverse => "reverse",
            Self::DynamicRpc => "dynamic-rpc",
            Self::Companion => "companion",
            Self::Site => "site",
            Self::None => "none",
        }
    }
}

/// An expectation with the rules that raise it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expectation {
    /// Why it is expected.
    pub kind: Kind,
    /// The rules of that kind that fit, in the matrix's order; none with [`Kind::None`].
    pub rules: Vec<RuleRef>,
}

impl Expectation {
    pub(super) const NONE: Self = Self { kind: Kind::None, rules: Vec::new() };

    /// The expectation of one kind, with those of the rules that are of it.
    pub(super) fn of(kind: Kind, rules: &[(Kind, RuleRef)]) -> Self {
        let of_kind = rules.iter().filter(|(other, _)| *other == kind);
        Self { kind, rules: of_kind.map(|(_, rule)| *rule).collect() }
    }
}
