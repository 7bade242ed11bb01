//! CRC-32 (the polynomial of Ethernet and gzip): finds every flipped bit of a record.

/// Bytes that are taken in at once.
const STRIDE: usize = 8;

/// `TABLES[n][b]`: what byte `b` adds when `n` more bytes follow.
const TABLES: [[u32; 256]; STRIDE] = tables();

const fn tables() -> [[u32; 256]; STRIDE] {
    let mut tables = [[0; 256]; STRIDE];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        tables[0][index] = value;
        index += 1;
    }
    let mut n = 1;
    while n < STRIDE {
        index = 0;
        while index < 256 {
            let before = tables[n - 1][index];
            tables[n][index] = tables[0][(before & 0xFF) as usize] ^ (before >> 8);
            index += 1;
        }
        n += 1;
    }
    tables
}

/// The sum over all parts, one behind the other.
pub(super) fn crc32(parts: &[&[u8]]) -> u32 {
    !parts.iter().fold(u32::MAX, |sum, part| over(sum, part))
}

fn over(mut sum: u32, bytes: &[u8]) -> u32 {
    let (chunks, rest) = bytes.as_chunks::<STRIDE>();
    for chunk in chunks {
        let [a, b, c, d, e, f, g, h] = *chunk;
        let [i, j, k, l] = (sum ^ u32::from_le_bytes([a, b, c, d])).to_le_bytes();
        let bytes = [i, j, k, l, e, f, g, h];
        sum = 0;
        for (table, byte) in TABLES.iter().rev().zip(bytes) {
            sum ^= table[usize::from(byte)];
        }
    }
    for byte in rest {
        sum = TABLES[0][((sum ^ u32::from(*byte)) & 0xFF) as usize] ^ (sum >> 8);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_known_sum() {
        assert_eq!(crc32(&[b"123456789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[b"1234", b"", b"56789"]), 0xCBF4_3926);
        let text = b"The quick brown fox jumps over the lazy dog";
        for at in 0..text.len() {
            assert_eq!(crc32(&[&text[..at], &text[at..]]), 0x414F_A339);
        }
    }
}
