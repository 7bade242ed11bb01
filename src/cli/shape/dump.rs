//! Payloads in hexadecimal, as `hexdump -C` has them.

use crate::cli::format::Received;

/// Bytes on a line.
const WIDTH: usize = 16;

/// Appends two digits a byte.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(
        bytes
            .iter()
            .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0x0F)]]),
    );
}

/// Appends a line about the message, then the payload with its offsets; no end of line.
pub(super) fn dump(received: &Received<'_>, out: &mut Vec<u8>) {
    let (length, qos) = (received.payload.len(), received.qos as u8);
    let retained = if received.retain { ", retained" } else { "" };
    let head = format!("{} ({length} bytes, QoS {qos}{retained})", received.topic);
    out.extend_from_slice(head.as_bytes());
    for (place, row) in received.payload.chunks(WIDTH).enumerate() {
        out.extend_from_slice(format!("\n{:08x}  ", place * WIDTH).as_bytes());
        for column in 0..WIDTH {
            match row.get(column) {
                Some(byte) => hex(&[*byte], out),
                None => out.extend_from_slice(b"  "),
            }
            out.extend_from_slice(if column == WIDTH / 2 - 1 { b"  " } else { b" " });
        }
        out.extend_from_slice(b" |");
        let is_shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        out.extend(row.iter().map(|byte| if is_shown(byte) { *byte } else { b'.' }));
        out.push(b'|');
    }
    out.extend_from_slice(format!("\n{length:08x}").as_bytes());
}
