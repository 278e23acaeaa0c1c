//! ASN.1 in its distinguished and basic encodings (X.690), as far as messages here use them: one
//! octet of tag, lengths of up to four octets.

/// An element of an encoding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub tag: u8,
    /// Its content, as far as it has come.
    pub content: &'a [u8],
    /// Octets of the whole element, as it claims.
    pub whole: usize,
}

/// The element that bytes begin with; `None` where its head is not there or has another form.
pub(super) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (tag, len, head) = match *bytes {
        [tag, len @ 0..=0x7f, ..] => (tag, usize::from(len), 2),
        [tag, form @ 0x81..=0x84, ..] => {
            let octets = usize::from(form & 0x7f);
            let len = bytes.get(2..2 + octets)?;
            (tag, len.iter().fold(0, |len, octet| len << 8 | usize::from(*octet)), 2 + octets)
        }
        _ => return None,
    };
    let whole = head.checked_add(len)?;
    Some(Element { tag, content: &bytes[head..whole.min(bytes.len())], whole })
}

/// The elements that follow each other in a content.
pub(super) fn elements(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let one = element(bytes)?;
        bytes = bytes.get(one.whole..).unwrap_or_default();
        Some(one)
    })
}
