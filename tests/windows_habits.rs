//! What PowerShell and the shells of Windows do to files and arguments.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod desk;
mod recorder;

use desk::{Desk, SITE, answered, blocked, code, err, out};

#[test]
fn a_site_file_is_read_in_every_encoding_that_powershell_writes() {
    let crlf = SITE.replace('\n', "\r\n");
    let utf16 = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        let mut bytes = mark.to_vec();
        bytes.extend(crlf.encode_utf16().flat_map(unit));
        bytes
    };
    for (encoding, bytes, expected) in [
        ("CRLF", crlf.clone().into_bytes(), 0),
        ("UTF-8 with its mark", [b"\xef\xbb\xbf", crlf.as_bytes()].concat(), 0),
        ("UTF-16LE with its mark", utf16(b"\xff\xfe", u16::to_le_bytes), 0),
        ("UTF-16BE with its mark", utf16(b"\xfe\xff", u16::to_be_bytes), 0),
        (
            "UTF-16LE cut off",
            {
                let mut cut = utf16(b"\xff\xfe", u16::to_le_bytes);
                cut.pop();
                cut
            },
            2,
        ),
        ("no text at all", b"\x80\x81\x82".to_vec(), 2),
    ] {
        let desk = Desk::new();
        desk.put("vmmtap.toml", &bytes);
        desk.put("good.pcap", &answered());
        let output = desk.run(&["check", "good.pcap"]);
        assert_eq!(code(&output), expected, "{encoding}: {}", err(&output));
    }
}

#[test]
fn wildcards_that_no_shell_has_expanded_are_expanded() {
    let desk = Desk::new();
    desk.put("ring_1.pcap", &answered());
    desk.put("ring_2.pcap", &blocked());
    let all = desk.run(&["check", "--format", "json", "ring_1.pcap", "ring_2.pcap"]);
    let by_wildcard = desk.run(&["check", "--format", "json", "ring_?.pc*"]);
    assert_eq!(code(&by_wildcard), code(&all));
    assert!(out(&all).contains("ring_2.pcap") && out(&by_wildcard) == out(&all));
    let nothing = desk.run(&["check", "other*.pcap"]);
    assert_eq!(code(&nothing), 2);
    assert!(err(&nothing).contains("no file matches other*.pcap"), "{}", err(&nothing));
}

#[test]
fn shells_and_man_are_told_of_every_command_and_option() {
    let desk = Desk::new();
    let scripts = ["bash", "zsh", "fish", "powershell", "elvish"]
        .map(|shell| (shell, out(&desk.run(&["completions", shell]))));
    let commands = listed(&out(&desk.run(&["--help"])), "Commands:");
    assert!(commands.len() > 5, "{commands:?}");
    let front_page = out(&desk.run(&["man"]));
    for command in commands.iter().filter(|command| *command != "help") {
        assert!(front_page.contains(&format!("vmmtap\\-{command}")), "{command}");
        let help = out(&desk.run(&[command, "--help"]));
        let page = out(&desk.run(&["man", command]));
        // Prose may name the options of other programs.
        let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
        let options = lines.filter_map(|line| line.split("--").nth(1)?.split_whitespace().next());
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        for option in options.filter(is_name) {
            let in_man = option.replace('-', "\\-");
            assert!(page.contains(&in_man), "man {command}: {option}");
            for (shell, script) in &scripts {
                assert!(script.contains(option), "{shell}: {command} --{option}");
            }
        }
    }
    let page = out(&desk.run(&["man", "site", "check"]));
    assert!(page.contains("\\-\\-site") && page.contains(".TH vmmtap-site-check 1"), "{page}");
    assert_eq!(out(&desk.run(&["man", "site-check"])), page);
    assert_eq!(code(&desk.run(&["man", "chekc"])), 2);
    assert_eq!(code(&desk.run(&["completions", "cmd"])), 2);
}

