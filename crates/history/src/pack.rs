//! Packs and their indexes, in git's formats of version 2 (`gitformat-pack`). Objects are stored whole: looking for deltas took
//! two thirds of the time that recording takes, and `git repack` finds them for whoever wants a smaller repository.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::{Compress, Compression, FlushCompress};
use genesis_domain::Durability;
use git2::{ObjectType, Odb, Oid};
use sha1::{Digest as _, Sha1};

const ID_BYTES: usize = 20;
const PACK_START: &[u8; 8] = b"PACK\0\0\0\x02";
const INDEX_START: &[u8; 8] = b"\xfftOc\0\0\0\x02";
/// Smaller objects, as most commits and trees are, are stored as they are: setting the compressor back takes longer than
/// compressing them, and ids, which they mostly are, do not become smaller.
const WORTH_DEFLATING_BYTES: usize = 512;
/// Offsets from here on lie in a table of their own.
const FIRST_LARGE: u64 = 1 << 31;
/// An entry whose base is told by the distance to it: it means nothing elsewhere.
const OFFSET_DELTA: u8 = 6;

/// An object as it lies in a pack.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    id: Oid,
    bytes: Vec<u8>,
}

/// Makes entries.
pub(crate) struct Packer(Compress);

impl Packer {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::fast(), true))
    }

    /// An object as an entry, whole.
    pub(crate) fn entry(&mut self, id: Oid, kind: ObjectType, content: &[u8]) -> io::Result<Entry> {
        let number = match kind {
            ObjectType::Commit => 1,
            ObjectType::Tree => 2,
            ObjectType::Blob => 3,
            _ => return Err(io::Error::other("an object of this kind is not written here")),
        };
        let mut rest = content.len();
        let mut bytes = Vec::with_capacity(content.len() / 2 + 64);
        bytes.push(number << 4 | low(rest, 0x0f) | more(rest >> 4));
        rest >>= 4;
        while rest > 0 {
            bytes.push(low(rest, 0x7f) | more(rest >> 7));
            rest >>= 7;
        }
        if content.len() < WORTH_DEFLATING_BYTES {
            stored(content, &mut bytes);
            return Ok(Entry { id, bytes });
        }
        self.0.reset();
        loop {
            let read = usize::try_from(self.0.total_in()).unwrap_or(usize::MAX);
            let left = content.get(read..).unwrap_or_default();
            let status = self.0.compress_vec(left, &mut bytes, FlushCompress::Finish)?;
            if status == flate2::Status::StreamEnd {
                return Ok(Entry { id, bytes });
            }
            bytes.reserve(content.len() / 2 + 64);
        }
    }
}

/// Content as it is, in the form of zlib: one block that is not deflated (RFC 1950, RFC 1951).
fn stored(content: &[u8], bytes: &mut Vec<u8>) {
    let length = u16::try_from(content.len()).unwrap_or_default();
    bytes.extend([0x78, 0x01, 0x01]);
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(content);
    bytes.extend(adler2::adler32_slice(content).to_be_bytes());
}

fn low(size: usize, mask: u8) -> u8 {
    size.to_le_bytes()[0] & mask
}

fn more(rest: usize) -> u8 {
    if rest > 0 { 0x80 } else { 0 }
}

/// Writes entries of different objects as one pack with its index into a folder, and gives its name; none for no entries. When it is
/// there it is complete; what a process leaves that dies before is called `tmp_...`, or is an index without a pack.
pub(crate) fn write(folder: &Path, entries: &[Entry], durability: Durability) -> io::Result<Option<String>> {
    if entries.is_empty() {
        return Ok(None);
    }
    let (draft, index_draft) = (folder.join("tmp_genesis.pack"), folder.join("tmp_genesis.idx"));
    let mut out = Hashed::new(create(&draft)?);
    out.write_all(PACK_START)?;
    out.write_all(&number(entries.len())?.to_be_bytes())?;
    let mut placed = Vec::with_capacity(entries.len());
    for entry in entries {
        placed.push((entry, out.written));
        out.write_all(&entry.bytes)?;
    }
    let sum = out.end(durability)?;
    placed.sort_unstable_by_key(|(entry, _)| entry.id);
    write_index(create(&index_draft)?, &placed, &sum, durability)?;

    let name = format!("pack-{}", Oid::from_bytes(&sum).map_err(io::Error::other)?);
    fs::rename(&index_draft, folder.join(&name).with_extension("idx"))?;
    fs::rename(&draft, folder.join(&name).with_extension("pack"))?;
    if durability == Durability::Durable {
        File::open(folder)?.sync_all()?;
    }
    Ok(Some(name))
}

