//! HTTP, and WinRM upon HTTP.

use super::{
    Line, client,
    ntlm::{self, base64},
    server,
};
use crate::{hash::noise, world::Host};

/// Two round trips of NTLM, then one encrypted operation.
pub fn winrm(from: Host, to: Host, port: u16) -> Vec<Line> {
    let ask = |token: &[u8], body: Vec<u8>| post_wsman(to, port, Some(token), body);
    vec![
        client(ask(&ntlm::negotiate(), Vec::new())),
        server(response(
            "401 Unauthorized",
            &format!("WWW-Authenticate: Negotiate {}\r\n", base64(&ntlm::challenge(to))),
            b"",
        )),
        client(ask(&ntlm::authenticate(from), encrypted("request", 1180))),
        server(response("200 OK", ENCRYPTED_TYPE, &encrypted("response", 1420))),
    ]
}

/// A later operation of a WinRM connection that has logged on: answer, question, answer.
pub fn winrm_under_way(to: Host, port: u16) -> Vec<Line> {
    vec![
        server(noise("tail of a response", 620)),
        client(post_wsman(to, port, None, encrypted("next request", 980))),
        server(response("200 OK", ENCRYPTED_TYPE, &encrypted("next response", 1130))),
    ]
}

const ENCRYPTED_TYPE: &str = "Content-Type: multipart/encrypted;\
                              protocol=\"application/HTTP-SPNEGO-session-encrypted\";\
                              boundary=\"Encrypted Boundary\"\r\n";

fn post_wsman(to: Host, port: u16, token: Option<&[u8]>, body: Vec<u8>) -> Vec<u8> {
    let kind = if body.is_empty() {
        "Content-Type: application/soap+xml;charset=UTF-8\r\n"
    } else {
        ENCRYPTED_TYPE
    };
    let logon = token.map_or_else(String::new, |token| {
        format!("Authorization: Negotiate {}\r\n", base64(token))
    });
    let head = format!(
        "POST /wsman HTTP/1.1\r\nConnection: Keep-Alive\r\n{kind}{logon}\
         User-Agent: Microsoft WinRM Client\r\nContent-Length: {}\r\nHost: {}:{port}\r\n\r\n",
        body.len(),
        to.fqdn(),
    );
    [head.into_bytes(), body].concat()
}

/// SOAP in the wrapping that hides it.
fn encrypted(label: &str, length: usize) -> Vec<u8> {
    let head = format!(
        "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\
         \tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n\
         --Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
    );
    let sealed = [&[16, 0, 0, 0, 1, 0, 0, 0], &noise(label, 12 + length)[..]].concat();
    [head.as_bytes(), &sealed, b"--Encrypted Boundary--\r\n"].concat()
}

pub fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Server: Microsoft-HTTPAPI/2.0\r\n\
         Date: Sun, 01 Mar 2026 08:00:00 GMT\r\nContent-Length: {}\r\n\r\n",
        body.len(),
    );
    [head.as_bytes(), body].concat()
}
