// What the sandbox gives: standard input, output and error, and an exit code.

@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, buffers: usize, count: i32, read: usize): i32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, buffers: usize, count: i32, written: usize): i32;
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: i32): void;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

// An address and a length, and behind them the number of bytes that were moved.
const buffer = memory.data(12);

/** All of standard input, as it stands. */
export function readAll(): Uint8Array {
  let bytes = new Uint8Array(1 << 16);
  let used = 0;
  while (true) {
    if (used == bytes.length) {
      const larger = new Uint8Array(2 * bytes.length);
      larger.set(bytes);
      bytes = larger;
    }
    store<usize>(buffer, bytes.dataStart + used);
    store<usize>(buffer, bytes.length - used, 4);
    if (fd_read(STDIN, buffer, 1, buffer + 8) != 0) fail("standard input cannot be read");
    const read = load<i32>(buffer, 8);
    if (read == 0) return bytes.subarray(0, used);
    used += read;
  }
}

function writeAll(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  let done = 0;
  while (done < bytes.byteLength) {
    store<usize>(buffer, changetype<usize>(bytes) + done);
    store<usize>(buffer, bytes.byteLength - done, 4);
    if (fd_write(fd, buffer, 1, buffer + 8) != 0) proc_exit(2);
    done += load<i32>(buffer, 8);
  }
}

/** Writes the report. */
export function print(text: string): void {
  writeAll(STDOUT, text);
}

/** Ends the guest without a report: the run has failed, and nothing is said of what it looked at. */
export function fail(why: string): void {
  writeAll(STDERR, why + "\n");
  proc_exit(2);
}

/** Called by the runtime when an assertion of its own does not hold, such as an index that is out of range. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = message === null ? "aborted" : message;
  const where = file === null ? "" : ` (${file}:${line}:${column})`;
  fail(what + where);
}
