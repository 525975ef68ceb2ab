const Level = enum(u8) {
    low = 1,
    high,

    pub fn weight(self: Level) u8 {
        return @intFromEnum(self) * 2;
    }
};

const Value = union(enum) { int: i64, text: []const u8 };

pub var current: Level = .low;
