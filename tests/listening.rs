//! Listening for real, in network namespaces of the tests' own.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod namespace;
mod recorder;

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use namespace::{
    FAR, NEAR, again, in_a_namespace, listen, must, near_end, options, processor_time, run, tap,
};
use recorder::{icmp, read, tagged, tcp, udp};
use vmmtap::{
    capture::{Drops, Heard, LinkType, Tap, TapError, TapOptions, interfaces},
    confine::{Rooms, confine},
    identify::{Site, capture_filter},
};

const SOON: Duration = Duration::from_millis(800);

fn assorted() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for size in [0, 1, 17, 200, 1400] {
        let payload = vec![size as u8; size];
        let frame = tcp(("10.0.0.1", 1000), ("10.0.0.2", 443), 1, "A", &payload);
        frames.extend([&[][..], &[0x8100], &[0x88a8, 0x8100]].map(|tags| tagged(&frame, tags)));
        frames.push(udp(("10.0.0.3", 53), ("10.0.0.4", 4000), &payload));
    }
    frames
}

#[test]
fn frames_are_those_that_tcpdump_records() {
    in_a_namespace("frames_are_those_that_tcpdump_records", || {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("recorded.pcap");
        let recorder = Command::new("tcpdump")
            .args(["-i", FAR, "-U", "-Z", "root", "--time-stamp-precision=nano", "-w"])
            .arg(&path)
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut recorder) = recorder else { return println!("skipped: no tcpdump") };
        thread::sleep(Duration::from_secs(1));
        let mut tap = tap(&options(None));
        assert_eq!((tap.title(), tap.link()), (FAR, LinkType::ETHERNET));
        assert!(tap.notes().is_empty(), "{:?}", tap.notes());
        let mut near = near_end();
        let frames = assorted();
        for frame in &frames {
            near.sendpacket(frame.as_slice()).expect("sent");
        }
        let heard = listen(&mut tap, frames.len(), SOON);
        thread::sleep(Duration::from_millis(1500));
        must("kill", &["-INT", &recorder.id().to_string()]);
        recorder.wait().expect("it ends");

        let (recorded, _) = read(&fs::read(&path).expect("recorded")).expect("a capture");
        assert_eq!(heard.frames.len(), frames.len());
        assert_eq!(recorded.len(), frames.len());
        for ((mine, theirs), sent) in heard.frames.iter().zip(&recorded).zip(&frames) {
            assert_eq!((&mine.1, mine.2), (&theirs.2, theirs.3));
            assert_eq!(&mine.1, sent);
            assert!((mine.0 - theirs.0).abs() < 50_000_000, "{} and {}", mine.0, theirs.0);
        }
        assert!(heard.frames.iter().any(|(time, ..)| time % 1000 != 0), "nanoseconds");
        assert_eq!(tap.drops(), Drops::default());
    });
}

#[test]
fn the_sites_filter_lets_its_machines_through_in_any_tags() {
    in_a_namespace("the_sites_filter_lets_its_machines_through_in_any_tags", || {
        let text = "[site]\nname = \"x\"\n[[machine]]\nname = \"m\"\nroles = []\n\
                    addresses = [\"10.0.0.1\"]\n";
        let site = Site::parse("site", text).unwrap_or_else(|error| panic!("{error}"));
        let mut tap = tap(&options(capture_filter(&site)));
        let mut near = near_end();
        let mine = [
            tcp(("10.0.0.1", 1), ("10.9.0.1", 2), 1, "S", &[7; 20]),
            udp(("10.9.0.1", 1), ("10.0.0.1", 2), &[7; 20]),
            icmp("10.8.0.1", "10.9.0.1", 3, &[7; 28]),
        ];
        let strange = tcp(("10.8.0.1", 1), ("10.9.0.1", 2), 1, "S", &[7; 20]);
        let mut expected = Vec::new();
        for tags in [&[][..], &[0x8100], &[0x88a8], &[0x8100, 0x8100], &[0x88a8, 0x8100]] {
            near.sendpacket(tagged(&strange, tags).as_slice()).expect("sent");
            for frame in &mine {
                let frame = tagged(frame, tags);
                near.sendpacket(frame.as_slice()).expect("sent");
                expected.push(frame);
            }
        }
        let heard: Vec<Vec<u8>> =
            listen(&mut tap, 100, SOON).frames.into_iter().map(|(_, data, _)| data).collect();
        assert_eq!(heard, expected);
    });
}

