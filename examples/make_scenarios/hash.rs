//! Numbers that look random and are not: sequence numbers, nonces, ciphertext, jitter.

/// FNV-1a, finished with a multiply-and-shift so that neighbouring inputs land far apart.
pub fn hash(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (fnv ^ (fnv >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// `length` bytes that no dissector can make sense of, always the same for the same label.
pub fn noise(label: &str, length: usize) -> Vec<u8> {
    let mut state = hash(label.as_bytes()) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[3]
        })
        .collect()
}
