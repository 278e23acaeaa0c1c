//! HTTP/1, and what uses it: WinRM, WS-Management, BITS, CIM-XML, WSUS, vSphere.
//!
//! Messages: RFC 9112. Negotiate: RFC 4559. Basic: RFC 7617. WinRM's encrypted bodies:
//! [MS-WSMV] 2.2.9.1.

use base64::Engine;

use super::{Auth, Heard, Protocol, Step, token};

/// RFC 9110, 9; RFC 4918; RFC 2774 (M-POST); [MC-BUP] 2.2.1 (BITS_POST).
const METHODS: [&[u8]; 12] = [
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"OPTIONS ",
    b"DELETE ",
    b"PATCH ",
    b"PROPFIND ",
    b"CONNECT ",
    b"M-POST ",
    b"BITS_POST ",
    b"CCM_POST ",
];
const RESPONSE: &[u8] = b"HTTP/1.";
/// Header fields that are read of a message.
const MAX_FIELDS: usize = 64;
/// Longest head of a message in bytes; Kerberos tokens make them long.
const MAX_HEAD: usize = 16 << 10;
/// Messages of a speaker that are looked at: logon with NTLM takes three requests.
const MAX_MESSAGES: u8 = 8;

/// Whether a message may begin with a byte.
pub(super) fn may_start(first: u8) -> bool {
    RESPONSE[0] == first || METHODS.iter().any(|method| method[0] == first)
}

/// Whether bytes are the beginning of a message.
pub(super) fn starts(bytes: &[u8]) -> bool {
    bytes.starts_with(RESPONSE) || METHODS.iter().any(|method| bytes.starts_with(method))
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Http {
    messages: [u8; 2],
    next: [Next; 2],
    /// The latest request asks for a head alone (RFC 9110, 9.3.2).
    head_alone: bool,
}

/// What comes next from a speaker.
#[derive(Clone, Copy, Debug, Default)]
enum Next {
    /// A message.
    #[default]
    Head,
    /// A piece of a body that is sent in chunks (RFC 9112, 7.1).
    Chunk,
    /// A line after the last chunk, or the empty one that ends the message.
    Trailer,
}

/// How the body of a message is delimited (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Length(usize),
    Chunks,
    UntilTheEnd,
}

impl Http {
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        match self.next[speaker] {
            Next::Head => self.head(speaker, bytes, heard),
            Next::Chunk => self.chunk(speaker, bytes),
            Next::Trailer => self.trailer(speaker, bytes),
        }
    }

    fn head(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        if !starts(bytes) {
            return if bytes.len() < LONGEST_METHOD { Step::More } else { Step::Deaf };
        }
        tell_by_path(bytes, speaker, heard);
        // A snap length may have cut the head, and the rest of it may never come.
        heard.is_cut = true;
        let Some(head_len) = end_of_head(bytes) else {
            return if bytes.len() < MAX_HEAD { Step::More } else { Step::Deaf };
        };
        heard.is_cut = false;
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let body = if bytes.starts_with(RESPONSE) {
            let body = response(&bytes[..head_len], &mut fields, heard);
            if self.head_alone { Some(Body::Length(0)) } else { body }
        } else {
            self.head_alone = bytes.starts_with(b"HEAD ");
            request(&bytes[..head_len], &mut fields, speaker, heard)
        };
        self.messages[speaker] += 1;
        if self.messages[speaker] >= MAX_MESSAGES || is_settled(heard, self.messages[speaker]) {
            return Step::Deaf;
        }
        match body {
            Some(Body::Length(len)) => Step::Passed(head_len.saturating_add(len)),
            Some(Body::Chunks) => {
                self.next[speaker] = Next::Chunk;
                Step::Passed(head_len)
            }
            Some(Body::UntilTheEnd) | None => Step::Deaf,
        }
    }

    fn chunk(&mut self, speaker: usize, bytes: &[u8]) -> Step {
        let Some(line) = line(bytes) else { return too_long(bytes) };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(digits).ok();
        let size = size.and_then(|digits| usize::from_str_radix(digits.trim(), 16).ok());
        match size {
            Some(0) => {
                self.next[speaker] = Next::Trailer;
                Step::Passed(line.len() + LINE_END)
            }
            Some(size) => Step::Passed(size.saturating_add(line.len() + 2 * LINE_END)),
            None => Step::Deaf,
        }
    }

    fn trailer(&mut self, speaker: usize, bytes: &[u8]) -> Step {
        let Some(line) = line(bytes) else { return too_long(bytes) };
        if line.is_empty() {
            self.next[speaker] = Next::Head;
        }
        Step::Passed(line.len() + LINE_END)
    }
}

