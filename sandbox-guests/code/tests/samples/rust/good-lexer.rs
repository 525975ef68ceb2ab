#[derive(Clone, Copy, PartialEq)]
pub enum Token<'a> {
    Word(&'a str),
    Number(i64),
    Mark(char),
}

pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match first {
            'a'..='z' | 'A'..='Z' => rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()),
            '0'..='9' => rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        rest = after.trim_start();
        Some(token.parse().map_or(Token::Word(token), Token::Number))
    })
}
