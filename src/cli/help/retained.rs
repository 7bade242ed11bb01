//! What help says about `retained`.

use super::Section;

/// What the verbs do, for a tool that is invoked as `name`.
pub(super) fn sections(name: &str) -> Vec<Section> {
    let verbs =
        "  list [FILTER]...   print the topics that have one; -v with sizes, --json everything
  get TOPIC          print the payload; the exit status is 28 when there is none
  remove FILTER...   clear them, and print their topics; --dry-run only prints
  It ends by itself when the broker has answered twice without sending one.
";
    let examples = format!(
        "  Save everything retained, and bring it back:
    {name} list --json > backup
    lastwill pub --json < backup
  See what would be removed, then remove it:
    {name} remove --dry-run 'old/#' && {name} remove 'old/#'
"
    );
    vec![
        Section { heading: "Commands", text: verbs.to_owned() },
        Section { heading: "Examples", text: examples },
    ]
}
