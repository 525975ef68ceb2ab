//! Addresses of servers, as they may be shown.

/// An address without its password, for messages and logs.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            // NATS takes a user without a password for a token.
            None if scheme == "nats" || scheme == "tls" => format!("***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => authority.to_owned(),
    };
    let Some((path, query)) = rest.split_once('?') else { return format!("{scheme}://{authority}{rest}") };
    let shown: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if key.contains("pass") => format!("{key}=***"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{scheme}://{authority}{path}?{}", shown.join("&"))
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
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
