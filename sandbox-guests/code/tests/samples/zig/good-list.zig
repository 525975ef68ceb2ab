const std = @import("std");

pub const Node = struct {
    value: i32,
    next: ?*Node = null,

    pub fn sum(self: *const Node) i32 {
        var total: i32 = 0;
        var at: ?*const Node = self;
        while (at) |node| : (at = node.next) {
            total += node.value;
        }
        return total;
    }
};