#[test]
fn paths_with_spaces_foreign_letters_and_more_than_260_characters_are_read_and_written() {
    let desk = Desk::new();
    let mut folder = std::path::PathBuf::from("Büro & Räume 東京");
    while folder.as_os_str().len() < 320 {
        folder.push("one more folder with a name of some length");
    }
    // Verbatim on Windows, so that the test itself may make it.
    let root = desk.0.path().canonicalize().expect("the desk");
    std::fs::create_dir_all(root.join(&folder)).expect("made");
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(root.join(&folder).join(name), bytes).expect("written");
    };
    put("die Site.toml", SITE.as_bytes());
    put("Mitschnitt ä (1).pcap", &blocked());
    put("Räume.csv", b"Name,Roles,IPAddresses\nhv07,hyperv-host,10.0.0.2\n");
    for base in [root.join(&folder), folder.clone()] {
        let at = |name: &str| base.join(name).to_str().expect("a path").to_owned();
        let [site, capture, report] =
            ["die Site.toml", "Mitschnitt ä (1).pcap", "report ß.json"].map(at);
        let output = desk.run(&["check", "-s", &site, "--format", "json", "-o", &report, &capture]);
        assert_eq!(code(&output), 1, "{}", err(&output));
        let written = root.join(&folder).join("report ß.json");
        let text = std::fs::read_to_string(&written).expect("a report");
        assert!(text.contains("Mitschnitt ä (1).pcap"), "{}", text.len());
        std::fs::remove_file(written).expect("removed");
        let by_wildcard = desk.run(&["check", "-s", &site, &at("Mitschnitt*.pcap")]);
        assert_eq!(code(&by_wildcard), 1, "{}", err(&by_wildcard));
        let imported = root.join(&folder).join("imported.toml");
        for _ in ["new", "once more"] {
            let output = desk.run(&[
                "site",
                "import",
                "--yes",
                "-s",
                &at("imported.toml"),
                &at("Räume.csv"),
            ]);
            assert_eq!(code(&output), 0, "{}", err(&output));
            let text = std::fs::read_to_string(&imported).expect("a site file");
            std::fs::write(&imported, text.replace("hyperv-host", "file-server")).expect("written");
        }
        std::fs::remove_file(imported).expect("removed");
    }
}

#[test]
fn a_raw_event_trace_is_answered_with_the_command_that_converts_it() {
    let desk = Desk::new();
    let mut trace = vec![0; 4096];
    trace[..4].copy_from_slice(&65_536_u32.to_le_bytes());
    trace[0x48..0x4c].copy_from_slice(&[2, 0, 2, 0xc0]);
    let mut near = trace.clone();
    near[0x4a] = 3;
    desk.put("R&D trace.ETL", &[0; 4096]);
    desk.put("trace", &trace);
    desk.put("near", &near);
    for (file, words) in [
        (
            "R&D trace.ETL",
            &[
                r#"etl2pcapng "R&D trace.ETL" "R&D trace.pcapng""#,
                r#"pktmon etl2pcap "R&D trace.ETL" --out "R&D trace.pcapng""#,
            ][..],
        ),
        ("trace", &[r#"etl2pcapng "trace" "trace.pcapng""#]),
        ("near", &["not a capture file"]),
    ] {
        let output = desk.run(&["check", file]);
        assert_eq!(code(&output), 2);
        for word in words {
            assert!(err(&output).contains(word), "{word}: {}", err(&output));
        }
    }
}

/// None of the working directory's libraries is taken for Npcap, not even one that could be loaded: no
/// function of libpcap's is in it, so that it would be told of. Wine brings a wpcap.dll of its own;
/// `.ci/run` takes it away for a second run.
#[cfg(windows)]
#[test]
fn with_npcap_it_lists_interfaces_and_without_it_files_are_judged_all_the_same() {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    let root = std::path::PathBuf::from(std::env::var_os("SystemRoot").expect("Windows"));
    let library = std::fs::read(root.join("System32/version.dll")).expect("a library");
    desk.put("wpcap.dll", &library);
    assert_eq!(code(&desk.run(&["check", "good.pcap"])), 0);
    let places = ["System32/Npcap/wpcap.dll", "System32/wpcap.dll"];
    if places.iter().any(|place| root.join(place).exists()) {
        let listed = desk.run(&["interfaces"]);
        assert_eq!(code(&listed), 0, "{}", err(&listed));
        let absent = desk.run(&["check", "-i", "no such adapter", "--duration", "1s"]);
        assert_eq!(code(&absent), 2);
        assert!(err(&absent).contains("no interface `no such adapter`"), "{}", err(&absent));
        return;
    }
    for arguments in [&["interfaces"][..], &["check", "-i", "Ethernet", "--duration", "1s"]] {
        let output = desk.run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(err(&output).contains("https://npcap.com"), "{}", err(&output));
    }
}

/// The first words of the lines under a heading of a help text.
fn listed(help: &str, heading: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}
