//! Three Windows captures with site files of our own, judged beside Wireshark by hand.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::Value;

/// Capture, and its conversations by verdict, transport and server port.
type Judged = (&'static str, &'static [(&'static str, u64)]);

/// Each line was held against tshark's conversations: what is blocked are SYNs that nobody answers,
/// what is unexpected is talk that no rule between the roles covers.
const JUDGED: &[Judged] = &[
    (
        "otrf__UTICA-A.cap",
        &[
            ("ok tcp 135", 4),
            ("ok tcp 389", 7),
            ("ok tcp 445", 3),
            ("ok tcp 49667", 4),
            ("ok tcp 5985", 9),
            ("ok tcp 88", 6),
            ("ok udp 389", 2),
            ("ok udp 53", 34),
            ("unexpected tcp 443", 283),
            ("unexpected tcp 8080", 1),
        ],
    ),
    (
        "otrf__covenant_sharpsc_create_dcerpc_smb_svcctl_2020-08-06022635.cap",
        &[
            ("blocked tcp 50115", 2),
            ("ok tcp 135", 1),
            ("ok tcp 445", 3),
            ("ok udp 53", 5),
            ("unexpected tcp 80", 1),
        ],
    ),
    (
        "pcapattack__Lateral_Movement__LM_WMI_ProcessCallCreate.pcapng",
        &[
            ("ok tcp 135", 1),
            ("ok tcp 445", 1),
            ("ok tcp 49670", 1),
            ("ok udp 137", 1),
            // Keep-alives of connections older than the capture, answered: no data in both directions.
            ("unknown tcp 445", 3),
            ("unknown udp 5355", 1),
        ],
    ),
];

/// Judges the captures with the site files that lie here.
pub fn check(corpus: &Path) {
    let sites = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/sites");
    for (capture, expected) in JUDGED {
        let output = Command::new(env!("CARGO_BIN_EXE_vmmtap"))
            .args(["check", "--format", "ndjson", "--site"])
            .arg(sites.join(format!("{capture}.toml")))
            .arg(corpus.join("a_winmgmt").join(capture))
            .output()
            .expect("vmmtap runs");
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let flow: Value = serde_json::from_str(line).expect("JSON");
            let word = |key: &str| flow[key].as_str().expect("a word").to_owned();
            let port = &flow["server"]["port"];
            *found
                .entry(format!("{} {} {port}", word("verdict"), word("transport")))
                .or_default() += 1;
        }
        let expected = expected.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
        assert_eq!(found, expected, "{capture}");
    }
}
