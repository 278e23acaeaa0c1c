//! Zeek's conn_state: how a conversation went, in one word.

use super::{Conversation, Side, Transport, end_state::State};

/// Zeek's conn_state (scripts/base/protocols/conn/main.zeek).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Zeek's own")]
pub enum ConnState {
    S0,
    S1,
    S2,
    S3,
    Sf,
    Sh,
    Shr,
    Rej,
    Rsto,
    Rstos0,
    Rstr,
    Rstrh,
    Oth,
}

impl ConnState {
    /// As Zeek writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S0 => "S0",
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::Sf => "SF",
            Self::Sh => "SH",
            Self::Shr => "SHR",
            Self::Rej => "REJ",
            Self::Rsto => "RSTO",
            Self::Rstos0 => "RSTOS0",
            Self::Rstr => "RSTR",
            Self::Rstrh => "RSTRH",
            Self::Oth => "OTH",
        }
    }

    /// The state of a conversation whose client is `client`.
    #[must_use]
    pub fn of(conversation: &Conversation, client: Side) -> Self {
        match (conversation.tcp(), conversation.transport) {
            (Some(tcp), _) => {
                let payload = conversation.counters.iter().map(|side| side.payload_bytes).sum();
                tcp_state(tcp.state(client), tcp.state(!client), payload, &tcp.history(client))
            }
            (None, Transport::Udp) => {
                let spoke = |side: Side| conversation.counters[side as usize].packets > 0;
                match (spoke(client), spoke(!client)) {
                    (true, true) => Self::Sf,
                    (true, false) => Self::S0,
                    (false, true) => Self::Shr,
                    (false, false) => Self::Oth,
                }
            }
            _ => Self::Oth,
        }
    }
}

/// Zeek's table, in Zeek's order: the first line that holds decides.
fn tcp_state(client: State, server: State, payload: u64, history: &str) -> ConnState {
    use State::{Closed, Established, Inactive, Partial, Reset, SynAckSent, SynSent};
    let unseen = |state| matches!(state, Inactive | Partial);
    match (client, server) {
        (SynSent | SynAckSent, Reset) => ConnState::Rej,
        (Reset, Reset) if payload == 0 => ConnState::Rej,
        (client, Reset) if unseen(client) => ConnState::Rstrh,
        (_, Reset) => ConnState::Rstr,
        (Reset, server) if unseen(server) && syn_then_reset(history) => ConnState::Rstos0,
        (Reset, server) if unseen(server) => ConnState::Oth,
        (Reset, _) => ConnState::Rsto,
        (Closed, Closed) => ConnState::Sf,
        (Closed, server) if unseen(server) => ConnState::Sh,
        (Closed, _) => ConnState::S2,
        (client, Closed) if unseen(client) => ConnState::Shr,
        (_, Closed) => ConnState::S3,
        (SynSent, Inactive) => ConnState::S0,
        (Established, Established) => ConnState::S1,
        _ => ConnState::Oth,
    }
}

/// A SYN of the client and then its RST, with nothing between that shows more.
fn syn_then_reset(history: &str) -> bool {
    let history = history.trim_start_matches('^');
    let Some(after_syn) = history.strip_prefix('S') else { return false };
    let before_reset = after_syn.split('R').next().unwrap_or_default();
    after_syn.contains('R') && !before_reset.contains(['H', 'A', 'F', 'G', 'I', 'Q'])
}
