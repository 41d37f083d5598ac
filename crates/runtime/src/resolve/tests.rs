use super::*;

const NAME: &str = "9b36eaac-bb2e-49bb-bb78-21c41c499900.local";

#[test]
fn only_a_version_4_uuid_under_local_hides_an_address() {
    assert!(is_hiding_name(NAME));
    for name in [
        "printer.local",
        ".local",
        "9b36eaac-bb2e-19bb-bb78-21c41c499900.local",
        "9b36eaac-bb2e-49bb-cb78-21c41c499900.local",
        "9b36eaacbbb2ea49bbabb78a21c41c499900.local",
        "a.9b36eaac-bb2e-49bb-bb78-21c41c499900.local",
        "9b36eaac-bb2e-49bb-bb78-21c41c499900.example",
    ] {
        assert!(!is_hiding_name(name), "{name}");
    }
}

async fn next(found: &mut mpsc::UnboundedReceiver<(WishId, Found)>) -> (u64, Found) {
    let (id, found) = tokio::time::timeout(Duration::from_secs(8), found.recv()).await.unwrap().unwrap();
    (id.0, found)
}

#[tokio::test]
async fn what_one_resolver_announces_another_finds() {
    let (sender, mut announced) = mpsc::unbounded_channel();
    let mut owner = Resolver::new(sender);
    let ip = IpAddr::from([127, 0, 0, 1]);
    owner.announce(WishId(1), NAME.into(), ip);
    let (_, published) = next(&mut announced).await;
    if published == Found::Failed(FailCause::Refused) {
        println!("no multicast on this machine: not tested");
        return;
    }
    assert_eq!(published, Found::Addresses(vec![ip]));
    let (sender, mut found) = mpsc::unbounded_channel();
    let mut asker = Resolver::new(sender);
    asker.resolve(WishId(2), format!("{}.", NAME.to_uppercase()));
    assert_eq!(next(&mut found).await, (2, Found::Addresses(vec![ip])));
}

#[tokio::test]
async fn too_many_look_ups_at_a_time_are_refused() {
    let (sender, mut found) = mpsc::unbounded_channel();
    let mut resolver = Resolver::new(sender);
    for id in 0..MAX_LOOKUPS as u64 + 5 {
        resolver.resolve(WishId(id), "127.0.0.1".into());
    }
    let mut refused = 0;
    for _ in 0..MAX_LOOKUPS + 5 {
        refused += usize::from(next(&mut found).await.1 == Found::Failed(FailCause::Refused));
    }
    assert_eq!(refused, 5);
    resolver.resolve(WishId(99), "127.0.0.1".into());
    assert!(matches!(next(&mut found).await, (99, Found::Addresses(_))), "places are given back");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_found() {
    let (sender, mut found) = mpsc::unbounded_channel();
    Resolver::new(sender).resolve(WishId(1), "no such name".into());
    assert_eq!(next(&mut found).await, (1, Found::Failed(FailCause::NotFound)));
}
