//! Objects that PowerShell has written as CSV or JSON, as fields of words.

use std::collections::HashMap;

use serde_json::Value;

/// An object: its type where that is said, and its properties, names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The type's or cmdlet's name, from the header of the file or the key above the object.
    pub kind: Option<String>,
    fields: HashMap<String, Vec<String>>,
}

impl Record {
    /// The words of the first of these properties that has any.
    pub fn words(&self, names: &[&str]) -> &[String] {
        let found =
            names.iter().filter_map(|name| self.fields.get(*name)).find(|words| !words.is_empty());
        found.map_or(&[], Vec::as_slice)
    }

    /// The value of the first of these properties that has one, as text.
    pub fn text(&self, names: &[&str]) -> Option<String> {
        let words = self.words(names);
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The first of these properties that has a value, as a port.
    pub fn port(&self, names: &[&str]) -> Option<u16> {
        self.text(names)?.parse().ok().filter(|port| *port > 0)
    }

    /// Whether it has one of these properties, whatever its value.
    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.fields.contains_key(*name))
    }

    /// Whether a property whose name contains this word is true.
    pub fn is_true(&self, part: &str) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|(name, words)| {
            name.contains(part)
                && words.first().is_some_and(|word| word.eq_ignore_ascii_case("true"))
        })
    }
}

/// Rows under a header, separated by commas, semicolons (`-UseCulture`), tabs or bars, below the `#TYPE`
/// line that Windows PowerShell puts first and the `sep=` line that is for Excel. Rows may be short or
/// long.
pub fn from_csv(text: &str) -> Result<Vec<Record>, String> {
    let mut kind = None;
    let mut rest = text.trim_start();
    while let Some((line, after)) = rest.split_once('\n') {
        if let Some(name) = line.strip_prefix("#TYPE") {
            kind = Some(name.trim().to_owned());
        } else if !line.starts_with("sep=") {
            break;
        }
        rest = after;
    }
    let header = rest.lines().next().unwrap_or_default();
    let separators = [b',', b';', b'\t', b'|'];
    let count = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    let separator =
        separators.into_iter().max_by_key(|separator| (count(separator), *separator == b','));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.unwrap_or(b','))
        .flexible(true)
        .from_reader(rest.as_bytes());
    let names: Vec<String> =
        reader.headers().map_err(|error| error.to_string())?.iter().map(property).collect();
    if !names.iter().any(|name| NAMES.contains(&name.as_str())) {
        return Err(format!(
            "it is no export of VMM, no hosts file and no VMServer.ini: its first line names no column {}",
            ["Name", "ComputerName", "FQDN"].join(", ")
        ));
    }
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let fields = names.iter().cloned().zip(row.iter().map(words)).collect();
        records.push(Record { kind: kind.clone(), fields });
    }
    Ok(records)
}

/// Properties that hold a machine's name, the most telling first.
pub const NAMES: [&str; 8] = [
    "fullyqualifieddomainname",
    "fqdn",
    "computername",
    "servername",
    "name",
    "dnshostname",
    "networkaddress",
    "managedcomputer",
];

fn property(name: &str) -> String {
    name.trim().trim_matches('"').to_lowercase()
}

/// A value as words: PowerShell writes lists as `{a, b}` and joins as people tell it to.
fn words(value: &str) -> Vec<String> {
    let separates = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '{' | '}' | '|');
    value.split(separates).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// One object, a list of them, or lists under the names of their cmdlets or types.
pub fn from_json(text: &str) -> Result<Vec<Record>, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("it begins as JSON does and is none ({error}), and it has no [OPTIONS] as VMServer.ini has"))?;
    let mut records = Vec::new();
    gather(value, None, &mut records);
    if records.is_empty() {
        return Err("it holds no object".to_owned());
    }
    Ok(records)
}

fn gather(value: Value, kind: Option<&str>, records: &mut Vec<Record>) {
    match value {
        Value::Array(list) => list.into_iter().for_each(|one| gather(one, kind, records)),
        Value::Object(object) => {
            let is_machine = object.keys().any(|key| NAMES.contains(&property(key).as_str()));
            if is_machine {
                // What VMM's objects know of VMM itself.
                let connection = object.iter().find(|(key, _)| property(key) == "serverconnection");
                if let Some((key, inner @ Value::Object(_))) = connection {
                    gather(inner.clone(), Some(key), records);
                }
                let fields = object
                    .iter()
                    .map(|(name, value)| (property(name), json_words(value)))
                    .collect();
                records.push(Record { kind: kind.map(str::to_owned), fields });
            } else {
                // `@{ 'Get-SCVMHost' = @(Get-SCVMHost) }`, or the `value` that PowerShell 5 wraps lists in.
                for (key, inner) in object {
                    let key = (key != "value").then_some(key);
                    gather(inner, key.as_deref().or(kind), records);
                }
            }
        }
        _ => {}
    }
}

fn json_words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => words(text),
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(truth) => vec![truth.to_string()],
        Value::Array(list) => list.iter().flat_map(json_words).collect(),
        // An object within an object: what it is called.
        Value::Object(object) => ["IPAddressToString", "Name", "name", "value", "Value"]
            .iter()
            .find_map(|key| object.get(*key))
            .map_or_else(Vec::new, json_words),
        Value::Null => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powershell_writes_objects_in_many_shapes() {
        for (text, kind, words) in [
            (r#"{"Name": "a", "IP": ["x", "y"]}"#, None, &["x", "y"][..]),
            (r#"{"value": [{"Name": "a", "IP": "x y"}], "Count": 1}"#, None, &["x", "y"]),
            (r#"{"Get-SCVMHost": {"NAME": "a", "ip": 7}}"#, Some("Get-SCVMHost"), &["7"]),
            (r#"[{"Name": "a", "IP": {"Address": 1, "IPAddressToString": "x"}}]"#, None, &["x"]),
        ] {
            let records = from_json(text).unwrap_or_default();
            assert_eq!(records.len(), 1, "{text}");
            assert_eq!(
                (records[0].kind.as_deref(), records[0].words(&["ip"])),
                (kind, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
        for (text, kind, words) in [
            ("Name,IP\na,x\n", None, "x"),
            (
                "#TYPE Selected.A.B.Host\r\n\"Name\";\"IP\"\r\n\"a\";\"{x, y}\"\r\n",
                Some("Selected.A.B.Host"),
                "x y",
            ),
            ("Name\tIP\na\tx,y\n", None, "x y"),
            ("Name,IP\na\n", None, ""),
        ] {
            let records = from_csv(text).unwrap_or_default();
            assert_eq!(records.len(), 1, "{text}");
            let found = records[0].text(&["ip"]).unwrap_or_default();
            assert_eq!((records[0].kind.as_deref(), found.as_str()), (kind, words), "{text}");
        }
        assert!(from_csv("Title,IP\na,x\n").is_err());
    }
}
