use proptest::prelude::*;

use super::*;

/// The rules of section 4.7 told a second time, by recursion over the levels.
fn matches_plainly(filter: &[&str], name: &[&str]) -> bool {
    match (filter, name) {
        (["#"], _) => true,
        ([], []) => true,
        (["+", filter @ ..], [_, name @ ..]) => matches_plainly(filter, name),
        ([wanted, filter @ ..], [level, name @ ..]) => {
            wanted == level && matches_plainly(filter, name)
        }
        _ => false,
    }
}

fn matches(filter: &str, name: &str) -> bool {
    TopicFilter::new(filter).unwrap().matches(TopicName::new(name).unwrap())
}

#[test]
fn examples_of_the_standard() {
    for (filter, name, expected) in [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/#", "sport", true),
        ("#", "sport/tennis", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("a//b", "a/b", false),
        ("ACCOUNTS", "Accounts", false),
        ("#", "$SYS/broker", false),
        ("+/monitor/Clients", "$SYS/monitor/Clients", false),
        ("$SYS/#", "$SYS/", true),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
        ("$share/group/sport/+", "sport/tennis", true),
        ("$share/group/#", "$SYS/x", false),
    ] {
        assert_eq!(matches(filter, name), expected, "{filter} {name}");
    }
}

#[test]
fn invalid_names_and_filters() {
    let long = "x".repeat(65_536);
    for (name, why) in [
        ("", TopicError::Empty),
        ("a/+", TopicError::Wildcard),
        ("a#", TopicError::Wildcard),
        ("a\0#", TopicError::Null),
        (long.as_str(), TopicError::TooLong),
    ] {
        assert_eq!(TopicName::new(name), Err(why));
    }
    for (filter, why) in [
        ("", TopicError::Empty),
        ("a\0", TopicError::Null),
        (long.as_str(), TopicError::TooLong),
        ("sport/tennis#", TopicError::MultiLevelPlace),
        ("sport/#/ranking", TopicError::MultiLevelPlace),
        ("#/", TopicError::MultiLevelPlace),
        ("##", TopicError::MultiLevelPlace),
        ("sport+", TopicError::SingleLevelPlace),
        ("+a/b", TopicError::SingleLevelPlace),
        ("++", TopicError::SingleLevelPlace),
        ("$share/", TopicError::ShareName),
        ("$share/g", TopicError::ShareName),
        ("$share/g/", TopicError::ShareName),
        ("$share//a", TopicError::ShareName),
        ("$share/g+/a", TopicError::ShareName),
        ("$share/#/a", TopicError::ShareName),
        ("$share/g/a#", TopicError::MultiLevelPlace),
    ] {
        assert_eq!(TopicFilter::new(filter), Err(why), "{filter}");
    }
    assert!(TopicName::new(&long[1..]).is_ok());
    assert!(TopicFilter::new("$share").is_ok());
    assert!(TopicFilter::new("/").is_ok());
}

#[test]
fn a_shared_filter_has_two_parts() {
    let shared = TopicFilter::new("$share/group/a/+").unwrap().shared().unwrap();
    assert_eq!((shared.share, shared.filter.as_str()), ("group", "a/+"));
    assert_eq!(TopicFilter::new("a/$share/b").unwrap().shared(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_agrees_with_the_plain_telling(
        filter in r"(\+|a|b|\$|)(/(\+|a|b|)){0,4}(/#)?",
        name in r"(a|b|\$|)(/(a|b|)){0,4}",
    ) {
        prop_assume!(!filter.is_empty() && !name.is_empty());
        let wildcard_on_dollar = filter.starts_with(['+', '#']) && name.starts_with('$');
        let levels: Vec<&str> = filter.split('/').collect();
        let parts: Vec<&str> = name.split('/').collect();
        let expected = !wildcard_on_dollar && matches_plainly(&levels, &parts);
        prop_assert_eq!(matches(&filter, &name), expected);
    }
}
