//! A basket.
const std = @import("std");

pub const max_items: usize = 100;
var counter: u32 = 0;

/// What can happen.
pub const Event = union(enum) {
    added: Item,
    cleared,
};

const Item = struct {
    name: []const u8,
    price: u32 = 0,

    const Self = @This();

    /// Makes an item.
    pub fn init(name: []const u8) Item {
        return .{ .name = name };
    }

    fn raise(self: *Self, by: u32) void {
        const local = by;
        self.price += local;
    }
};

const Color = enum(u8) {
    red,
    green = 2,

    pub fn isRed(self: Color) bool {
        return self == .red;
    }
};

const Error = error{ Full, Empty };

pub fn Basket(comptime T: type) type {
    return struct {
        items: []T,

        pub fn add(self: *@This(), item: T) !void {
            _ = self;
            _ = item;
        }
    };
}

export fn plain(a: i32) i32 {
    return a;
}

extern "c" fn puts(s: [*:0]const u8) c_int;

comptime {
    _ = Item;
}

test "adding" {
    try std.testing.expect(true);
}
