const ReadError = error{ Empty, TooLong };

fn read(text: []const u8) ReadError!u8 {
    if (text.len == 0) return error.Empty;
    return switch (text[0]) {
        'a'...'z' => 1,
        '0' => 0,
        else => error.TooLong,
    };
}

test "empty" {
    _ = read("") catch |err| return err;
}