const LINE_END: usize = 2;
/// Longest line between chunks in bytes.
const LONGEST_LINE: usize = 256;
/// Bytes in which a request or a response shows itself.
const LONGEST_METHOD: usize = 10;

/// The bytes before the next line end.
fn line(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(LINE_END).take(LONGEST_LINE).position(|pair| pair == b"\r\n")?;
    Some(&bytes[..end])
}

fn too_long(bytes: &[u8]) -> Step {
    if bytes.len() < LONGEST_LINE { Step::More } else { Step::Deaf }
}

/// Once somebody has logged on, two more messages tell whether it went well; without any logon the
/// first messages tell all.
fn is_settled(heard: &Heard, messages: u8) -> bool {
    let negotiated =
        (heard.auth | heard.offered).intersects(Auth::NTLM | Auth::KERBEROS | Auth::CREDSSP);
    messages >= if negotiated { 4 } else { MAX_MESSAGES }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).take(MAX_HEAD - 3).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Reads a request's head.
fn request<'b>(
    head: &'b [u8],
    fields: &mut [httparse::Header<'b>],
    speaker: usize,
    heard: &mut Heard,
) -> Option<Body> {
    let mut request = httparse::Request::new(fields);
    request.parse(head).ok()?;
    let fields = Fields(request.headers);
    let path = request.path.unwrap_or_default();
    if let Some(host) = fields.text("host") {
        heard.dialled(without_port(host));
    }
    if let Some(used_by) = used_by(request.method.unwrap_or_default(), path, &fields) {
        heard.spoken[speaker] = Some(used_by);
    }
    authorization(&fields, "authorization", heard);
    body_mechanism(&fields, heard);
    Some(fields.body(Body::Length(0)))
}

fn response<'b>(
    head: &'b [u8],
    fields: &mut [httparse::Header<'b>],
    heard: &mut Heard,
) -> Option<Body> {
    let mut response = httparse::Response::new(fields);
    response.parse(head).ok()?;
    let fields = Fields(response.headers);
    if let Some(code) = response.code.filter(|code| *code >= 400) {
        heard.detail(&format!("HTTP {code}"));
    }
    if let Some(server) = fields.text("server") {
        heard.detail(server);
    }
    authorization(&fields, "www-authenticate", heard);
    body_mechanism(&fields, heard);
    // RFC 9110, section 15.5.2: 401 asks for credentials, or refuses those given.
    if response.code.is_some_and(|code| code >= 200 && code != 401 && code != 407) {
        heard.accepts();
    }
    let no_body = response.code.is_some_and(|code| code < 200 || code == 204 || code == 304);
    Some(if no_body { Body::Length(0) } else { fields.body(Body::UntilTheEnd) })
}

