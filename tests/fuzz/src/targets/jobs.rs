//! Jobs as they come by message.

use genesis_experiment::JobRequest;

/// The JSON of a request.
pub fn jobs(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read = || JobRequest::from_json(&text).map_err(|error| error.to_string());
    assert_eq!(format!("{:?}", read()), format!("{:?}", read()));
    if let Ok(request) = read() {
        assert!(request.code.len() <= text.len() && request.id.len() <= text.len());
    }
}
