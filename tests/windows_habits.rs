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
        for option in options {
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

/// The first words of the lines under a heading of a help text.
fn listed(help: &str, heading: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}
