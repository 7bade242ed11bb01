//! A byte stream in WebSocket frames over another stream, at either end.
//!
//! Written by hand, because what is wanted is a byte stream: the libraries give whole messages,
//! which must be held in memory before their first byte can be used, and refuse servers that leave
//! out the sub-protocol, as mosquitto's tools do not.

mod frames;
mod handshake;
mod server;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::transport::Stream;
pub use frames::Breach;
use frames::{Deframer, End, Opcode};
pub use handshake::Refusal;
pub use server::{Rejection, Rules};

/// Payload bytes of one frame at most.
const FRAME_BYTES_MAX: usize = 64 << 10;
/// Bytes waiting to be written beyond which pings are not answered: their sender does not read.
const UNSENT_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// The status code of a close that was wanted.
const CLOSE_NORMAL: u16 = 1000;

/// Why no WebSocket came of a stream.
#[derive(Debug)]
pub enum OpenError {
    /// The host's name cannot stand in a request.
    Host,
    /// The server answered, but not as it should.
    Refused(Refusal),
    /// The stream failed, or ended before the answer.
    Lost(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        OpenError::Lost(error)
    }
}

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    inner: Stream,
    deframer: Deframer,
    /// Bytes that came with the other end's part of the handshake.
    early: Vec<u8>,
    /// Whole frames; those before `sent` are written.
    out: Vec<u8>,
    sent: usize,
    /// Of a client.
    masks: Option<Masks>,
    close_sent: bool,
    /// Nothing follows.
    is_over: bool,
}

/// Asks the server at the other end for a WebSocket. `host` is how it is called.
pub async fn open(mut inner: Stream, host: &str) -> Result<WebSocket, OpenError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::from)?;
    let key = handshake::key(random);
    let request = handshake::request(host, &key).ok_or(OpenError::Host)?;
    inner.write_all(request.as_bytes()).await?;
    inner.flush().await?;
    let (answer, head_len) = read_head(&mut inner).await?;
    handshake::check(&answer[..head_len], &key).map_err(OpenError::Refused)?;
    Ok(WebSocket::new(inner, End::Client, &answer[head_len..]))
}

/// Why no WebSocket came of a client's stream.
#[derive(Debug)]
pub enum AcceptError {
    /// The request was wrong, which has been answered where it was HTTP. The stream is for reading
    /// what the client still sends, so that the answer is not lost to it.
    Rejected(Rejection, Box<Stream>),
    /// The stream failed, or ended before the request was complete.
    Lost(io::Error),
}

impl From<io::Error> for AcceptError {
    fn from(error: io::Error) -> Self {
        AcceptError::Lost(error)
    }
}

/// Bytes of a request that are made room for at first.
const REQUEST_BYTES: usize = 512;

/// Waits for the other end to ask for a WebSocket, and answers.
pub async fn accept(mut inner: Stream, rules: &Rules<'_>) -> Result<WebSocket, AcceptError> {
    let mut request = Vec::new();
    let head = read_request(&mut inner, &mut request, rules.head_bytes_max).await?;
    let judged = head.and_then(|len| Ok((len, server::judge(&request[..len], rules)?)));
    match judged {
        Ok((head_len, answer)) => {
            inner.write_all(answer.as_bytes()).await?;
            inner.flush().await?;
            Ok(WebSocket::new(inner, End::Server, &request[head_len..]))
        }
        Err(rejection) => {
            if let Some(answer) = rejection.answer() {
                inner.write_all(answer.as_bytes()).await?;
            }
            inner.shutdown().await?;
            Err(AcceptError::Rejected(rejection, Box::new(inner)))
        }
    }
}

/// Reads the head of the request and whatever comes with it; how long the head is.
async fn read_request(
    stream: &mut Stream,
    request: &mut Vec<u8>,
    bytes_max: usize,
) -> io::Result<Result<usize, Rejection>> {
    let mut end = 0;
    loop {
        if end == request.len() {
            if end >= bytes_max {
                return Ok(Err(Rejection::TooLong(bytes_max)));
            }
            request.resize((2 * end).max(REQUEST_BYTES).min(bytes_max), 0);
        }
        let count = stream.read(&mut request[end..]).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        end += count;
        if !server::may_be_http(&request[..end]) {
            return Ok(Err(Rejection::NotHttp));
        }
        if let Some(head_len) = handshake::head_len(&request[..end]) {
            request.truncate(end);
            return Ok(Ok(head_len));
        }
    }
}

/// The head of the answer, whatever came with it, and how long it is.
async fn read_head(stream: &mut Stream) -> Result<(Vec<u8>, usize), OpenError> {
    let mut answer = vec![0; handshake::ANSWER_BYTES_MAX];
    let mut end = 0;
    loop {
        let count = stream.read(&mut answer[end..]).await?;
        if count == 0 {
            return Err(OpenError::Lost(io::ErrorKind::UnexpectedEof.into()));
        }
        end += count;
        if !handshake::may_be_http(&answer[..end]) {
            return Err(OpenError::Refused(Refusal::NotHttp));
        }
        if let Some(head_len) = handshake::head_len(&answer[..end]) {
            answer.truncate(end);
            return Ok((answer, head_len));
        }
        if end == answer.len() {
            return Err(OpenError::Refused(Refusal::TooLong));
        }
    }
}

