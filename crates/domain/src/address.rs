//! Addresses of servers, as they may be shown.

/// An address without what is secret in it, for messages and logs: passwords, tokens, and whatever stands where they
/// would. NATS takes several addresses, with commas between them. What is no proper address is shown with less rather
/// than more.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return query(&authority("", url)) };
    // Another address begins with a comma and a scheme; anything else between here and there may be a password.
    let is_next = |comma: &usize| {
        let after = &rest[comma + 1..];
        ["nats://", "tls://", "ws://", "wss://"].iter().any(|scheme| after.starts_with(scheme))
    };
    let next = rest.match_indices(',').map(|(at, _)| at).find(is_next);
    let shown = |own: &str| format!("{scheme}://{}", query(&authority(scheme, own)));
    match next {
        Some(comma) => format!("{},{}", shown(&rest[..comma]), without_password(&rest[comma + 1..])),
        None => shown(rest),
    }
}

/// What follows a scheme. Everything up to the last `@` may be secret.
fn authority(scheme: &str, text: &str) -> String {
    let Some((user, host)) = text.rsplit_once('@') else { return text.to_owned() };
    match user.split_once(':') {
        Some((user, _)) => format!("{user}:***@{host}"),
        None if scheme.starts_with("postgres") => format!("{user}@{host}"),
        // NATS takes a user without a password for a token.
        None => format!("***@{host}"),
    }
}

fn query(url: &str) -> String {
    let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
    let shown: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if ["pass", "token", "secret"].iter().any(|word| key.contains(word)) => {
                format!("{key}=***")
            }
            _ => pair.to_owned(),
        })
        .collect();
    format!("{before}?{}", shown.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("nats://localhost:4222", "nats://localhost:4222"),
            ("nats://me:secret@localhost", "nats://me:***@localhost"),
            ("nats://secret@localhost", "nats://***@localhost"),
            ("postgres://me:se:cr@et@host/db", "postgres://me:***@host/db"),
            ("postgres://me@host/db?sslmode=disable", "postgres://me@host/db?sslmode=disable"),
            ("postgres://host/db?password=secret&user=me", "postgres://host/db?password=***&user=me"),
            ("postgres://host/db?user=me&password=secret", "postgres://host/db?user=me&password=***"),
            ("nonsense", "nonsense"),
            (
                "nats://a:secret@h1:1,nats://secret@h2:2,tls://h3",
                "nats://a:***@h1:1,nats://***@h2:2,tls://h3",
            ),
            ("nats://h1:4222,nats://me:secret@h2", "nats://h1:4222,nats://me:***@h2"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_password_is_hidden_in_what_is_no_proper_address() {
        for url in [
            "me:secret@host",
            "postgres://me:se/secret@host/db",
            "postgres://me:se?secret@host/db",
            "nats://me:one,secret@host",
            "nats://h1,me:secret@h2",
            "nats://me:a://secret@host",
            "nats://host?token=secret",
            "nats://me:secret@one@two",
        ] {
            assert!(!without_password(url).contains("secret"), "{}", without_password(url));
        }
    }
}
