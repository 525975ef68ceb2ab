fn Stack(comptime T: type) type {
    return struct {
        items: [16]T = undefined,
        len: usize = 0,

        const Self = @This();

        pub fn push(self: *Self, item: T) void {
            self.items[self.len] = item
            self.len += 1;
        }
    };
}
