//! What the completions know beyond what clap tells them: profile names, and the options of a
//! single topic filter behind its first semicolon.

use clap_complete::Shell;
use lastwill::cli::dispatch;

/// The options of a filter (`-t 'a/#;qos=1'`).
const FILTER_OPTIONS: &str = "qos=0 qos=1 qos=2 no-local retain-as-published \
     retain-handling=always retain-handling=new retain-handling=never id=";

/// Shells with the names of their scripts.
pub const SHELLS: [(Shell, &str); 4] = [
    (Shell::Bash, "lastwill.bash"),
    (Shell::Zsh, "_lastwill"),
    (Shell::Fish, "lastwill.fish"),
    (Shell::PowerShell, "lastwill.ps1"),
];

/// The script of a shell.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut dispatch::command(), "lastwill", &mut script);
    let script = String::from_utf8(script).unwrap();
    match shell {
        Shell::Bash => script + &BASH.replace("@OPTIONS@", FILTER_OPTIONS),
        Shell::Zsh => zsh(&script),
        Shell::Fish => script + &FISH.replace("@OPTIONS@", FILTER_OPTIONS),
        _ => script,
    }
}

const BASH: &str = r#"
# Values that only the program knows: profile names, and the options of a filter behind its first
# semicolon.
_lastwill_values() {
    local current="$2" previous="$3"
    case "$previous" in
        --profile)
            COMPREPLY=($(compgen -W "$(lastwill profile list 2>/dev/null)" -- "$current"))
            return
            ;;
        -t|--topic)
            if [[ "${COMP_WORDS[1]}" == sub && "$current" == *\;* ]]; then
                COMPREPLY=($(compgen -P "${current%;*};" -W "@OPTIONS@" -- "${current##*;}"))
                compopt -o nospace
                return
            fi
            ;;
    esac
    _lastwill "$@"
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _lastwill_values -o nosort -o bashdefault -o default lastwill
else
    complete -F _lastwill_values -o bashdefault -o default lastwill
fi
"#;

const FISH: &str = r#"
# Values that only the program knows: profile names, and the options of a filter behind its first
# semicolon.
function __lastwill_filter
    set -l current (commandline -ct)
    if string match -q '*;*' -- $current
        set -l head (string replace -r '[^;]*$' '' -- $current)
        for option in @OPTIONS@
            echo $head$option
        end
    end
end
complete -c lastwill -l profile -x -a "(lastwill profile list 2>/dev/null)"
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s t -l topic -x -a "(__lastwill_filter)"
"#;

const ZSH: &str = r#"
# Values that only the program knows: profile names, and the options of a filter behind its first
# semicolon.
(( $+functions[_lastwill_profiles] )) ||
_lastwill_profiles() {
    local -a profiles
    profiles=(${(f)"$(lastwill profile list 2>/dev/null)"})
    compadd -a profiles
}
(( $+functions[_lastwill_filter] )) ||
_lastwill_filter() {
    if compset -P '*;'; then
        compadd -q -S '' -- @OPTIONS@
    fi
}
"#;

/// Options whose values are completed by functions of their own, which stand before the last lines.
fn zsh(script: &str) -> String {
    let mut lines = Vec::new();
    for line in script.lines() {
        let function = if line.contains("--profile=[") {
            "_lastwill_profiles"
        } else if line.contains("]:FILTER:") && line.contains("subscribe to") {
            "_lastwill_filter"
        } else {
            ""
        };
        match line.strip_suffix(":' \\") {
            Some(head) if !function.is_empty() => lines.push(format!("{head}:{function}' \\")),
            _ => lines.push(line.to_owned()),
        }
    }
    let script = lines.join("\n") + "\n";
    let last = "if [ \"$funcstack[1]\"";
    let (body, call) = script.split_once(last).expect("the script ends with a call");
    format!("{body}{}\n{last}{call}", ZSH.replace("@OPTIONS@", FILTER_OPTIONS).trim_start())
}

#[test]
fn values_of_our_own_are_completed() {
    let zsh = script(Shell::Zsh);
    assert!(zsh.contains("]:FILTER:_lastwill_filter' \\"), "-t of sub");
    assert!(zsh.contains("]:NAME:_lastwill_profiles' \\"), "--profile");
    for (shell, _) in SHELLS {
        assert!(script(shell).contains("--profile") || script(shell).contains("-l profile"));
    }
}

/// What an interactive bash makes of keys that end with a tab.
fn typed(config_home: &std::path::Path, keys: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = std::path::PathBuf::from(crate::support::lastwill());
    let output = std::process::Command::new("python3")
        .arg(root.join("tests/generated/complete.py"))
        .arg(program.parent().unwrap())
        .arg(root.join("completions/lastwill.bash"))
        .arg(keys)
        .env("XDG_CONFIG_HOME", config_home)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[test]
fn bash_completes_options_values_and_profiles() {
    let home = tempfile::tempdir().unwrap();
    let save = ["profile", "save", "workshop", "-h", "broker.example"];
    let saved = std::process::Command::new(crate::support::lastwill())
        .args(save)
        .env("XDG_CONFIG_HOME", home.path())
        .status();
    assert!(saved.unwrap().success());
    for (keys, words) in [
        ("lastwill retai\\t", "<lastwill><retained>"),
        ("lastwill sub --end-re\\t", "<lastwill><sub><--end-reason>"),
        ("lastwill sub --profile work\\t", "<lastwill><sub><--profile><workshop>"),
        ("lastwill sub -t 'a/#;qos=1;no-l\\t", "<lastwill><sub><-t><a/#;qos=1;no-local>"),
    ] {
        assert_eq!(typed(home.path(), keys), words, "{keys}");
    }
}
