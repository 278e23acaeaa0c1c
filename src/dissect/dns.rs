//! DNS (RFC 1035, 4.1.1 and 4.2) and what shares its messages: mDNS (RFC 6762), LLMNR (RFC 4795).

const HEADER: usize = 12;
const LENGTH_OVER_TCP: usize = 2;
/// Operations in use (IANA, DNS OpCodes).
const LAST_OPERATION: u8 = 6;
/// Questions of a message that is no nonsense.
const MOST_QUESTIONS: u8 = 16;

/// Whether bytes begin with a header of few questions and an operation in use.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    match bytes {
        [_, _, flags, second, 0, questions, answers, _, ..] => {
            bytes.len() >= HEADER
                && flags >> 3 & 0x0f <= LAST_OPERATION
                && second & 0x40 == 0
                && *questions <= MOST_QUESTIONS
                && *answers == 0
        }
        _ => false,
    }
}

/// Whether bytes begin with a length and then a message (RFC 1035, 4.2.2).
pub(super) fn starts(bytes: &[u8]) -> bool {
    match bytes {
        [high, low, message @ ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            len >= HEADER
                && message.len() <= len.max(bytes.len() - LENGTH_OVER_TCP)
                && is_message(message)
        }
        _ => false,
    }
}