#[test]
fn an_interface_that_goes_down_ends_the_listening_after_its_last_frame() {
    in_a_namespace("an_interface_that_goes_down_ends_the_listening_after_its_last_frame", || {
        let mut tap = tap(&options(None));
        let mut near = near_end();
        for frame in assorted() {
            near.sendpacket(frame.as_slice()).expect("sent");
        }
        must("ip", &["link", "set", FAR, "down"]);
        let heard = listen(&mut tap, usize::MAX, Duration::from_secs(5));
        assert_eq!(heard.frames.len(), assorted().len());
        let down = "the interface far0 went down";
        assert_eq!(heard.ended.as_deref(), Some(down));
        assert!(matches!(tap.next(), Heard::Ended(why) if why == down), "and stays ended");
        assert_eq!(tap.drops(), Drops::default());
    });
}

#[test]
fn an_interface_that_goes_down_under_load_is_noticed() {
    in_a_namespace("an_interface_that_goes_down_under_load_is_noticed", || {
        let mut tap = tap(&options(None));
        let frame = udp(("10.0.0.1", 1), ("10.0.0.2", 2), &[0; 100]);
        let sender = thread::spawn(move || {
            let mut near = near_end();
            let began = Instant::now();
            while began.elapsed() < Duration::from_secs(2) {
                // Nobody takes them once the other end is down.
                let _sent = near.sendpacket(frame.as_slice());
            }
        });
        let downer = thread::spawn(|| {
            thread::sleep(Duration::from_secs(1));
            must("ip", &["link", "set", FAR, "down"]);
        });
        let heard = listen(&mut tap, usize::MAX, Duration::from_secs(5));
        assert!(heard.frames.len() > 100);
        assert_eq!(heard.ended.as_deref(), Some("the interface far0 went down"));
        downer.join().expect("done");
        sender.join().expect("done");
    });
}

#[test]
fn an_interface_that_vanishes_ends_the_listening_and_its_drops_stay_known() {
    in_a_namespace(
        "an_interface_that_vanishes_ends_the_listening_and_its_drops_stay_known",
        || {
            let mut tap = tap(&TapOptions { buffer_bytes: 512 << 10, ..options(None) });
            let mut near = near_end();
            let frame = udp(("10.0.0.1", 1), ("10.0.0.2", 2), &[0; 1400]);
            for _ in 0..3000 {
                near.sendpacket(frame.as_slice()).expect("sent");
            }
            let before = tap.drops();
            assert!(before.kernel > 0);
            must("ip", &["link", "del", NEAR]);
            let heard = listen(&mut tap, usize::MAX, Duration::from_secs(5));
            let why = heard.ended.expect("an end");
            assert!(why.starts_with("the interface far0 vanished"), "{why}");
            assert_eq!(tap.drops(), before);
        },
    );
}

#[test]
fn a_flood_that_is_too_much_is_owned_up_to() {
    in_a_namespace("a_flood_that_is_too_much_is_owned_up_to", || {
        let mut tap = tap(&TapOptions { buffer_bytes: 512 << 10, ..options(None) });
        let mut near = near_end();
        let frame = udp(("10.0.0.1", 1), ("10.0.0.2", 2), &[0; 1400]);
        let sent = 20_000;
        for _ in 0..sent {
            near.sendpacket(frame.as_slice()).expect("sent");
        }
        let heard = listen(&mut tap, sent, SOON).frames.len();
        let drops = tap.drops();
        assert!(drops.kernel > 0);
        assert_eq!((heard as u64 + drops.kernel, drops.interface), (sent as u64, 0));
        assert_eq!(tap.drops(), drops, "told twice, counted once");
    });
}

#[test]
fn a_quiet_wire_costs_nothing_and_loses_nothing() {
    in_a_namespace("a_quiet_wire_costs_nothing_and_loses_nothing", || {
        let mut tap = tap(&options(None));
        let before = processor_time();
        let began = Instant::now();
        let mut waits = 0;
        while began.elapsed() < Duration::from_secs(3) {
            assert!(matches!(tap.next(), Heard::Nothing));
            waits += 1;
        }
        assert!(waits < 40, "{waits} waits in three seconds");
        let spent = processor_time() - before;
        assert!(spent <= Duration::from_millis(60), "{spent:?} of three seconds");
        assert_eq!(tap.drops(), Drops::default());
    });
}

