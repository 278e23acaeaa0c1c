//! Where a failure can be fixed, by who rejected the packet.

use std::net::IpAddr;

use super::{Judgement, Policy};
use crate::{
    capture::Direction,
    flow::{Act, Outcome, Speaker},
    identify::MachineId,
};

/// Who can fix a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixAt {
    /// The server: its firewall, or the service.
    Server(MachineId),
    /// The client's own firewall.
    Client(MachineId),
    /// A device on the path, where its address is known.
    Device(Option<IpAddr>),
}

impl Judgement<'_> {
    /// Who can fix a failure, by who rejected the packet: an ICMP error and a drop are statements of
    /// whoever makes them, not of the server.
    #[must_use]
    pub fn fix_at(&self, policy: &Policy) -> FixAt {
        if let Some(machine) = self.dropped_by(policy) {
            return self.at(machine);
        }
        let icmp = [self.client, !self.client]
            .into_iter()
            .find_map(|side| self.conversation.failure_of(side));
        match self.outcome {
            Outcome::Refused | Outcome::Prohibited | Outcome::Unreachable => match icmp {
                Some(error) => match policy.site.owner(error.from) {
                    Some(machine) if self.is_end(machine) => self.at(machine),
                    _ => FixAt::Device(Some(error.from)),
                },
                None if self.context.strange_reset => FixAt::Device(None),
                None => self.server(),
            },
            Outcome::Reset if self.context.strange_reset => FixAt::Device(None),
            Outcome::HalfOpen | Outcome::Stalled => FixAt::Device(None),
            _ => self.server(),
        }
    }

    /// The machine that states that it dropped packets.
    fn dropped_by(&self, policy: &Policy) -> Option<MachineId> {
        let dropped = self.conversation.statements().iter().find(|one| one.act == Act::Dropped)?;
        let of = |side| {
            if side == self.client { self.client_machine } else { self.server_machine }
        };
        match (dropped.speaker, dropped.direction) {
            (Speaker::Log(log), _) => policy.log_owner(log),
            (Speaker::Recorder, Some(Direction::In)) => of(!dropped.about),
            (Speaker::Recorder, Some(Direction::Out)) => of(dropped.about),
            (Speaker::Recorder, None) => None,
        }
    }

    fn is_end(&self, machine: MachineId) -> bool {
        [self.client_machine, self.server_machine].contains(&Some(machine))
    }

    fn at(&self, machine: MachineId) -> FixAt {
        if self.client_machine == Some(machine) && self.server_machine != Some(machine) {
            FixAt::Client(machine)
        } else {
            FixAt::Server(machine)
        }
    }

    fn server(&self) -> FixAt {
        self.server_machine.map_or(FixAt::Device(None), FixAt::Server)
    }
}