impl WebSocket {
    fn new(inner: Stream, end: End, early: &[u8]) -> Self {
        WebSocket {
            inner,
            deframer: Deframer::new(end),
            early: early.to_vec(),
            out: Vec::new(),
            sent: 0,
            masks: (end == End::Client).then(Masks::default),
            close_sent: false,
            is_over: false,
        }
    }

    /// As [`Stream::reset_on_close`].
    pub(super) fn reset_on_close(&self) {
        self.inner.reset_on_close();
    }

    fn take_early(&mut self, into: &mut [u8]) -> usize {
        let count = self.early.len().min(into.len());
        into[..count].copy_from_slice(&self.early[..count]);
        self.early.drain(..count);
        count
    }

    /// Reads payloads to the front of the buffer; how many bytes. Also writes what a write has left
    /// behind, and answers pings.
    fn poll_payload(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            // A stream that takes no more may still have something to tell.
            let _ = self.poll_out(cx);
            if self.is_over || into.is_empty() {
                return Poll::Ready(Ok(0));
            }
            let count = match self.take_early(into) {
                0 => ready!(self.inner.poll_read(cx, into))?,
                count => count,
            };
            if count == 0 {
                self.is_over = true;
                return Poll::Ready(Ok(0));
            }
            let payload = match self.deframer.strip(&mut into[..count]) {
                Ok(payload) => payload,
                Err(breach) => return Poll::Ready(Err(self.break_off(cx, breach))),
            };
            self.answer()?;
            if payload > 0 {
                let _ = self.poll_out(cx);
                return Poll::Ready(Ok(payload));
            }
        }
    }

    /// Answers the control frames that have come.
    fn answer(&mut self) -> io::Result<()> {
        if let Some(payload) = self.deframer.take_ping()
            && self.out.len() - self.sent < UNSENT_BYTES_MAX
        {
            self.append(Opcode::Pong, &[IoSlice::new(&payload)])?;
        }
        if let Some(code) = self.deframer.close() {
            self.is_over = true;
            let echo = code.to_be_bytes();
            let has_code = code != frames::NO_STATUS;
            self.append_close(if has_code { &echo } else { &[] })?;
        }
        Ok(())
    }

    /// Tells the other end what it did wrong, as far as the stream takes that now.
    fn break_off(&mut self, cx: &mut Context<'_>, breach: Breach) -> io::Error {
        self.is_over = true;
        let _ = self.append_close(&breach.close_code().to_be_bytes());
        let _ = self.poll_out(cx);
        io::Error::new(io::ErrorKind::InvalidData, breach)
    }

    fn append_close(&mut self, payload: &[u8]) -> io::Result<()> {
        if !std::mem::replace(&mut self.close_sent, true) {
            self.append(Opcode::Close, &[IoSlice::new(payload)])?;
        }
        Ok(())
    }

    fn append(&mut self, opcode: Opcode, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mask = self.masks.as_mut().map(Masks::next).transpose()?;
        Ok(frames::append(&mut self.out, opcode, mask, slices, FRAME_BYTES_MAX))
    }

    /// Writes the frames that wait.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.out.len() {
            let slices = [IoSlice::new(&self.out[self.sent..])];
            let count = ready!(self.inner.poll_write_vectored(cx, &slices))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += count;
        }
        self.out.clear();
        self.sent = 0;
        self.inner.poll_flush(cx)
    }
}

impl AsyncRead for WebSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = ready!(self.get_mut().poll_payload(cx, into.initialize_unfilled()))?;
        into.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WebSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    /// What it counts as written may wait here until the stream below takes it; one frame at most
    /// does.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        if this.close_sent {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let taken = this.append(Opcode::Binary, slices)?;
        match this.poll_out(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(taken)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_out(cx)
    }

    /// The end is a close frame. The server then ends its side of the stream below; a client leaves
    /// that to the server, which has to read everything before the close first.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.append_close(&CLOSE_NORMAL.to_be_bytes())?;
        ready!(this.poll_out(cx))?;
        match this.masks {
            Some(_) => Poll::Ready(Ok(())),
            None => this.inner.poll_shutdown(cx),
        }
    }
}

/// Random masks, fetched from the system many at a time.
#[derive(Debug, Default)]
struct Masks {
    pool: Vec<[u8; 4]>,
}

impl Masks {
    fn next(&mut self) -> io::Result<[u8; 4]> {
        if self.pool.is_empty() {
            let mut random = [0; 256];
            getrandom::fill(&mut random).map_err(io::Error::from)?;
            self.pool.extend_from_slice(random.as_chunks::<4>().0);
        }
        Ok(self.pool.pop().expect("it has just been filled"))
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
