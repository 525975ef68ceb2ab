//! `genesis.lock`.

use genesis_policy::GuestLock;

/// A lock file that is read is written and read again.
pub fn locks(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match GuestLock::parse("genesis.lock", &text) {
        Ok(lock) => {
            let written = lock.to_text();
            let again = GuestLock::parse("genesis.lock", &written).expect("what was written can be read");
            assert_eq!(again, lock);
            assert_eq!(again.to_text(), written);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
