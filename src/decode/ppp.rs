//! PPP (RFC 1661, RFC 1662).

use super::{
    Skip, ethernet,
    field::{after, byte, half},
    layer::{Layer, Next},
};

/// PPP protocol numbers (IANA) and the framing before them (RFC 1662).
const IPV4: u16 = 0x0021;
const BRIDGING: u16 = 0x0031;
const IPV6: u16 = 0x0057;
const MPLS: u16 = 0x0281;
const MPLS_MULTICAST: u16 = 0x0283;
const ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];
/// Address and control of Cisco HDLC, unicast and multicast (RFC 1547, section 4.3.1); no PPP
/// protocol number begins like this.
const CISCO_HDLC: [[u8; 2]; 2] = [[0x0f, 0x00], [0x8f, 0x00]];

pub(super) fn read(data: &[u8]) -> Result<Layer<'_>, Skip> {
    if CISCO_HDLC.iter().any(|header| data.starts_with(header)) {
        return ethernet::tagged(data, ADDRESS_CONTROL.len());
    }
    let data = data.strip_prefix(&ADDRESS_CONTROL).unwrap_or(data);
    // Protocol field compression: an odd first octet is the whole number (RFC 1661, section 2).
    let first = byte(data, 0)?;
    let (protocol, header_len) =
        if first & 1 == 1 { (u16::from(first), 1) } else { (half(data, 0)?, 2) };
    let data = &data[header_len..];
    match protocol {
        IPV4 | IPV6 => Ok(Layer { next: Next::Ip, data }),
        MPLS | MPLS_MULTICAST => Ok(Layer { next: Next::Mpls, data }),
        BRIDGING => bridged(data),
        other => Err(Skip::NotIpOverPpp(other)),
    }
}

/// RFC 3518, section 4.2: flags, then the kind of frame.
fn bridged(data: &[u8]) -> Result<Layer<'_>, Skip> {
    const ETHERNET: u8 = 1;
    if byte(data, 1)? == ETHERNET {
        Ok(Layer { next: Next::Ethernet, data: after(data, 2)? })
    } else {
        Err(Skip::NotIpOverPpp(BRIDGING))
    }
}
