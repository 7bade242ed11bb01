//! SRV records [RFC 2782]: which hosts and ports serve a domain.

use std::io;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

/// The service of plain MQTT, and of MQTT over TLS.
const SERVICES: [&str; 2] = ["_mqtt._tcp", "_secure-mqtt._tcp"];

/// A host that serves, and its port.
pub type Server = (String, u16);

/// The servers of a domain, best first. Asks the name servers of the system.
pub async fn lookup(domain: &str, is_secure: bool) -> io::Result<Vec<Server>> {
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
    ask(&resolver.map_err(io::Error::other)?, domain, is_secure).await
}

async fn ask(resolver: &TokioResolver, domain: &str, is_secure: bool) -> io::Result<Vec<Server>> {
    let name = format!("{}.{domain}.", SERVICES[usize::from(is_secure)]);
    let found = resolver.srv_lookup(name).await.map_err(io::Error::other)?;
    let mut records = Vec::new();
    for record in found.answers() {
        if let RData::SRV(srv) = &record.data {
            let host = srv.target.to_string().trim_end_matches('.').to_owned();
            records.push((srv.priority, srv.weight, host, srv.port));
        }
    }
    // A single record for "." says that the service is not there.
    records.retain(|(_, _, host, _)| !host.is_empty());
    if records.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let lots: Vec<u32> = records.iter().map(|_| getrandom::u32().unwrap_or_default()).collect();
    Ok(ordered(records, &lots))
}

/// By priority; among equals at random, those with more weight more often first.
fn ordered(records: Vec<(u16, u16, String, u16)>, lots: &[u32]) -> Vec<Server> {
    let mut keyed: Vec<_> = records
        .into_iter()
        .zip(lots)
        .map(|((priority, weight, host, port), lot)| {
            // The smallest of exponential times comes first in proportion to the rates.
            let even = (f64::from(*lot) + 1.0) / (f64::from(u32::MAX) + 2.0);
            let time = -even.ln() / f64::from(weight).max(0.001);
            (priority, time, host, port)
        })
        .collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    keyed.into_iter().map(|(_, _, host, port)| (host, port)).collect()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use tokio::net::UdpSocket;

    use super::*;

    fn record(priority: u16, weight: u16, port: u16, target: &[u8]) -> Vec<u8> {
        // A pointer to the name that was asked for, SRV, IN, 60 s.
        let mut bytes = vec![0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60];
        bytes.extend((target.len() as u16 + 6).to_be_bytes());
        for number in [priority, weight, port] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(target);
        bytes
    }

    /// A name server that answers every question with these records, or says that there is no such
    /// name; the question names what was asked.
    async fn name_server(records: Vec<Vec<u8>>) -> (SocketAddr, tokio::task::JoinHandle<Vec<u8>>) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let served = tokio::spawn(async move {
            let mut buffer = [0; 512];
            let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
            let question_end = 12 + buffer[12..length].iter().position(|it| *it == 0).unwrap() + 5;
            let mut answer = buffer[..question_end].to_vec();
            let code = if records.is_empty() { 3 } else { 0 };
            answer[2..4].copy_from_slice(&[0x85, 0x80 | code]);
            answer[6..12].copy_from_slice(&[0, records.len() as u8, 0, 0, 0, 0]);
            answer.extend(records.concat());
            socket.send_to(&answer, peer).await.unwrap();
            buffer[12..question_end - 4].to_vec()
        });
        (address, served)
    }

    fn resolver(address: SocketAddr) -> TokioResolver {
        let mut udp = ConnectionConfig::udp();
        udp.port = address.port();
        let server = NameServerConfig::new(address.ip(), true, vec![udp]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.build().unwrap()
    }

    #[tokio::test]
    async fn asks_for_the_service_and_sorts_by_priority() {
        let records = vec![
            record(20, 5, 1884, b"\x06backup\x07example\0"),
            record(10, 5, 1883, b"\x04main\x07example\0"),
        ];
        let (address, served) = name_server(records).await;
        let found = ask(&resolver(address), "example", false).await.unwrap();
        assert_eq!(found, [("main.example".to_owned(), 1883), ("backup.example".to_owned(), 1884)]);
        assert_eq!(served.await.unwrap(), b"\x05_mqtt\x04_tcp\x07example\0");
        let (address, served) = name_server(vec![record(1, 1, 8883, b"\x01s\0")]).await;
        let found = ask(&resolver(address), "example", true).await.unwrap();
        assert_eq!(found, [("s".to_owned(), 8883)]);
        assert_eq!(served.await.unwrap(), b"\x0c_secure-mqtt\x04_tcp\x07example\0");
    }

    #[tokio::test]
    async fn no_record_is_an_error() {
        let (address, served) = name_server(Vec::new()).await;
        assert!(ask(&resolver(address), "example", false).await.is_err());
        served.await.unwrap();
        // "." says that there is no such service.
        let (address, served) = name_server(vec![record(0, 0, 0, b"\0")]).await;
        let error = ask(&resolver(address), "example", false).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        served.await.unwrap();
    }

    #[test]
    fn weight_decides_among_equals() {
        let records = |light: u16| {
            vec![(1, light, "light".to_owned(), 1), (1, 60_000, "heavy".to_owned(), 2)]
        };
        let first = |light, lots: &[u32]| ordered(records(light), lots)[0].0.clone();
        assert_eq!(first(1, &[u32::MAX / 2, u32::MAX / 2]), "heavy");
        assert_eq!(first(60_000, &[u32::MAX / 2, u32::MAX / 3]), "light");
        // Without weight it comes last.
        assert_eq!(first(0, &[u32::MAX / 2, 9]), "heavy");
    }
}
