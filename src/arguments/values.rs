//! Values of options, from words to what they mean.

use std::{ffi::OsStr, path::PathBuf, time::Duration};

use clap::builder::{OsStringValueParser, TypedValueParser};

use super::LogChoice;
use crate::{capture::Source, identify::nearest, judge::Verdict};

pub(super) fn source() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().map(|word| {
        if word == "-" { Source::StandardInput } else { Source::File(PathBuf::from(word)) }
    })
}

pub(super) fn drops() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().try_map(|word| match word.to_str() {
        Some("-") => Err("name a file; standard input is read as a capture"),
        _ => Ok(Source::Drops(PathBuf::from(word))),
    })
}

pub(super) fn log_choice() -> impl TypedValueParser<Value = LogChoice> {
    OsStringValueParser::new().try_map(|word| match named_file(&word) {
        Some((machine, file)) if !machine.trim().is_empty() && !file.as_os_str().is_empty() => {
            Ok(LogChoice { machine: machine.trim().to_owned(), file })
        }
        _ => Err("write whose log it is and where: hv07=pfirewall.log"),
    })
}

/// The name and the file of `NAME=FILE`; the file's name need not be text.
#[cfg(unix)]
pub(super) fn named_file(word: &OsStr) -> Option<(String, PathBuf)> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = word.as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    let name = std::str::from_utf8(&bytes[..at]).ok()?.to_owned();
    Some((name, PathBuf::from(OsStr::from_bytes(&bytes[at + 1..]))))
}

/// The name and the file of `NAME=FILE`; the file's name need not be text.
#[cfg(windows)]
pub(super) fn named_file(word: &OsStr) -> Option<(String, PathBuf)> {
    use std::{
        ffi::OsString,
        os::windows::ffi::{OsStrExt, OsStringExt},
    };
    let units: Vec<u16> = word.encode_wide().collect();
    let at = units.iter().position(|unit| *unit == u16::from(b'='))?;
    let name = String::from_utf16(&units[..at]).ok()?;
    Some((name, PathBuf::from(OsString::from_wide(&units[at + 1..]))))
}

/// The name and the file of `NAME=FILE`.
#[cfg(not(any(unix, windows)))]
pub(super) fn named_file(word: &OsStr) -> Option<(String, PathBuf)> {
    let (name, file) = word.to_str()?.split_once('=')?;
    Some((name.to_owned(), PathBuf::from(file)))
}

pub(super) fn at_least_one(word: &str) -> Result<usize, String> {
    word.parse().ok().filter(|n| *n > 0).ok_or_else(|| "write a number from 1 up".to_owned())
}

/// A size in bytes, with K, M, G or T for the powers of 1024.
pub(super) fn bytes(word: &str) -> Result<usize, String> {
    let wrong = || format!("`{word}` is no size; write 500M or 2G");
    let lower = word.trim().to_ascii_lowercase();
    let plain = lower.trim_end_matches("ib").trim_end_matches('b');
    let power = plain.chars().last().and_then(|last| "kmgt".find(last)).map(|at| at as u32 + 1);
    let digits = if power.is_some() { &plain[..plain.len() - 1] } else { plain };
    let number: usize = digits.trim().parse().map_err(|_| wrong())?;
    let size = number.checked_mul(1024_usize.checked_pow(power.unwrap_or(0)).ok_or_else(wrong)?);
    size.filter(|size| *size >= LEAST_MEMORY)
        .ok_or_else(|| format!("{}; at least {}M", wrong(), LEAST_MEMORY >> 20))
}

/// Less memory holds nothing.
const LEAST_MEMORY: usize = 1 << 20;

/// A time as people write it; a bare number is seconds.
pub(super) fn duration(word: &str) -> Result<Duration, String> {
    let wrong = || format!("`{word}` is no time; write 90s, 5m or 1h 30m");
    let time = match word.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let span: jiff::SignedDuration = word.parse().map_err(|_| wrong())?;
            Duration::try_from(span).map_err(|_| wrong())?
        }
    };
    if time.is_zero() { Err(wrong()) } else { Ok(time) }
}

pub(super) fn verdict(word: &str) -> Result<Verdict, String> {
    let names = Verdict::ALL.map(Verdict::name);
    Verdict::ALL.into_iter().find(|verdict| verdict.name() == word).ok_or_else(|| {
        let meant = nearest(word, names);
        let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        format!("the verdicts are {}{hint}", names.join(", "))
    })
}
