//! Why one side is said to be the client.

/// Why one side is said to be the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It sent the SYN.
    Syn,
    /// It got the SYN-ACK.
    SynAck,
    /// Only this way round does a rule of the matrix know the roles and the port.
    Matrix,
    /// The other side's port is a known service's.
    Port,
    /// It sent the first packet seen, and nothing says more.
    FirstPacket,
}

impl Basis {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::SynAck => "syn-ack",
            Self::Matrix => "matrix",
            Self::Port => "port",
            Self::FirstPacket => "first-packet",
        }
    }
}