/// A file that is written anew. Like all of git's packs it is for reading alone afterwards.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o444);
    options.open(path)
}

fn write_index(file: File, placed: &[(&Entry, u64)], pack: &[u8], durability: Durability) -> io::Result<()> {
    let mut out = Hashed::new(file);
    out.write_all(INDEX_START)?;
    for first in 0..=u8::MAX {
        let count = placed.partition_point(|(entry, _)| entry.id.as_bytes()[0] <= first);
        out.write_all(&number(count)?.to_be_bytes())?;
    }
    for (entry, _) in placed {
        out.write_all(entry.id.as_bytes())?;
    }
    for (entry, _) in placed {
        out.write_all(&crc32fast::hash(&entry.bytes).to_be_bytes())?;
    }
    let mut large = Vec::new();
    for (_, offset) in placed {
        let told = match u32::try_from(*offset) {
            Ok(small) if *offset < FIRST_LARGE => small,
            _ => {
                large.push(*offset);
                number(large.len() - 1)? | 1 << 31
            }
        };
        out.write_all(&told.to_be_bytes())?;
    }
    for offset in large {
        out.write_all(&offset.to_be_bytes())?;
    }
    out.write_all(pack)?;
    out.end(durability)?;
    Ok(())
}

fn number(count: usize) -> io::Result<u32> {
    u32::try_from(count).map_err(|_| io::Error::other("there are too many objects for one pack"))
}

/// A file that ends with the SHA-1 of what was written before.
struct Hashed {
    file: BufWriter<File>,
    sum: Sha1,
    written: u64,
}

