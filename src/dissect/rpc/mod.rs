//! DCE/RPC over a connection: interfaces, logon, and the endpoints that two services name.
//!
//! C706, chapter 12; [MS-RPCE] 2.2.2.

mod activation;
mod endpoint_mapper;
mod pdu;

use pdu::{Pdu, PduType};
use uuid::{Uuid, uuid};

use super::{Auth, Heard, Interface, Step, token};

const ENDPOINT_MAPPER: Uuid = uuid!("e1af8308-5d1f-11c9-91a4-08002b14a0fa");
/// Interfaces whose answers name endpoints of activated objects ([MS-DCOM] 1.9).
const ACTIVATORS: [Uuid; 3] = [
    uuid!("000001a0-0000-0000-c000-000000000046"),
    uuid!("4d9f4ab8-7d1c-11cf-861e-0020af6e7c57"),
    uuid!("99fcfec4-5260-101b-bbcb-00aa0021347a"),
];

/// Contexts and calls of a connection that are remembered.
const MAX_CONTEXTS: usize = 16;
const MAX_CALLS: usize = 16;
/// An answer joined of fragments is not longer than this in bytes.
const MAX_ANSWER: usize = 32 << 10;
/// Fragments longer than this are passed over: the buffer holds no more.
const MAX_FRAGMENT: usize = 12 << 10;
/// Messages of a speaker after which a connection that names no endpoints has told all.
const ENOUGH: u16 = 6;

/// What tells an interface, or what an interface tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    /// Endpoints, in answers of the endpoint mapper.
    Towers,
    /// Endpoints, in answers to activations.
    Bindings,
    /// Nothing that is asked for.
    Nothing,
}

impl Tells {
    fn of(interface: Uuid) -> Self {
        if interface == ENDPOINT_MAPPER {
            Self::Towers
        } else if ACTIVATORS.contains(&interface) {
            Self::Bindings
        } else {
            Self::Nothing
        }
    }
}

/// What is known of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Rpc {
    contexts: Vec<(u16, Tells)>,
    /// Calls without an answer so far: number, and what the answer may tell.
    calls: Vec<(u32, Tells)>,
    /// The answer that comes in fragments: number of its call, and the parts so far.
    answer: Option<(u32, Vec<u8>)>,
    messages: [u16; 2],
}

/// Whether bytes begin with a message of a connection: version 5.0 or 5.1, a known type, a data
/// representation that exists.
pub(super) fn starts(bytes: &[u8]) -> bool {
    Pdu::head(bytes).is_some()
}

impl Rpc {
    /// Looks at the bytes that a speaker has sent and that were not passed yet.
    pub fn hear(&mut self, speaker: usize, bytes: &[u8], heard: &mut Heard) -> Step {
        let Some(head) = Pdu::head(bytes) else {
            return if bytes.len() < pdu::HEADER { Step::More } else { Step::Deaf };
        };
        if head.len < pdu::HEADER {
            return Step::Deaf;
        }
        if head.len <= MAX_FRAGMENT {
            let Some(whole) = bytes.get(..head.len) else { return Step::More };
            self.take(&Pdu { bytes: whole, head }, heard);
        }
        self.messages[speaker] = self.messages[speaker].saturating_add(1);
        if self.messages[speaker] >= ENOUGH && !self.names_endpoints() {
            return Step::Deaf;
        }
        Step::Passed(head.len)
    }

    fn names_endpoints(&self) -> bool {
        self.contexts.iter().any(|(_, tells)| *tells != Tells::Nothing)
    }

    fn take(&mut self, pdu: &Pdu<'_>, heard: &mut Heard) {
        if let Some((kind, token)) = pdu.logon() {
            heard.offered |= match kind {
                pdu::auth::NTLM | pdu::auth::NEGOTIATE => token::mechanism(token),
                pdu::auth::KERBEROS => Auth::KERBEROS,
                _ => Auth::empty(),
            };
        }
        match pdu.head.kind {
            PduType::Bind | PduType::AlterContext => {
                for (context, interface) in pdu.contexts() {
                    heard.binds(Interface(interface));
                    if self.contexts.len() < MAX_CONTEXTS {
                        self.contexts.push((context, Tells::of(interface)));
                    }
                }
            }
            PduType::Request => self.take_request(pdu),
            PduType::Response => {
                heard.accepts();
                self.take_response(pdu, heard);
            }
            PduType::Fault => self.calls.retain(|(call, _)| *call != pdu.head.call),
            PduType::Other => {}
        }
    }

    fn take_request(&mut self, pdu: &Pdu<'_>) {
        let context = pdu.half(pdu::REQUEST_CONTEXT_AT);
        let known = self.contexts.iter().rev().find(|(number, _)| Some(*number) == context);
        if let Some((_, tells)) = known.filter(|(_, tells)| *tells != Tells::Nothing)
            && pdu.is_first()
        {
            if self.calls.len() == MAX_CALLS {
                self.calls.remove(0);
            }
            self.calls.push((pdu.head.call, *tells));
        }
    }

    fn take_response(&mut self, pdu: &Pdu<'_>, heard: &mut Heard) {
        let call = pdu.head.call;
        let Some(place) = self.calls.iter().position(|(number, _)| *number == call) else { return };
        // Sealed answers cannot be read ([MS-RPCE] 2.2.1.1.8, level 6).
        let Some(stub) = pdu.stub().filter(|_| !pdu.is_sealed()) else { return };
        if pdu.is_first() {
            self.answer = Some((call, Vec::new()));
        }
        let Some((_, answer)) = self.answer.as_mut().filter(|(of, _)| *of == call) else { return };
        if answer.len() + stub.len() <= MAX_ANSWER {
            answer.extend_from_slice(stub);
        }
        if pdu.is_last() {
            let (_, tells) = self.calls.remove(place);
            let answer = self.answer.take().map_or(Vec::new(), |(_, answer)| answer);
            match tells {
                Tells::Towers => endpoint_mapper::learn(&answer, heard),
                Tells::Bindings => activation::learn(&answer, heard),
                Tells::Nothing => {}
            }
        }
    }
}
