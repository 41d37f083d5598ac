use limpid_sansio::{Outbox, Transmit};

use super::*;

fn loopback(ip: &str) -> Option<Sockets> {
    Sockets::bind(&BindOptions::on([ip.parse().unwrap()])).ok()
}

async fn receive(sockets: &Sockets, count: usize) -> Vec<(Path, Option<Ecn>, Vec<u8>)> {
    let mut received = Vec::new();
    while received.len() < count {
        tokio::time::timeout(std::time::Duration::from_secs(5), sockets.readable()).await.unwrap();
        sockets.receive(0, |burst| {
            received.extend(burst.map(|datagram| (datagram.path, datagram.ecn, datagram.payload.to_vec())));
        });
    }
    received
}

#[tokio::test]
async fn a_batch_goes_out_in_one_call_and_arrives_as_the_datagrams_that_it_was() {
    for ip in ["127.0.0.1:0", "[::1]:0"] {
        let (Some(a), Some(b)) = (loopback(ip), loopback(ip)) else { continue };
        let path = Path::udp(a.local_addresses()[0], b.local_addresses()[0]);
        a.writable(path).await;
        let mut outbox = Outbox::with_limit(60_000);
        let datagrams: Vec<Vec<u8>> = (0..40_u8).map(|n| vec![n; if n == 39 { 500 } else { 1200 }]).collect();
        for bytes in &datagrams {
            outbox.fill(|out| {
                out.extend_from_slice(bytes);
                Some(Transmit::new(path, bytes.len()))
            });
        }
        let mut calls = 0;
        while let Some(batch) = outbox.batch(a.max_batch(), a.max_batch_bytes()) {
            let count = batch.count;
            assert_eq!(a.send(&batch), Sent::Datagrams(count));
            outbox.advance(count);
            calls += 1;
        }
        assert!(calls == 1 || a.max_batch() < 40, "{calls} calls");
        let received = receive(&b, 40).await;
        assert_eq!(
            received.iter().map(|datagram| &datagram.2).collect::<Vec<_>>(),
            datagrams.iter().collect::<Vec<_>>()
        );
        assert!(received.iter().all(|datagram| datagram.0 == path.reversed()));
    }
}

#[tokio::test]
async fn the_ecn_mark_comes_through() {
    for ip in ["127.0.0.1:0", "[::1]:0"] {
        let (Some(a), Some(b)) = (loopback(ip), loopback(ip)) else { continue };
        let route = Path::udp(a.local_addresses()[0], b.local_addresses()[0]);
        a.writable(route).await;
        for ecn in [None, Some(Ecn::Ect0), Some(Ecn::Ect1), Some(Ecn::Ce)] {
            let batch = Batch { route, ecn, probe: false, segment: 3, count: 1, bytes: b"abc" };
            assert_eq!(a.send(&batch), Sent::Datagrams(1));
            assert_eq!(receive(&b, 1).await[0].1, ecn, "{ip}");
        }
    }
}

#[tokio::test]
async fn what_was_granted_can_be_read() {
    let small = BindOptions {
        receive_buffer: 20_000,
        send_buffer: 20_000,
        ..BindOptions::on(["127.0.0.1:0".parse().unwrap()])
    };
    let small = Sockets::bind(&small).unwrap().buffer_sizes();
    let large = loopback("127.0.0.1:0").unwrap().buffer_sizes();
    assert!(small.receive >= 20_000 && small.receive < large.receive, "{small:?} {large:?}");
    assert!(small.send >= 20_000 && small.send < large.send, "{small:?} {large:?}");
}

#[tokio::test]
async fn an_unspecified_address_stands_for_every_address_of_its_family() {
    let v4 = Sockets::bind(&BindOptions::on([([0, 0, 0, 0], 0).into()])).unwrap();
    let bound: Vec<_> = v4.local_addresses().iter().map(SocketAddr::ip).collect();
    let expected: Vec<_> = interfaces::addresses().unwrap().into_iter().filter(IpAddr::is_ipv4).collect();
    assert_eq!(bound, expected);
    assert!(v4.local_addresses().iter().all(|address| address.port() != 0));
    let all = Sockets::bind(&BindOptions::default()).unwrap();
    assert!(all.local_addresses().len() >= v4.local_addresses().len());
}

#[tokio::test]
async fn an_address_that_is_named_must_be_bound() {
    let taken = loopback("127.0.0.1:0").unwrap();
    let address = taken.local_addresses()[0];
    assert_eq!(
        Sockets::bind(&BindOptions::on([address])).map(drop).unwrap_err().kind(),
        io::ErrorKind::AddrInUse
    );
    assert!(Sockets::bind(&BindOptions::on(["192.0.2.99:0".parse().unwrap()])).is_err());
    assert!(Sockets::bind(&BindOptions::on([])).is_err());
}

#[tokio::test]
async fn what_can_not_be_sent_is_dropped_and_not_retried_for_ever() {
    let sockets = loopback("127.0.0.1:0").unwrap();
    let local = sockets.local_addresses()[0];
    sockets.writable(Path::udp(local, local)).await;
    let bytes = vec![0; 100];
    let batch = |route| Batch { route, ecn: None, probe: false, segment: 100, count: 1, bytes: &bytes };
    assert_eq!(sockets.send(&batch(Path::udp(local, "[2001:db8::1]:9".parse().unwrap()))), Sent::Dropped(1));
    assert_eq!(sockets.send(&batch(Path::udp(([10, 9, 8, 7], 6).into(), local))), Sent::Dropped(1));
    assert_eq!(sockets.send(&batch(Path::udp(local, local))), Sent::Datagrams(1));
}
