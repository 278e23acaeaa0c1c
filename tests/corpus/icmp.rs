//! The outcome that an ICMP error proves, by type and code (RFC 792, RFC 1812, RFC 4443).

/// Reads a list such as `icmp3/3<-192.0.2.1(ab);icmpv61/4<-2001:db8::1(ab)` into outcomes.
pub fn outcomes(list: &str) -> Vec<&'static str> {
    list.split(';').filter_map(outcome).collect()
}

fn outcome(error: &str) -> Option<&'static str> {
    let (what, _) = error.split_once("<-")?;
    let (v6, numbers) = match what.strip_prefix("icmpv6") {
        Some(numbers) => (true, numbers),
        None => (false, what.strip_prefix("icmp")?),
    };
    let (kind, code) = numbers.split_once('/')?;
    match (v6, kind.parse::<u8>().ok()?, code.parse::<u8>().ok()?) {
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => Some("prohibited"),
        (false, 3, 3) | (true, 1, 4) => Some("refused"),
        (false, 3, 4 | 16..) | (true, 2, _) => None,
        (false, 3 | 11, _) | (true, 1 | 3, _) => Some("unreachable"),
        _ => None,
    }
}
