//! As much of Kafka's protocol as it takes to ask a broker what it knows: one Metadata request.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// A broker that has just started may take its time for the first answer.
const TIMEOUT: Duration = Duration::from_secs(5);
const METADATA: i16 = 3;
/// Old enough to have fixed lengths, and known to every broker.
const METADATA_VERSION: i16 = 1;
const ANSWER_BYTES_MAX: usize = 16 << 20;
const ALL_TOPICS: i32 = -1;

/// Nothing, when the broker knows `brokers` brokers, a leader for every partition, and every replica to be in sync.
pub(super) fn check_whole(port: u16, brokers: usize) -> Result<(), String> {
    let answer = ask(port).map_err(|why| format!("127.0.0.1:{port}: {why}"))?;
    let whole = Reader(&answer).check(brokers);
    whole.map_err(|why| format!("127.0.0.1:{port}: {why}"))
}

/// The response of a broker.
pub(super) fn ask(port: u16) -> Result<Vec<u8>, String> {
    let said = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), TIMEOUT).map_err(said)?;
    stream.set_read_timeout(Some(TIMEOUT)).map_err(said)?;
    stream.set_write_timeout(Some(TIMEOUT)).map_err(said)?;
    stream.write_all(&request()).map_err(said)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(said)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(0);
    if length == 0 || length > ANSWER_BYTES_MAX {
        return Err(format!("an answer of {length} bytes"));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).map_err(said)?;
    Ok(answer)
}

fn request() -> Vec<u8> {
    let client = b"testkit";
    let mut body = Vec::new();
    body.extend(METADATA.to_be_bytes());
    body.extend(METADATA_VERSION.to_be_bytes());
    body.extend(0_i32.to_be_bytes());
    body.extend((client.len() as u16).to_be_bytes());
    body.extend(client);
    body.extend(ALL_TOPICS.to_be_bytes());
    let mut request = (body.len() as u32).to_be_bytes().to_vec();
    request.extend(body);
    request
}

/// The unread part of a response.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], String> {
        let (first, rest) = self.0.split_first_chunk().ok_or("the answer is cut short")?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<i32, String> {
        self.bytes().map(i32::from_be_bytes)
    }

    fn short(&mut self) -> Result<i16, String> {
        self.bytes().map(i16::from_be_bytes)
    }

    fn count(&mut self) -> Result<usize, String> {
        // A list of length -1 is none.
        Ok(usize::try_from(self.number()?).unwrap_or(0))
    }

    fn text(&mut self) -> Result<String, String> {
        let length = usize::try_from(self.short()?).unwrap_or(0);
        let (text, rest) = self.0.split_at_checked(length).ok_or("the answer is cut short")?;
        self.0 = rest;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn check(&mut self, wanted: usize) -> Result<(), String> {
        let _correlation = self.number()?;
        let known = self.count()?;
        for _ in 0..known {
            let (_id, _host, _port, _rack) = (self.number()?, self.text()?, self.number()?, self.text()?);
        }
        let _controller = self.number()?;
        if known != wanted {
            return Err(format!("it knows {known} of {wanted} brokers"));
        }
        for _ in 0..self.count()? {
            self.check_topic()?;
        }
        Ok(())
    }

    fn check_topic(&mut self) -> Result<(), String> {
        let (_error, name, _is_internal) = (self.short()?, self.text()?, self.bytes::<1>()?);
        for _ in 0..self.count()? {
            let (_error, partition, leader) = (self.short()?, self.number()?, self.number()?);
            let (replicas, in_sync) = (self.numbers()?, self.numbers()?);
            if leader < 0 || in_sync < replicas {
                return Err(format!("{name}/{partition}: leader {leader}, {in_sync} of {replicas} replicas in sync"));
            }
        }
        Ok(())
    }

    /// Passes a list of numbers by; how many they are.
    fn numbers(&mut self) -> Result<usize, String> {
        let count = self.count()?;
        for _ in 0..count {
            self.number()?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One broker, one topic "t" with one partition of two replicas.
    fn answer(leader: i32, in_sync: &[i32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let numbers = |bytes: &mut Vec<u8>, numbers: &[i32]| bytes.extend(numbers.iter().flat_map(|n| n.to_be_bytes()));
        numbers(&mut bytes, &[0, 1, 7]);
        bytes.extend([0, 1, b'h']);
        numbers(&mut bytes, &[9092]);
        bytes.extend([0xff, 0xff]);
        numbers(&mut bytes, &[7, 1]);
        bytes.extend([0, 0, 0, 1, b't', 0]);
        numbers(&mut bytes, &[1]);
        bytes.extend([0, 0]);
        numbers(&mut bytes, &[0, leader, 2, 7, 8]);
        numbers(&mut bytes, &[i32::try_from(in_sync.len()).expect("few")]);
        numbers(&mut bytes, in_sync);
        bytes
    }

    #[test]
    fn an_answer_is_read() {
        let check = |bytes: &[u8], wanted| Reader(bytes).check(wanted);
        assert_eq!(check(&answer(7, &[7, 8]), 1), Ok(()));
        assert_eq!(check(&answer(7, &[7, 8]), 3), Err("it knows 1 of 3 brokers".into()));
        assert_eq!(check(&answer(7, &[7]), 1), Err("t/0: leader 7, 1 of 2 replicas in sync".into()));
        assert!(check(&answer(-1, &[7, 8]), 1).is_err());
        let whole = answer(7, &[7, 8]);
        for length in 0..whole.len() {
            assert!(check(&whole[..length], 1).is_err(), "{length}");
        }
    }
}
