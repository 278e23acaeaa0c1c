//! Protocols over UDP that are never answered, by their first bytes at any port.

use super::{Protocol, signature::Signature};

/// The one-way protocol of a datagram.
pub(super) fn recognise(bytes: &[u8]) -> Option<Protocol> {
    let known: [Signature; 6] = [
        (Protocol::Syslog, is_syslog),
        (Protocol::Ipfix, is_ipfix),
        (Protocol::Netflow, is_netflow),
        (Protocol::Sflow, is_sflow),
        (Protocol::SnmpTrap, is_snmp_trap),
        (Protocol::Statsd, is_statsd),
    ];
    known.into_iter().find(|(_, fits)| fits(bytes)).map(|(protocol, _)| protocol)
}

/// RFC 5424, section 6.2.1, and RFC 3164: a priority of up to 191 in angle brackets.
fn is_syslog(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"<") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number =
        std::str::from_utf8(&rest[..digits]).ok().and_then(|text| text.parse::<u16>().ok());
    let next = rest.get(digits + 1);
    (1..=3).contains(&digits)
        && number.is_some_and(|number| number <= 191)
        && rest.get(digits) == Some(&b'>')
        && next.is_some_and(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// RFC 7011, section 3.1: version 10 and the length of the message; the snap length may cut it.
fn is_ipfix(bytes: &[u8]) -> bool {
    let len = half(bytes, 2).map_or(0, usize::from);
    half(bytes, 0) == Some(10)
        && len >= IPFIX_HEADER
        && len >= bytes.len()
        && bytes.len() >= IPFIX_HEADER
}

const IPFIX_HEADER: usize = 16;

/// NetFlow version 5, whose records have 48 bytes, and 9 (RFC 3954, section 5.1).
fn is_netflow(bytes: &[u8]) -> bool {
    const HEADER: usize = 24;
    const RECORD: usize = 48;
    let count = half(bytes, 2).map_or(0, usize::from);
    match half(bytes, 0) {
        Some(5) => (1..=30).contains(&count) && HEADER + count * RECORD >= bytes.len(),
        // The first set is a template, a template of options, or data.
        Some(9) => {
            let set = half(bytes, 20);
            let len = half(bytes, 22).map_or(0, usize::from);
            (1..=512).contains(&count) && set.is_some_and(|set| set <= 1 || set >= 256) && len >= 4
        }
        _ => false,
    }
}

/// sFlow version 5: the version and the type of the agent's address in 32 bits each.
fn is_sflow(bytes: &[u8]) -> bool {
    bytes.len() >= 28 && matches!(bytes[..8], [0, 0, 0, 5, 0, 0, 0, 1 | 2])
}

/// RFC 3416, section 3, and RFC 1157, section 4.1.6: a community, then a trap; informs are answered.
fn is_snmp_trap(bytes: &[u8]) -> bool {
    let Some((&[0x30, len], rest)) = bytes.split_first_chunk::<2>() else { return false };
    let more = if len < 0x80 { 0 } else { usize::from(len & 0x7f) };
    let Some(message) = rest.get(more..) else { return false };
    let Some(community) = message.strip_prefix(&[2, 1, 0]).or(message.strip_prefix(&[2, 1, 1]))
    else {
        return false;
    };
    let [4, len, rest @ ..] = community else { return false };
    matches!(rest.get(usize::from(*len)), Some(0xa4 | 0xa7))
}

/// `name:1|c`, as the first lines of the protocol have it.
fn is_statsd(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
    let Some(bar) = line.iter().position(|byte| *byte == b'|') else { return false };
    let name = &line[..colon];
    let value = line.get(colon + 1..bar).unwrap_or_default();
    let kind = line.get(bar + 1..).unwrap_or_default();
    let kind = kind.split(|byte| matches!(byte, b'|' | b'\r')).next().unwrap_or_default();
    !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(byte))
        && !value.is_empty()
        && value.iter().all(|byte| byte.is_ascii_digit() || b".+-".contains(byte))
        && matches!(kind, b"c" | b"g" | b"ms" | b"h" | b"s" | b"d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_protocols_are_told_by_their_first_bytes_and_near_misses_are_not() {
        let netflow5 = {
            let mut bytes = vec![0, 5, 0, 1];
            bytes.resize(24 + 48, 0);
            bytes
        };
        let sflow = [&[0, 0, 0, 5, 0, 0, 0, 1][..], &[0; 20]].concat();
        let trap = [&[0x30, 0x0d, 2, 1, 1, 4, 6][..], b"public", &[0xa7, 0]].concat();
        let get = [&[0x30, 0x0d, 2, 1, 1, 4, 6][..], b"public", &[0xa0, 0]].concat();
        let inform = [&[0x30, 0x0d, 2, 1, 1, 4, 6][..], b"public", &[0xa6, 0]].concat();
        let ipfix = [&[0, 10, 0, 20][..], &[0; 16]].concat();
        let short_ipfix = [&[0, 10, 0, 12][..], &[0; 16]].concat();
        for (bytes, protocol) in [
            (&b"<34>1 2026-01-01T00:00:00Z hv07 app - - - text"[..], Some(Protocol::Syslog)),
            (b"<191>text", Some(Protocol::Syslog)),
            (b"<192>text", None),
            (b"<34>", None),
            (b"<html>", None),
            (b"hv07.cpu:12|c", Some(Protocol::Statsd)),
            (b"hv07.load:+1.5|g|@0.1\nx:1|c", Some(Protocol::Statsd)),
            (b"hv07.cpu:12|x", None),
            (b"hv07 cpu:12|c", None),
            (b":12|c", None),
            (&netflow5, Some(Protocol::Netflow)),
            (&sflow, Some(Protocol::Sflow)),
            (&trap, Some(Protocol::SnmpTrap)),
            (&get, None),
            (&inform, None),
            (&ipfix, Some(Protocol::Ipfix)),
            (&short_ipfix, None),
            (b"", None),
        ] {
            assert_eq!(recognise(bytes), protocol, "{bytes:?}");
        }
    }
}
