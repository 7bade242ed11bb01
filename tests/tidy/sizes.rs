//! How long a file and a function may be.

use super::lexer::Source;

/// Lines of a file.
const FILE_LINES_MAX: usize = 500;

/// Lines of code between the braces of a function.
const FUNCTION_LINES_MAX: usize = 50;

/// The same in tests, where a function may be a list of cases.
const TEST_LINES_MAX: usize = 70;

/// The findings for one file.
pub fn check(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.code.lines().count();
    if lines > FILE_LINES_MAX {
        found.push(format!("{}: {lines} lines, not {FILE_LINES_MAX}", source.path));
    }
    let production = source.production.lines().map(|line| !line.trim().is_empty());
    let production: Vec<bool> = production.collect();
    for Function { name, first_line, lines, is_table } in functions(&source.code) {
        let is_production = production.get(first_line - 1) == Some(&true);
        let max = if is_production { FUNCTION_LINES_MAX } else { TEST_LINES_MAX };
        if lines > max && !is_table {
            found.push(format!(
                "{}:{first_line}: fn {name} has {lines} lines, not {max}",
                source.path
            ));
        }
    }
    found
}

struct Function {
    name: String,
    first_line: usize,
    lines: usize,
    /// Nearly every line is an arm: a table, not a course of action.
    is_table: bool,
}

fn functions(code: &str) -> Vec<Function> {
    let starts = code.match_indices("fn ").map(|(at, _)| at).filter(|&at| {
        !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && code[at + 3..].starts_with(|c: char| c.is_alphabetic() || c == '_')
    });
    starts.filter_map(|at| function_at(code, at)).collect()
}

/// The function whose `fn` stands at `at`; `None` if it has no body.
fn function_at(code: &str, at: usize) -> Option<Function> {
    let text = &code[at..];
    let mut depth = 0;
    let mut parens = 0;
    let mut start = None;
    let mut end = None;
    for (index, c) in text.char_indices() {
        match c {
            '(' | '[' => parens += 1,
            ')' | ']' => parens -= 1,
            ';' if depth == 0 && parens == 0 => return None,
            '{' => {
                depth += 1;
                start.get_or_insert(index + 1);
            }
            '}' => depth -= 1,
            _ => {}
        }
        if c == '}' && depth == 0 {
            end = Some(index);
            break;
        }
    }
    let body = &text[start?..end?];
    let name = text[3..].chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
    let is_code = |line: &&str| !line.trim().is_empty();
    let lines = body.lines().filter(is_code).count();
    let arms = body.lines().filter(|line| line.contains("=>") || line.trim() == "}").count();
    let first_line = code[..at].matches('\n').count() + 1;
    Some(Function { name, first_line, lines, is_table: arms * 10 >= lines * 8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        check(&Source::new("src/link.rs", text)).len()
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(findings(&"\n".repeat(FILE_LINES_MAX)), 0);
        assert_eq!(findings(&"\n".repeat(FILE_LINES_MAX + 1)), 1);
    }

    #[test]
    fn a_long_function_is_found() {
        let function = |lines: usize| format!("fn f(\n) {{\n{}}}\n", "g();\n".repeat(lines));
        assert_eq!(findings(&function(FUNCTION_LINES_MAX)), 0);
        assert_eq!(findings(&function(FUNCTION_LINES_MAX + 1)), 1);
        let in_tests = format!("#[cfg(test)]\nmod t {{ {} }}", function(TEST_LINES_MAX));
        assert_eq!(findings(&in_tests), 0);
        let in_tests = format!("#[cfg(test)]\nmod t {{ {} }}", function(TEST_LINES_MAX + 1));
        assert_eq!(findings(&in_tests), 1);
        let commented = format!("fn f() {{\n{}}}\n", "// why\n\n".repeat(60));
        assert_eq!(findings(&commented), 0);
    }

    #[test]
    fn a_table_may_be_long() {
        let arms = "A => 1,\n".repeat(80);
        assert_eq!(findings(&format!("fn f() {{\nmatch x {{\n{arms}}}\n}}\n")), 0);
    }

    #[test]
    fn functions_without_body_are_none() {
        let text = "trait T { fn f(&self, x: [u8; 4]) -> u8; }\ntype F = fn(u8) -> u8;\nfn g() {}";
        let names: Vec<String> = functions(text).into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["g"]);
    }
}
