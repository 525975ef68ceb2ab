pub trait Store: Send + Sync {
    type Error;
    fn load(&self, id: u64) -> impl Future<Output = Result<String, Self::Error>> + Send;
}

pub async fn all<S: Store>(store: &S, ids: impl IntoIterator<Item = u64>) -> Vec<String> {
    let mut found = Vec::new();
    'ids: for id in ids {
        loop {
            match store.load(id).await {
                Ok(text) => found.push(text),
                Err(_) => continue 'ids,
            }
            break;
        }
    }
    found
}

unsafe extern "C" {
    fn strlen(text: *const std::ffi::c_char) -> usize;
}
