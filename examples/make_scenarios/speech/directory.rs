//! What every Windows machine asks its domain controller.

use super::{
    Line, client,
    der::{
        BIT_STRING, BOOLEAN, ENUMERATED, GENERAL_STRING, GENERALIZED_TIME, INTEGER, OCTET_STRING,
        SEQUENCE, SET, application, context, element, group,
    },
    server,
};
use crate::{packet::Family, world::Host};

const REALM: &str = "CONTOSO.TEST";

/// A DNS question for the machine's address, and the answer.
pub fn dns(host: Host, family: Family) -> [Vec<u8>; 2] {
    let (kind, address) = match family {
        Family::V4 => (1, host.v4.octets().to_vec()),
        Family::V6 => (28, host.v6.octets().to_vec()),
    };
    let mut question = Vec::new();
    for label in host.fqdn().split('.') {
        question.push(label.len() as u8);
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, kind, 0, 1]);
    let head = |flags: u16, answers: u8| {
        let [high, low] = flags.to_be_bytes();
        vec![0x5a, 0x07, high, low, 0, 1, 0, answers, 0, 0, 0, 0]
    };
    let mut record = vec![0xc0, 12, 0, kind, 0, 1, 0, 0, 4, 0xb0, 0];
    record.push(address.len() as u8);
    record.extend(address);
    [[head(0x0100, 0), question.clone()].concat(), [head(0x8580, 1), question, record].concat()]
}

/// LDAP: which names does the directory hold?
pub fn ldap() -> Vec<Line> {
    let text = |text: &str| element(OCTET_STRING, text);
    let attribute = "defaultNamingContext";
    let search = [
        text(""),
        element(ENUMERATED, [0]),
        element(ENUMERATED, [0]),
        element(INTEGER, [0]),
        element(INTEGER, [120]),
        element(BOOLEAN, [0]),
        element(0x87, "objectClass"),
        group(SEQUENCE, &[text(attribute)]),
    ];
    let value = group(SEQUENCE, &[text(attribute), group(SET, &[text("DC=contoso,DC=test")])]);
    let entry = [text(""), group(SEQUENCE, &[value])];
    let done = [element(ENUMERATED, [0]), text(""), text("")];
    let message = |operation: u8, content: &[Vec<u8>]| {
        group(SEQUENCE, &[element(INTEGER, [1]), group(application(operation), content)])
    };
    vec![client(message(3, &search)), server([message(4, &entry), message(5, &done)].concat())]
}

/// Kerberos: a ticket is asked for, and the domain controller wants proof first (error 25).
pub fn kerberos() -> Vec<Line> {
    let string = |text: &str| element(GENERAL_STRING, text);
    let number = |field: u8, value: u8| group(context(field), &[element(INTEGER, [value])]);
    let name = |kind: u8, parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|part| string(part)).collect();
        group(SEQUENCE, &[number(0, kind), group(context(1), &[group(SEQUENCE, &parts)])])
    };
    let time = |text: &str| element(GENERALIZED_TIME, text);
    let ticket_office = name(2, &["krbtgt", REALM]);
    let request_body = [
        group(context(0), &[element(BIT_STRING, [0, 0x40, 0x81, 0, 0x10])]),
        group(context(1), &[name(1, &["svc-vmm"])]),
        group(context(2), &[string(REALM)]),
        group(context(3), std::slice::from_ref(&ticket_office)),
        group(context(5), &[time("20370913024805Z")]),
        group(context(7), &[element(INTEGER, [0x2a, 0x5b, 0x11, 0x07])]),
        group(context(8), &[group(SEQUENCE, &[element(INTEGER, [18]), element(INTEGER, [17])])]),
    ];
    let request =
        [number(1, 5), number(2, 10), group(context(4), &[group(SEQUENCE, &request_body)])];
    let error = [
        number(0, 5),
        number(1, 30),
        group(context(4), &[time("20260301080000Z")]),
        number(5, 0),
        number(6, 25),
        group(context(9), &[string(REALM)]),
        group(context(10), &[ticket_office]),
    ];
    let message = |kind: u8, fields: &[Vec<u8>]| {
        let message = group(application(kind), &[group(SEQUENCE, fields)]);
        [&(message.len() as u32).to_be_bytes(), &message[..]].concat()
    };
    vec![client(message(10, &request)), server(message(30, &error))]
}
