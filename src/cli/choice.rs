//! Options of a single topic filter: `-t 'a/#;qos=1;no-local'`.
//!
//! Under our own name a semicolon ends the filter; two of them stand for one that belongs to it.

use crate::cli::errors::Problem;
use crate::protocol::{
    Property, PropertyBuf, PropertyId, QoS, RetainHandling, SubscriptionOptions,
};

/// Largest Subscription Identifier.
const ID_MAX: u32 = 268_435_455;

/// What there is, for messages and help.
pub const FORM: &str = "qos=0|1|2, no-local, retain-as-published, retain-handling=always|new|never or 0|1|2, id=NUMBER";

/// What was asked for one filter; the rest is as for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Instead of `-q`.
    pub qos: Option<QoS>,
    /// No Local: not what this client published itself.
    pub no_local: bool,
    /// Retain As Published.
    pub retain_as_published: bool,
    /// Instead of `--retain-handling`.
    pub retain_handling: Option<RetainHandling>,
    /// Subscription Identifier, instead of that of `-D subscribe`.
    pub id: Option<u32>,
}

impl Choice {
    /// Whether version 3 cannot say this.
    pub fn needs_v5(&self) -> bool {
        let Choice { qos: _, no_local, retain_as_published, retain_handling, id } = self;
        *no_local || *retain_as_published || retain_handling.is_some() || id.is_some()
    }

    /// The options of the subscription where `usual` holds for all.
    pub fn options(&self, usual: SubscriptionOptions) -> SubscriptionOptions {
        SubscriptionOptions {
            qos: self.qos.unwrap_or(usual.qos),
            no_local: self.no_local || usual.no_local,
            retain_as_published: self.retain_as_published || usual.retain_as_published,
            retain_handling: self.retain_handling.unwrap_or(usual.retain_handling),
        }
    }

    /// The properties of the SUBSCRIBE of the filters with this identifier, where `usual` holds for
    /// those without.
    pub fn properties(id: Option<u32>, usual: &PropertyBuf) -> PropertyBuf {
        let Some(id) = id else { return usual.clone() };
        let mut properties = PropertyBuf::new();
        usual
            .as_properties()
            .iter()
            .filter(|property| property.id() != PropertyId::SubscriptionIdentifier)
            .for_each(|property| properties.push(property));
        properties.push(Property::SubscriptionIdentifier(id));
        properties
    }
}

/// Splits the value of `-t` into the filter and what follows it.
///
/// # Errors
/// An option that does not exist, or a value that it does not take: the message names those that
/// do.
pub fn split(text: &[u8]) -> Result<(Vec<u8>, Option<Choice>), Problem> {
    let mut filter = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            [b';', b';', after @ ..] => {
                filter.push(b';');
                rest = after;
            }
            [b';', options @ ..] => {
                return parse(text, options).map(|choice| (filter, Some(choice)));
            }
            [byte, after @ ..] => {
                filter.push(*byte);
                rest = after;
            }
            [] => return Ok((filter, None)),
        }
    }
}

fn parse(whole: &[u8], options: &[u8]) -> Result<Choice, Problem> {
    let mut choice = Choice::default();
    for option in options.split(|byte| *byte == b';') {
        let option = String::from_utf8_lossy(option);
        take(&mut choice, &option).ok_or_else(|| {
            Problem::option(format!(
                "Error: Invalid option '{option}' in -t '{}', there are: {FORM}. A semicolon of \
                 the topic itself is written twice.",
                String::from_utf8_lossy(whole)
            ))
        })?;
    }
    Ok(choice)
}

/// `None` if there is no such option, or it does not take this value.
fn take(choice: &mut Choice, option: &str) -> Option<()> {
    let (name, value) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (option, None),
    };
    match (name, value) {
        ("qos", Some(value)) => choice.qos = Some(QoS::from_u8(value.parse().ok()?)?),
        ("no-local", None) => choice.no_local = true,
        ("retain-as-published", None) => choice.retain_as_published = true,
        ("retain-handling", Some(value)) => {
            choice.retain_handling = Some(match value {
                "always" | "0" => RetainHandling::Always,
                "new" | "1" => RetainHandling::IfNew,
                "never" | "2" => RetainHandling::Never,
                _ => return None,
            });
        }
        ("id", Some(value)) => {
            let id = value.parse().ok().filter(|id| (1..=ID_MAX).contains(id));
            choice.id = Some(id?);
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, Option<Choice>) {
        let (filter, choice) = split(text.as_bytes()).unwrap();
        (String::from_utf8(filter).unwrap(), choice)
    }

    #[test]
    fn a_semicolon_ends_the_filter_and_two_belong_to_it() {
        assert_eq!(of("a/#"), ("a/#".to_owned(), None));
        assert_eq!(of("a;;b/;;;;"), ("a;b/;;".to_owned(), None));
        let at_least_once = Choice { qos: Some(QoS::AtLeastOnce), ..Choice::default() };
        assert_eq!(of("a;;b;qos=1"), ("a;b".to_owned(), Some(at_least_once.clone())));
        assert_eq!(of("a;;;qos=1"), ("a;".to_owned(), Some(at_least_once)));
    }

    #[test]
    fn every_option_is_understood() {
        let (_, choice) = of("a;qos=2;no-local;retain-as-published;retain-handling=never;id=7");
        let wanted = Choice {
            qos: Some(QoS::ExactlyOnce),
            no_local: true,
            retain_as_published: true,
            retain_handling: Some(RetainHandling::Never),
            id: Some(7),
        };
        assert_eq!(choice, Some(wanted));
        let handling = |text: &str| of(text).1.unwrap().retain_handling;
        for (value, wanted) in [
            ("0", RetainHandling::Always),
            ("1", RetainHandling::IfNew),
            ("2", RetainHandling::Never),
            ("new", RetainHandling::IfNew),
        ] {
            assert_eq!(handling(&format!("a;retain-handling={value}")), Some(wanted));
        }
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_does() {
        for option in [
            "qos=3",
            "qos",
            "nolocal",
            "no-local=1",
            "id=0",
            "id=268435456",
            "id=x",
            "",
            "retain-handling=3",
            "QOS=1",
        ] {
            let text = format!("a;qos=1;{option}");
            let problem = split(text.as_bytes()).unwrap_err();
            let wanted = format!(
                "Error: Invalid option '{option}' in -t '{text}', there are: {FORM}. A semicolon \
                 of the topic itself is written twice."
            );
            assert_eq!(String::from_utf8(problem.message).unwrap(), wanted);
        }
    }

    #[test]
    fn an_identifier_replaces_the_usual_one() {
        let mut usual = PropertyBuf::new();
        usual.push(Property::SubscriptionIdentifier(1));
        usual.push(Property::UserProperty("a", "b"));
        assert_eq!(Choice::properties(None, &usual), usual);
        let own = Choice::properties(Some(7), &usual);
        let own: Vec<_> = own.as_properties().iter().collect();
        assert_eq!(own, [Property::UserProperty("a", "b"), Property::SubscriptionIdentifier(7)]);
    }
}
