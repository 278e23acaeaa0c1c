//! Captures for the benchmark, made from a seed: the same seed, the same bytes.
//!
//! `cargo run --release --example bench_captures -- small out.pcap --packets 20000000 --flows 770000`
//!
//! Shares no code with the program. Conversations are complete: handshake, data both ways with right
//! numbers and lengths, and both FINs; so it is known how many there must be (`OUT.truth`).

use std::{
    collections::{BTreeSet, VecDeque},
    env,
    fs::File,
    io::{self, BufWriter, Write},
};

/// What is made, and how much of it.
#[derive(Clone, Debug)]
struct Plan {
    kind: String,
    out: String,
    packets: u64,
    flows: u64,
    /// Conversations open at once.
    open: usize,
    machines: u32,
    /// Of 100 conversations, those between machines of the site.
    known: u64,
    /// Lone SYNs from forged addresses for each packet of a conversation.
    forged: u64,
    seed: u64,
    site: Option<String>,
    rules: u32,
}

/// Ports of the matrix that conversations within the site go to.
const PORTS: [u16; 6] = [445, 443, 5985, 5986, 135, 8530];

fn main() -> io::Result<()> {
    let plan = Plan::read();
    if let Some(site) = &plan.site {
        write_site(&plan, &mut BufWriter::new(File::create(site)?))?;
    }
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&plan.out)?);
    let truth = write_capture(&plan, &mut out)?;
    out.flush()?;
    std::fs::write(format!("{}.truth", plan.out), format!("{} {}\n", truth.0, truth.1))?;
    println!("{}: {} packets, {} conversations", plan.out, truth.0, truth.1);
    Ok(())
}

impl Plan {
    fn read() -> Self {
        let words: Vec<String> = env::args().skip(1).collect();
        let option = |name: &str| {
            words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).cloned()
        };
        let number = |name: &str, default: u64| {
            option(name).and_then(|word| word.parse().ok()).unwrap_or(default)
        };
        let kind = words.first().cloned().unwrap_or_else(|| "small".to_owned());
        let (packets, flows, open) = match kind.as_str() {
            "full" => (4_000_000, 140_000, 20_000),
            "many" => (5_000_000, 500_000, 20_000),
            _ => (20_000_000, 770_000, 200_000),
        };
        Self {
            out: words.get(1).cloned().unwrap_or_else(|| "bench.pcap".to_owned()),
            packets: number("--packets", packets),
            flows: number("--flows", flows),
            open: number("--open", open) as usize,
            machines: number("--machines", 30) as u32,
            known: number("--known", 30),
            forged: number("--forged", u64::from(kind == "syn-flood")),
            seed: number("--seed", 1),
            site: option("--site"),
            rules: number("--rules", 0) as u32,
            kind,
        }
    }

    /// Bytes of payload in a segment of a side.
    fn payload(&self, random: &mut Random, from_server: bool) -> usize {
        match self.kind.as_str() {
            "full" if from_server => 1460,
            "full" => random.below(3) as usize * 20,
            _ => 43,
        }
    }
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end.max(1)
    }
}

/// A conversation under way.
struct Flow {
    v6: bool,
    tagged: bool,
    ips: [u32; 2],
    ports: [u16; 2],
    seq: [u32; 2],
    left: u64,
    step: u8,
}

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

fn machine(number: u64) -> u32 {
    0x0a14_0000 + number as u32
}

