//! What `lastwill check --help` says below its options.

use super::Section;

/// Verdicts and examples.
pub(super) fn sections(name: &str) -> Vec<Section> {
    let verdicts = "  pass           as expected
  choice         the standard leaves a choice, or only advises: what the broker does is told
  not supported  the broker does not offer what the row needs
  not judged     a permission, the network or the time stood in the way
  differs        not as expected
";
    let examples = format!(
        "  A broker on this machine, every row:
    {name}
  The will in every way to leave, MQTT 5, as JSON:
    {name} -h broker.example -V 5 --only W44-W65 --json
  What is examined:
    {name} --list
  For a build server (exit status 30 if something differs):
    {name} -h broker.example --junit will.xml
"
    );
    vec![
        Section { heading: "Verdicts", text: verdicts.to_owned() },
        Section { heading: "Examples", text: examples },
    ]
}
