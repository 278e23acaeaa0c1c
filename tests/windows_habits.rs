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
    assert!(out(&desk.run(&["man", "site", "check"])).contains("\\-\\-site"));
    assert_eq!(code(&desk.run(&["man", "chekc"])), 2);
    assert_eq!(code(&desk.run(&["completions", "cmd"])), 2);
}

#[test]
fn paths_with_spaces_foreign_letters_and_more_than_260_characters_are_read_and_written() {
    let desk = Desk::new();
    // Verbatim on Windows; there a relative path of such a length is none.
    let mut folder = desk.0.path().canonicalize().expect("the desk");
    folder.push("Büro & Räume 東京");
    while folder.as_os_str().len() < 320 {
        folder.push("one more folder with a name of some length");
    }
    std::fs::create_dir_all(&folder).expect("made");
    let at = |name: &str| folder.join(name).to_str().expect("a path").to_owned();
    let [site, capture, report] =
        ["die Site.toml", "Mitschnitt ä (1).pcap", "report ß.json"].map(at);
    std::fs::write(&site, SITE).expect("written");
    std::fs::write(&capture, blocked()).expect("written");
    let output = desk.run(&["check", "-s", &site, "--format", "json", "-o", &report, &capture]);
    assert_eq!(code(&output), 1, "{}", err(&output));
    let written = std::fs::read_to_string(&report).expect("a report");
    assert!(written.contains("Mitschnitt ä (1).pcap"), "{}", written.len());
    let by_wildcard = desk.run(&["check", "-s", &site, &at("Mitschnitt*.pcap")]);
    assert_eq!(code(&by_wildcard), 1, "{}", err(&by_wildcard));
    let imported = folder.join("imported.toml");
    let export = at("Räume.csv");
    std::fs::write(&export, "Name,Roles,IPAddresses\nhv07,hyperv-host,10.0.0.2\n")
        .expect("written");
    let imported = imported.to_str().expect("a path");
    let output = desk.run(&["site", "import", "-s", imported, &export]);
    assert_eq!(code(&output), 0, "{}", err(&output));
}

#[test]
fn a_raw_event_trace_is_answered_with_the_command_that_converts_it() {
    let desk = Desk::new();
    desk.put("trace.etl", &[0; 4096]);
    let output = desk.run(&["check", "trace.etl"]);
    assert_eq!(code(&output), 2);
    for word in
        ["etl2pcapng trace.etl trace.pcapng", "pktmon etl2pcap trace.etl --out trace.pcapng"]
    {
        assert!(err(&output).contains(word), "{word}: {}", err(&output));
    }
}

/// None of the working directory's libraries is taken for Npcap. Wine brings a wpcap.dll of its own;
/// `.ci/run` takes it away for a second run.
#[cfg(windows)]
#[test]
fn with_npcap_it_lists_interfaces_and_without_it_files_are_judged_all_the_same() {
    let desk = Desk::new();
    desk.put("good.pcap", &answered());
    desk.put("wpcap.dll", b"MZ no library");
    assert_eq!(code(&desk.run(&["check", "good.pcap"])), 0);
    let root = std::path::PathBuf::from(std::env::var_os("SystemRoot").expect("Windows"));
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
