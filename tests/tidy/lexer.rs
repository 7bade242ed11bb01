//! Rust text split into code and comments, enough to look for words without being misled.

/// One Rust file.
pub struct Source {
    /// Relative to the repository.
    pub path: String,
    /// The text with comments and the contents of literals blanked; line ends stay.
    pub code: String,
    /// The comments, everything else blanked; line ends stay.
    pub comments: String,
    /// As `code`, without what is compiled for tests only.
    pub production: String,
}

impl Source {
    /// Reads `text` as the file `path`.
    pub fn new(path: &str, text: &str) -> Self {
        let (code, comments) = split(text);
        let production =
            if is_test_file(path) { blank(&code) } else { blank_test_items(&code, text) };
        Source { path: path.to_owned(), code, comments, production }
    }

    /// The lines of `text` (one of the three above) that contain `word`, as findings.
    pub fn lines_with(&self, text: &str, word: &str) -> Vec<String> {
        let hits = text.lines().enumerate().filter(|(_, line)| has_word(line, word));
        hits.map(|(index, _)| format!("{}:{}: {word}", self.path, index + 1)).collect()
    }
}

/// Whether `line` contains `word`, not as a part of a longer identifier.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let open_start = !word.starts_with(is_part) || !before.is_some_and(is_part);
        let open_end = !word.ends_with(is_part) || !after.is_some_and(is_part);
        open_start && open_end
    })
}

/// Whether a file or folder of this name holds test code only: `tests`, `…_tests`, `testing`.
pub fn is_test_name(name: &str) -> bool {
    matches!(name, "tests" | "testing") || name.ends_with("_tests")
}

fn is_test_file(path: &str) -> bool {
    path.trim_end_matches(".rs").split('/').any(is_test_name)
}

fn blank(text: &str) -> String {
    text.chars().map(blank_char).collect()
}

fn blank_char(c: char) -> char {
    if c == '\n' { '\n' } else { ' ' }
}

/// What the splitter is inside of.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Code,
    LineComment,
    BlockComment(usize),
    Text,
    RawText(usize),
}

fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut comments = String::with_capacity(text.len());
    let mut inside = Inside::Code;
    let mut at = 0;
    while at < chars.len() {
        let (next, taken) = step(inside, &chars, at);
        let is_comment = |inside| matches!(inside, Inside::LineComment | Inside::BlockComment(_));
        let in_comment = is_comment(inside) || is_comment(next);
        let in_code = inside == Inside::Code && next == Inside::Code && taken == 1;
        for &c in &chars[at..(at + taken).min(chars.len())] {
            code.push(if in_code { c } else { blank_char(c) });
            comments.push(if in_comment { c } else { blank_char(c) });
        }
        inside = next;
        at += taken;
    }
    (code, comments)
}

/// What comes after the characters at `at`, and how many they are.
fn step(inside: Inside, chars: &[char], at: usize) -> (Inside, usize) {
    let char_at = |offset: usize| chars.get(at + offset).copied().unwrap_or('\0');
    let two = (char_at(0), char_at(1));
    match inside {
        Inside::Code => step_in_code(chars, at),
        Inside::LineComment if two.0 == '\n' => (Inside::Code, 1),
        Inside::BlockComment(depth) if two == ('/', '*') => (Inside::BlockComment(depth + 1), 2),
        Inside::BlockComment(1) if two == ('*', '/') => (Inside::Code, 2),
        Inside::BlockComment(depth) if two == ('*', '/') => (Inside::BlockComment(depth - 1), 2),
        Inside::Text if two.0 == '\\' => (Inside::Text, 2),
        Inside::Text if two.0 == '"' => (Inside::Code, 1),
        Inside::RawText(hashes)
            if two.0 == '"' && (1..=hashes).all(|offset| char_at(offset) == '#') =>
        {
            (Inside::Code, 1 + hashes)
        }
        same => (same, 1),
    }
}

fn step_in_code(chars: &[char], at: usize) -> (Inside, usize) {
    let char_at = |offset: usize| chars.get(at + offset).copied().unwrap_or('\0');
    let after_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match (char_at(0), char_at(1)) {
        ('/', '/') => (Inside::LineComment, 2),
        ('/', '*') => (Inside::BlockComment(1), 2),
        ('"', _) => (Inside::Text, 1),
        ('r', '"' | '#') if !after_word || chars[at - 1] == 'b' => {
            let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
            if char_at(1 + hashes) == '"' {
                (Inside::RawText(hashes), 2 + hashes)
            } else {
                (Inside::Code, 1)
            }
        }
        ('\'', '\\') => {
            let rest = chars[at + 3..].iter().position(|&c| c == '\'').unwrap_or(0);
            (Inside::Code, 4 + rest)
        }
        ('\'', _) if char_at(2) == '\'' => (Inside::Code, 3),
        _ => (Inside::Code, 1),
    }
}

/// Blanks each item that stands behind `#[cfg(test)]`.
fn blank_test_items(code: &str, text: &str) -> String {
    debug_assert_eq!(code.lines().count(), text.lines().count());
    let mut out: Vec<char> = code.chars().collect();
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut at = 0;
    while at + mark.len() <= out.len() {
        if out[at..at + mark.len()] != mark[..] {
            at += 1;
            continue;
        }
        let end = item_end(&out, at + mark.len());
        for c in &mut out[at..end] {
            *c = blank_char(*c);
        }
        at = end;
    }
    out.into_iter().collect()
}

/// Where the item that begins at `start` ends: behind its `;` or its closing brace.
fn item_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    for (index, &c) in chars.iter().enumerate().skip(start) {
        match c {
            ';' if depth == 0 => return index + 1,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth <= 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    chars.len()
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "let a = \"x // y\"; // note\nlet b = '\"'; /* more /* inner */ */ c('\\'', 'd');\n";
    let source = Source::new("src/x.rs", text);
    assert!(source.code.contains("let a = "));
    assert!(!source.code.contains("x //"), "{}", source.code);
    assert!(!source.code.contains("note") && !source.code.contains("inner"));
    assert!(source.code.contains(" c(") && source.code.contains(");"), "{}", source.code);
    assert!(source.comments.contains("note") && source.comments.contains("inner"));
    assert_eq!(source.code.lines().count(), 2);
}

#[test]
fn raw_strings_end_at_their_own_mark() {
    let source =
        Source::new("src/x.rs", "let a = r#\"say \"unwrap\" // \"#; after(br\"x\", b'y');");
    assert!(!source.code.contains("unwrap"), "{}", source.code);
    assert!(source.code.contains("; after("), "{}", source.code);
}

#[test]
fn test_items_are_no_production() {
    let text =
        "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { {} } }\n#[cfg(test)]\nmod c;\nfn d() {}";
    let source = Source::new("src/x.rs", text);
    assert!(source.production.contains("fn a()") && source.production.contains("fn d()"));
    assert!(!source.production.contains("fn b") && !source.production.contains("mod c"));
    for path in ["src/x_tests.rs", "src/x_tests/y.rs", "src/testing/x.rs", "tests/x.rs"] {
        assert!(Source::new(path, text).production.trim().is_empty(), "{path}");
    }
}

#[test]
fn words_are_whole() {
    let source = Source::new("src/x.rs", "let instant = MyInstant;\nInstant::new();\n");
    assert_eq!(source.lines_with(&source.code, "Instant"), ["src/x.rs:2: Instant"]);
}