/// Tells the use by the beginning of the path, however much of the head there is.
fn tell_by_path(bytes: &[u8], speaker: usize, heard: &mut Heard) {
    let path = bytes.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let path = String::from_utf8_lossy(path);
    if let Some(used_by) = used_by_path(&path).filter(|_| !bytes.starts_with(RESPONSE)) {
        heard.spoken[speaker] = Some(used_by);
    }
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// [MS-WUSP] 2.1 and [MS-WSUSSS] 2.1.
const WSUS: [&str; 7] = [
    "/ClientWebService",
    "/SimpleAuthWebService",
    "/ReportingWebService",
    "/ServerSyncWebService",
    "/DssAuthWebService",
    "/ApiRemoting30",
    "/SelfUpdate",
];

/// The use that a path shows by its beginning.
fn used_by_path(path: &str) -> Option<Protocol> {
    if is_below(path, "/wsman") {
        return Some(Protocol::Winrm);
    }
    WSUS.iter().any(|prefix| is_below(path, prefix)).then_some(Protocol::Wsus)
}

/// The use of HTTP that a request shows.
fn used_by(method: &str, path: &str, fields: &Fields<'_, '_>) -> Option<Protocol> {
    let agent = fields.text("user-agent").unwrap_or_default();
    if is_below(path, "/wsman") {
        // [MS-WSMV] 2.2.4.5: the prefix is "wsman" unless an administrator changed it. Clients that
        // talk to management controllers use the same one (DSP0226) and name themselves.
        let of_controllers = ["openwsman", "wsmancli", "DASH", "SMASH"];
        let named = |name: &&str| agent.to_ascii_lowercase().contains(&name.to_ascii_lowercase());
        return Some(if of_controllers.iter().any(named) {
            Protocol::Wsman
        } else {
            Protocol::Winrm
        });
    }
    let is_cim = fields.0.iter().any(|field| {
        // DSP0200, 7: the header may bear the number of a name space before its name.
        let name = field.name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        ["CIMOperation", "CIMExport"].iter().any(|wanted| name.eq_ignore_ascii_case(wanted))
    });
    if is_cim {
        return Some(Protocol::CimXml);
    }
    // [MC-BUP] 2.2; the downloads of BITS are told by its agent's name.
    if method == "BITS_POST" || agent.starts_with("Microsoft BITS") {
        return Some(Protocol::Bits);
    }
    if used_by_path(path) == Some(Protocol::Wsus) || agent.starts_with("Windows-Update-Agent") {
        return Some(Protocol::Wsus);
    }
    let action = fields.text("soapaction").unwrap_or_default();
    if action.trim_matches('"').starts_with("urn:vim25")
        || path == "/sdk"
        || is_below(path, "/sdk/")
    {
        return Some(Protocol::Vsphere);
    }
    None
}

/// Tokens in the fields of a name. An offer without a token is no evidence.
fn authorization(fields: &Fields<'_, '_>, name: &str, heard: &mut Heard) {
    for value in fields.all(name) {
        let Some((scheme, rest)) = value.split_once(' ') else { continue };
        let encoded = rest.trim().trim_end_matches('=');
        let token = STANDARD_UNPADDED.decode(encoded).unwrap_or_default();
        match scheme.to_ascii_lowercase().as_str() {
            "negotiate" | "ntlm" | "kerberos" => heard.offered |= token::mechanism(&token),
            "credssp" if !token.is_empty() => heard.offered |= Auth::CREDSSP,
            "basic" if name == "authorization" => heard.offered |= Auth::BASIC,
            _ => {}
        }
    }
}

/// Padding has been taken off before.
const STANDARD_UNPADDED: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    base64::engine::general_purpose::NO_PAD,
);

/// WinRM names the mechanism that its bodies are sealed with; Negotiate may be NTLM or Kerberos.
fn body_mechanism(fields: &Fields<'_, '_>, heard: &mut Heard) {
    let kind = fields.text("content-type").unwrap_or_default();
    if kind.contains("HTTP-Kerberos-session-encrypted") {
        heard.offered |= Auth::KERBEROS;
    } else if kind.contains("HTTP-CredSSP-session-encrypted") {
        heard.offered |= Auth::CREDSSP;
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// The header fields of a message.
struct Fields<'f, 'b>(&'f [httparse::Header<'b>]);

impl<'b> Fields<'_, 'b> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'b str> {
        self.0
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .filter_map(|field| std::str::from_utf8(field.value).ok())
    }

    fn text(&self, name: &str) -> Option<&'b str> {
        self.all(name).next()
    }

    /// How the body is delimited; `untold` where no field says.
    fn body(&self, untold: Body) -> Body {
        match (self.text("transfer-encoding"), self.text("content-length")) {
            (Some(_), _) => Body::Chunks,
            (None, Some(len)) => len.trim().parse().map_or(Body::UntilTheEnd, Body::Length),
            (None, None) => untold,
        }
    }
}
