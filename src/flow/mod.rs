//! Flow: packets become conversations.
//!
//! A conversation is what two endpoints say to each other over one transport, from the first packet
//! to the last. Counters belong to the side that sent; which side is the client is decided from what
//! the wire shows ([`Conversation::opener`]), and where the wire does not show it, by a later stage
//! that knows more. Time is the packets' own.

mod address;
mod basis;
mod community_id;
mod conn_state;
mod conversation;
mod conversations;
mod disorder;
mod ears;
mod end_state;
mod endpoint;
mod ends;
mod fold;
mod history;
mod icmp_error;
mod index;
mod listening;
mod log_join;
mod outcome;
mod sequence;
mod statement;
mod surroundings;
mod table;
mod tcp;
mod timeline;
mod told;

pub use address::{Address, PARTS};
pub use basis::Basis;
pub use community_id::{Discriminator, community_id, community_id_of};
pub use conn_state::ConnState;
pub use conversation::{Conversation, Counters};
pub use conversations::Conversations;
pub use endpoint::{Endpoint, Key, Side, Transport};
pub use icmp_error::{IcmpErrorSeen, Meaning};
pub use log_join::{JOIN_TOLERANCE_SECONDS, Joined, join};
pub use outcome::{NO_REPLY_NANOS, Outcome, SILENCE_NANOS, View};
pub use statement::{Act, Speaker, Statement};
pub use surroundings::{Learned, Neighbourhood, Surroundings, TFTP};
pub use table::FlowTable;
pub use tcp::Tcp;
pub use timeline::{Event, Moment, Timeline};
