const std = @import("std");

pub fn main() !void {
    const out = std.io.getStdOut().writer();
    for ([_]u8{ 1, 2, 3 }, 0..) |n, i| {
        if (n % 2 == 0 continue;
        try out.print("{d}: {d}\n", .{ i, n });
    }
    defer std.debug.print("done\n", .{});
}
