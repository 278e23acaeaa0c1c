//! Which value of a line is what: the `#Fields` of the header.

/// The columns that are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Date,
    Time,
    Action,
    Protocol,
    SrcIp,
    DstIp,
    SrcPort,
    DstPort,
    IcmpType,
    Info,
    Path,
}

/// Their names, in the order of [`Column`].
const NAMES: [&str; 11] = [
    "date", "time", "action", "protocol", "src-ip", "dst-ip", "src-port", "dst-port", "icmptype",
    "info", "path",
];
/// The columns of a log without a header, as Windows writes them since Vista; a `pid` may follow.
const USUAL: &str = "date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn \
                     tcpack tcpwin icmptype icmpcode info path";
/// More columns than any version of Windows writes.
pub(super) const MAX_COLUMNS: usize = 32;

/// The place of each column in a line.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    places: [Option<usize>; NAMES.len()],
    count: usize,
}

impl Default for Columns {
    fn default() -> Self {
        Self::named(USUAL)
    }
}

impl Columns {
    /// The columns that a header names, in its order.
    pub fn named(fields: &str) -> Self {
        let mut columns = Self { places: [None; NAMES.len()], count: 0 };
        for (place, field) in fields.split_ascii_whitespace().take(MAX_COLUMNS).enumerate() {
            columns.count = place + 1;
            if let Some(known) = NAMES.iter().position(|name| name.eq_ignore_ascii_case(field)) {
                columns.places[known].get_or_insert(place);
            }
        }
        columns
    }

    /// How many values a whole line has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The value of a column; `None` where the line ends before it or has a dash there.
    pub fn of<'v>(&self, values: &[&'v str], column: Column) -> Option<&'v str> {
        let value = values.get(self.places[column as usize]?)?;
        (*value != "-").then_some(*value)
    }
}
