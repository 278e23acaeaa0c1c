//! Packet time: the only clock that decode to judge ever see.

use std::fmt;

use jiff::fmt::temporal::DateTimePrinter;

/// Nanoseconds since 1970-01-01T00:00:00Z, as the recorder wrote them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl Timestamp {
    /// The time `ticks` of a clock that counts `per_second`, shifted by `offset_seconds`.
    ///
    /// Times that nanoseconds since 1970 cannot hold (the year 2262 and later) stop at the limit.
    #[must_use]
    pub fn from_ticks(ticks: u64, per_second: u64, offset_seconds: i64) -> Self {
        let per_second = i128::from(per_second.max(1));
        let seconds = i128::from(ticks) / per_second + i128::from(offset_seconds);
        let fraction = i128::from(ticks) % per_second * i128::from(NANOS_PER_SECOND) / per_second;
        let nanos = seconds * i128::from(NANOS_PER_SECOND) + fraction;
        Self(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// Nanoseconds from `earlier` to this time; 0 where this time is the earlier one, as happens
    /// in captures whose records are not in order.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with nine decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(time) => f.write_str(&PRINTER.timestamp_to_string(&time)),
            Err(_) => write!(f, "{} ns since 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_every_resolution_name_the_same_instant() {
        let expected = Timestamp(1_500_000_000_500_000_000);
        for (ticks, per_second) in [
            (1_500_000_000_500_000, 1_000_000),
            (1_500_000_000_500_000_000, 1_000_000_000),
            (3_000_000_001, 2),
            (1_500_000_000_u64 * 1024 + 512, 1024),
        ] {
            assert_eq!(Timestamp::from_ticks(ticks, per_second, 0), expected, "{per_second}");
        }
        assert_eq!(Timestamp::from_ticks(500_000, 1_000_000, 1_500_000_000), expected);
    }

    #[test]
    fn times_out_of_range_stop_at_the_limit() {
        assert_eq!(Timestamp::from_ticks(u64::MAX, 1, i64::MAX), Timestamp(i64::MAX));
        assert_eq!(Timestamp::from_ticks(0, 0, i64::MIN), Timestamp(i64::MIN));
    }

    #[test]
    fn prints_utc_with_nanoseconds() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
    }
}