fn write_capture(plan: &Plan, out: &mut impl Write) -> io::Result<(u64, u64)> {
    out.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
    out.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    out.write_all(&262_144_u32.to_le_bytes())?;
    out.write_all(&1_u32.to_le_bytes())?;
    let mut random = Random(plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let each = (plan.packets / plan.flows.max(1)).max(8);
    let mut writer = Frames { time: 1_700_000_000_000_000, id: 1, sent: 0 };
    let (mut open, mut begun) = (VecDeque::new(), 0);
    let mut used = BTreeSet::new();
    let mut forged = 0;
    let step = (600_000_000 / plan.packets.max(1)).max(1);
    while writer.sent < plan.packets || !open.is_empty() {
        if open.len() < plan.open && begun < plan.flows && writer.sent < plan.packets {
            begun += 1;
            open.push_back(new_flow(plan, &mut random, &mut used, each));
        }
        let Some(mut flow) = open.pop_front() else { break };
        // Bursts of a few packets, as windows make them.
        for _ in 0..=random.below(3) {
            writer.time += 1 + random.below(2 * step);
            if !writer.advance(plan, &mut random, &mut flow, out)? {
                flow.step = u8::MAX;
                break;
            }
            for _ in 0..plan.forged {
                writer.time += 1;
                forged += 1;
                let from = 0x5000_0000 + random.below(0x4000_0000) as u32;
                let ports = [random.below(60_000) as u16 + 1024, 445];
                let ips = [from, machine(random.below(plan.machines.into()))];
                let lone =
                    Flow { v6: false, tagged: false, ips, ports, seq: [1, 1], left: 0, step: 0 };
                writer.segment(&lone, 0, SYN, &[], out)?;
            }
        }
        if flow.step != u8::MAX {
            open.push_back(flow);
        }
    }
    Ok((writer.sent, begun + forged))
}

fn new_flow(
    plan: &Plan,
    random: &mut Random,
    used: &mut BTreeSet<(u32, u32, u16)>,
    each: u64,
) -> Flow {
    let mixed = plan.kind == "v6-vlan";
    loop {
        let known = random.below(100) < plan.known;
        let server = machine(random.below(plan.machines.into()));
        let client = if known {
            machine(random.below(plan.machines.into()))
        } else {
            0xc0a8_0000 + random.below(20_000) as u32
        };
        let port = 1024 + random.below(64_000) as u16;
        if client == server || !used.insert((client, server, port)) {
            continue;
        }
        let service = PORTS[random.below(PORTS.len() as u64) as usize];
        return Flow {
            v6: mixed && random.below(2) == 0,
            tagged: mixed && random.below(2) == 0,
            ips: [client, server],
            ports: [port, service],
            seq: [random.next() as u32, random.next() as u32],
            left: each.saturating_sub(7) * (50 + random.below(100)) / 100,
            step: 0,
        };
    }
}

struct Frames {
    /// Microseconds.
    time: u64,
    id: u16,
    sent: u64,
}

impl Frames {
    /// Sends the next segment of a conversation; false after its last one.
    fn advance(
        &mut self,
        plan: &Plan,
        random: &mut Random,
        flow: &mut Flow,
        out: &mut impl Write,
    ) -> io::Result<bool> {
        let filler = [0x5a; 1460];
        let (side, flags, len) = match flow.step {
            0 => (0, SYN, 0),
            1 => (1, SYN | ACK, 0),
            2 => (0, ACK, 0),
            3 if flow.left > 0 => {
                flow.left -= 1;
                let from_server = random.below(3) > 0;
                let len = plan.payload(random, from_server);
                (usize::from(from_server), if len > 0 { PSH | ACK } else { ACK }, len)
            }
            3 | 4 => (0, FIN | ACK, 0),
            5 => (1, FIN | ACK, 0),
            _ => (0, ACK, 0),
        };
        self.segment(flow, side, flags, &filler[..len], out)?;
        let numbered = len as u32 + u32::from(flags & (SYN | FIN) != 0);
        flow.seq[side] = flow.seq[side].wrapping_add(numbered);
        flow.step = match flow.step {
            3 if flow.left > 0 && flags & FIN == 0 => 3,
            3 if flags & FIN == 0 => 4,
            3 => 5,
            step => step + 1,
        };
        Ok(flow.step <= 6)
    }

    fn segment(
        &mut self,
        flow: &Flow,
        side: usize,
        flags: u8,
        payload: &[u8],
        out: &mut impl Write,
    ) -> io::Result<()> {
        let mut frame = Vec::with_capacity(1600);
        frame.extend_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
        if flow.tagged {
            frame.extend_from_slice(&[0x81, 0, 0, 20]);
        }
        let len = (20 + payload.len()) as u16;
        let (from, to) = (flow.ips[side], flow.ips[1 - side]);
        self.id = self.id.wrapping_add(1).max(1);
        if flow.v6 {
            frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
            frame.extend_from_slice(&len.to_be_bytes());
            frame.extend_from_slice(&[6, 64]);
            for ip in [from, to] {
                frame.extend_from_slice(&[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0]);
                frame.extend_from_slice(&ip.to_be_bytes());
            }
        } else {
            frame.extend_from_slice(&[8, 0, 0x45, 0]);
            frame.extend_from_slice(&(len + 20).to_be_bytes());
            frame.extend_from_slice(&self.id.to_be_bytes());
            frame.extend_from_slice(&[0x40, 0, 64, 6, 0, 0]);
            frame.extend_from_slice(&from.to_be_bytes());
            frame.extend_from_slice(&to.to_be_bytes());
        }
        frame.extend_from_slice(&flow.ports[side].to_be_bytes());
        frame.extend_from_slice(&flow.ports[1 - side].to_be_bytes());
        frame.extend_from_slice(&flow.seq[side].to_be_bytes());
        let ack = if flags & ACK == 0 { 0 } else { flow.seq[1 - side] };
        frame.extend_from_slice(&ack.to_be_bytes());
        frame.extend_from_slice(&[0x50, flags & !RST, 0x40, 0, 0, 0, 0, 0]);
        frame.extend_from_slice(payload);
        self.sent += 1;
        let len = frame.len() as u32;
        for word in [(self.time / 1_000_000) as u32, (self.time % 1_000_000) as u32, len, len] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(&frame)
    }
}

fn write_site(plan: &Plan, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "[site]\nname = \"bench\"\n")?;
    for number in 0..plan.machines {
        let ip = machine(number.into()).to_be_bytes().map(|byte| byte.to_string()).join(".");
        let role = ["vmm-server", "hyperv-host", "library-server"][number.min(2) as usize];
        let role = if number > 2 { "hyperv-host" } else { role };
        let network = if plan.machines > 1000 && number > 2 {
            format!(", \"172.{}.{}.0/28\"", 16 + number / 65_536, number % 65_536 / 256)
        } else {
            String::new()
        };
        let network = if number.is_multiple_of(256) { network } else { String::new() };
        writeln!(out, "[[machine]]\nname = \"m{number}\"\nroles = [\"{role}\"]")?;
        writeln!(
            out,
            "addresses = [\"{ip}\", \"2001:db8::{:x}:{:x}\"{network}]\n",
            machine(number.into()) >> 16,
            machine(number.into()) & 0xffff
        )?;
    }
    for rule in 0..plan.rules {
        writeln!(
            out,
            "[[allow]]\nname = \"rule {rule}\"\nfrom = [\"hyperv-host\"]\nto = [\"vmm-server\"]"
        )?;
        writeln!(out, "transport = \"tcp\"\nports = [{}]\n", 20_000 + rule)?;
    }
    Ok(())
}