#[test]
fn a_program_that_is_confined_goes_on_listening() {
    in_a_namespace("a_program_that_is_confined_goes_on_listening", || {
        let mut tap = tap(&options(None));
        let mut near = near_end();
        let mut downer = Command::new("sh")
            .args(["-c", "sleep 2; ip link set far0 down"])
            .spawn()
            .expect("a helper that is not confined");
        let reads = tap.reads();
        let rooms =
            Rooms { read: reads.iter().map(|path| path.as_path()).collect(), write: vec![] };
        let confined = confine(&rooms);
        assert!(!confined.done.is_empty(), "{confined:?}");
        for path in &reads {
            assert!(fs::read(path.join("rx_dropped")).is_ok(), "{}", path.display());
        }
        let frames = assorted();
        for frame in &frames {
            near.sendpacket(frame.as_slice()).expect("sent");
        }
        let heard = listen(&mut tap, usize::MAX, Duration::from_secs(5));
        assert_eq!(heard.frames.len(), frames.len());
        assert_eq!(heard.ended.as_deref(), Some("the interface far0 went down"));
        assert_eq!(tap.drops(), Drops::default());
        downer.wait().expect("done");
    });
}

#[test]
fn what_cannot_be_listened_to_is_told_with_the_remedy() {
    in_a_namespace("what_cannot_be_listened_to_is_told_with_the_remedy", || {
        let listed = interfaces().unwrap_or_else(|error| panic!("{error}"));
        let near = listed.iter().find(|interface| interface.name == NEAR).expect("listed");
        assert!(near.up && near.running && !near.loopback && !near.wireless);
        let open = |interface: &str, filter: Option<&str>| {
            let interface = interface.to_owned();
            let refused =
                Tap::open(&TapOptions { interface, ..options(filter.map(str::to_owned)) });
            refused.err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(
            open("faro", None),
            "there is no interface `faro` (did you mean `far0`?); `vmmtap interfaces` lists them"
        );
        let told = open(FAR, Some("hots 10.0.0.1"));
        assert!(told.starts_with("the filter cannot be used on far0: "), "{told}");
        let many: Vec<String> = (0..2500).map(|n| format!("ip[12:4] = {}", n * 7919)).collect();
        let too_large = Tap::open(&options(Some(many.join(" or "))));
        assert!(matches!(too_large, Err(TapError::FilterTooLarge { instructions: 4097.. })));
        must("ip", &["link", "set", FAR, "down"]);
        assert_eq!(open(FAR, None), "cannot listen on far0: it is down; bring it up and try again");
    });
}

#[test]
fn without_permission_it_says_which_capability_to_grant() {
    let test = "without_permission_it_says_which_capability_to_grant";
    if run("setpriv", &["--version"]).is_none() || interfaces().is_err() {
        return println!("skipped: no setpriv or no libpcap");
    }
    again(test, &["setpriv", "--bounding-set=-net_raw,-net_admin"], || {
        assert!(interfaces().is_ok(), "they can be listed all the same");
        let refused = Tap::open(&options(None)).err().expect("refused");
        assert_eq!(
            refused.to_string(),
            "cannot listen on far0: no permission (socket: Operation not permitted); run it with \
             sudo, or grant it once: sudo setcap cap_net_raw,cap_net_admin=eip $(command -v vmmtap)"
        );
    });
}

/// The library's file, found where this process has it.
fn library() -> Option<String> {
    interfaces().ok()?;
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.contains("/libpcap.so"))?;
    line.split_whitespace().last().map(str::to_owned)
}

#[test]
fn without_the_library_the_program_starts_and_says_what_to_install() {
    let test = "without_the_library_the_program_starts_and_says_what_to_install";
    let library = library().unwrap_or_else(|| "/dev/null".to_owned());
    let hidden = format!("mount --bind /dev/null {library} && exec \"$0\" \"$@\"");
    again(test, &["unshare", "-m", "sh", "-c", &hidden], || {
        for refused in [Tap::open(&options(None)).err(), interfaces().err()] {
            let told = refused.expect("refused").to_string();
            let (reason, remedy) = told.split_once("); ").expect("a remedy");
            let why = "cannot listen: the packet capture library cannot be opened (";
            assert!(reason.starts_with(why) && reason.contains("libpcap.so.0.8"), "{reason}");
            assert_eq!(
                remedy,
                "install libpcap: `apt install libpcap0.8` on Debian and Ubuntu, `dnf install \
                 libpcap` on Fedora and RHEL"
            );
        }
        must(env!("CARGO_BIN_EXE_vmmtap"), &["matrix"]);
    });
}

#[test]
fn the_program_does_not_ask_for_the_library_when_it_starts() {
    let Some(output) = run("ldd", &[env!("CARGO_BIN_EXE_vmmtap")]) else {
        return println!("skipped: no ldd");
    };
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("libc.so") && !told.contains("libpcap"), "{told}");
}