impl Hashed {
    fn new(file: File) -> Self {
        Self { file: BufWriter::with_capacity(1 << 16, file), sum: Sha1::new(), written: 0 }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.written += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn end(mut self, durability: Durability) -> io::Result<[u8; ID_BYTES]> {
        let sum: [u8; ID_BYTES] = self.sum.finalize().into();
        self.file.write_all(&sum)?;
        let file = self.file.into_inner()?;
        if durability == Durability::Durable {
            file.sync_all()?;
        }
        Ok(sum)
    }
}

/// The entries of a pack as they lie there; those that mean nothing elsewhere are made anew from what `odb` reads. `None` when pack
/// and index do not fit together.
pub(crate) fn entries(
    pack: &Path,
    odb: &Odb<'_>,
    packer: &mut Packer,
) -> Result<Option<Vec<Entry>>, Unreadable> {
    let bytes = fs::read(pack)?;
    let index = fs::read(pack.with_extension("idx"))?;
    let Some(listed) = listed(&index) else { return Ok(None) };
    let mut starts: Vec<usize> = listed.iter().map(|listed| listed.offset).collect();
    starts.push(bytes.len().saturating_sub(ID_BYTES));
    starts.sort_unstable();
    let mut entries = Vec::with_capacity(listed.len());
    for Listed { id, crc, offset } in listed {
        let end = starts.get(starts.partition_point(|start| *start <= offset)).copied();
        let Some(entry) = end.and_then(|end| bytes.get(offset..end)) else { return Ok(None) };
        let Some(first) = entry.first().filter(|_| crc32fast::hash(entry) == crc) else { return Ok(None) };
        if first >> 4 & 7 == OFFSET_DELTA {
            let object = odb.read(id)?;
            entries.push(packer.entry(id, object.kind(), object.data())?);
        } else {
            entries.push(Entry { id, bytes: entry.to_vec() });
        }
    }
    Ok(Some(entries))
}

/// Why the entries of a pack cannot be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Io(io::Error),
    Git(git2::Error),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<git2::Error> for Unreadable {
    fn from(error: git2::Error) -> Self {
        Self::Git(error)
    }
}

impl Entry {
    pub(crate) fn id(&self) -> Oid {
        self.id
    }
}

/// What an index says of an object.
#[derive(Debug, PartialEq, Eq)]
struct Listed {
    id: Oid,
    crc: u32,
    offset: usize,
}

fn listed(index: &[u8]) -> Option<Vec<Listed>> {
    const IDS: usize = INDEX_START.len() + 256 * 4;
    if index.get(..INDEX_START.len())? != INDEX_START {
        return None;
    }
    let word = |at: usize| Some(u32::from_be_bytes(index.get(at..at.checked_add(4)?)?.try_into().ok()?));
    let count = word(IDS - 4)? as usize;
    let crcs = IDS.checked_add(count.checked_mul(ID_BYTES)?)?;
    let offsets = crcs.checked_add(count.checked_mul(4)?)?;
    let large = offsets.checked_add(count.checked_mul(4)?)?;
    // A count that the file cannot hold sets no memory aside.
    index.get(..large)?;
    (0..count)
        .map(|number| {
            let id = Oid::from_bytes(index.get(IDS + number * ID_BYTES..)?.get(..ID_BYTES)?).ok()?;
            let told = word(offsets + number * 4)?;
            let offset = if u64::from(told) < FIRST_LARGE {
                told as usize
            } else {
                let at = large.checked_add((told & !(1 << 31)) as usize * 8)?;
                usize::try_from(u64::from_be_bytes(index.get(at..at.checked_add(8)?)?.try_into().ok()?))
                    .ok()?
            };
            Some(Listed { id, crc: word(crcs + number * 4)?, offset })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use git2::Repository;
    use proptest::prelude::*;

    use super::*;

    fn repository() -> (tempfile::TempDir, Repository) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path()).unwrap();
        (folder, repository)
    }

    fn blob(packer: &mut Packer, content: &[u8]) -> Entry {
        let id = Oid::hash_object(ObjectType::Blob, content).unwrap();
        packer.entry(id, ObjectType::Blob, content).unwrap()
    }

    fn write_blobs(folder: &Path, contents: &[Vec<u8>]) -> Option<String> {
        let mut packer = Packer::new();
        let mut entries: Vec<Entry> = contents.iter().map(|content| blob(&mut packer, content)).collect();
        entries.sort_unstable_by_key(|entry| entry.id);
        entries.dedup_by_key(|entry| entry.id);
        write(&folder.join("objects/pack"), &entries, Durability::Fast).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_written_git_reads_and_so_do_we(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5000), 1..20),
        ) {
            let (folder, repository) = repository();
            let name = write_blobs(folder.path(), &contents).unwrap();
            let odb = repository.odb().unwrap();
            for content in &contents {
                let id = Oid::hash_object(ObjectType::Blob, content).unwrap();
                let object = odb.read(id).unwrap();
                prop_assert_eq!(object.data(), content.as_slice());
            }
            let pack = folder.path().join("objects/pack").join(name).with_extension("pack");
            let read = entries(&pack, &odb, &mut Packer::new()).unwrap().unwrap();
            let mut packer = Packer::new();
            for entry in read {
                let content = odb.read(entry.id).unwrap().data().to_vec();
                prop_assert_eq!(&entry, &blob(&mut packer, &content));
            }
        }
    }

    #[test]
    fn sizes_at_the_edges_of_their_form_are_read_back() {
        let (folder, repository) = repository();
        let contents: Vec<Vec<u8>> = [0, 1, 15, 16, 511, 512, 2047, 2048, 262_143, 262_144, 3 << 20]
            .into_iter()
            .map(|size: usize| (0..size).map(|at| ((at * at) >> 7).to_le_bytes()[0]).collect())
            .collect();
        write_blobs(folder.path(), &contents).unwrap();
        let odb = repository.odb().unwrap();
        for content in contents {
            let id = Oid::hash_object(ObjectType::Blob, &content).unwrap();
            assert_eq!(odb.read(id).unwrap().data(), content);
        }
    }

    #[test]
    fn entries_with_deltas_are_taken_over_so_that_they_can_be_read() {
        let (from, source) = repository();
        let mut builder = source.packbuilder().unwrap();
        let mut ids = Vec::new();
        for number in 0..30 {
            let id = source.blob(format!("{}{number}", "much the same ".repeat(100)).as_bytes()).unwrap();
            builder.insert_object(id, None).unwrap();
            ids.push(id);
        }
        builder.write(&from.path().join("objects/pack"), 0o444).unwrap();
        let name = format!("pack-{}", builder.name().unwrap().unwrap());
        let pack = from.path().join("objects/pack").join(name).with_extension("pack");
        let taken = entries(&pack, &source.odb().unwrap(), &mut Packer::new()).unwrap().unwrap();
        assert!(taken.iter().any(|entry| entry.bytes[0] >> 4 & 7 > 5), "there are deltas");

        let (to, target) = repository();
        write(&to.path().join("objects/pack"), &taken, Durability::Fast).unwrap();
        for id in ids {
            assert_eq!(target.find_blob(id).unwrap().content(), source.find_blob(id).unwrap().content());
        }
    }

    #[test]
    fn a_damaged_entry_is_not_taken_over() {
        let (folder, repository) = repository();
        let name = write_blobs(folder.path(), &[vec![1; 100], vec![2; 100]]).unwrap();
        let pack = folder.path().join("objects/pack").join(name).with_extension("pack");
        let good = fs::read(&pack).unwrap();
        fs::remove_file(&pack).unwrap();
        for at in 12..good.len() - ID_BYTES {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            fs::write(&pack, bad).unwrap();
            let read = entries(&pack, &repository.odb().unwrap(), &mut Packer::new());
            assert!(matches!(read, Ok(None)), "byte {at}: {read:?}");
        }
    }

    #[test]
    fn an_index_that_is_cut_short_lists_nothing() {
        let (folder, _repository) = repository();
        let name = write_blobs(folder.path(), &[vec![1; 10], vec![2; 10], vec![3; 10]]).unwrap();
        let index = fs::read(folder.path().join("objects/pack").join(name).with_extension("idx")).unwrap();
        assert_eq!(listed(&index).unwrap().len(), 3);
        let whole = index.len() - 2 * ID_BYTES;
        for length in 0..whole {
            assert_eq!(listed(&index[..length]), None, "{length}");
        }
        assert_eq!(listed(b"\xfftOc\0\0\0\x03"), None);
    }

    #[test]
    fn offsets_beyond_the_small_ones_lie_in_a_table_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.idx");
        let mut packer = Packer::new();
        let blobs = [blob(&mut packer, b"a"), blob(&mut packer, b"b"), blob(&mut packer, b"c")];
        let offsets = [12, FIRST_LARGE - 1, FIRST_LARGE + 5];
        let mut placed: Vec<(&Entry, u64)> = blobs.iter().zip(offsets).collect();
        placed.sort_unstable_by_key(|(entry, _)| entry.id);
        write_index(File::create(&path).unwrap(), &placed, &[0; ID_BYTES], Durability::Fast).unwrap();
        let listed = listed(&fs::read(&path).unwrap()).unwrap();
        let told: Vec<u64> = listed.iter().map(|listed| listed.offset as u64).collect();
        assert_eq!(told, placed.iter().map(|(_, offset)| *offset).collect::<Vec<_>>());
    }
}
