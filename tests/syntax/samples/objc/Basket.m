#import <Foundation/Foundation.h>
#import "Basket.h"

#define MAX_ITEMS 100

typedef NS_ENUM(NSInteger, BasketState) {
    BasketStateOpen,
    BasketStateClosed = 2,
};

typedef void (^CheckoutBlock)(NSError *error);

static NSString *const kBasketName = @"basket";

/// Told when something happens.
@protocol BasketDelegate <NSObject>
- (void)basketDidChange:(Basket *)basket;
@optional
- (BOOL)basket:(Basket *)basket shouldAdd:(id)item;
@end

/**
 * What one buys.
 */
@interface Basket : NSObject <NSCopying>
@property (nonatomic, strong) NSArray *items;
@property (nonatomic, weak, readonly) id<BasketDelegate> delegate;
+ (instancetype)basketWithName:(NSString *)name;
- (void)add:(id)item count:(int)count;
@end

@interface Basket (Printing)
- (NSString *)printed;
@end

@interface Basket () {
    int _count;
}
@end

@implementation Basket {
    BOOL _dirty;
}

@synthesize items = _items;

#pragma mark - Life

+ (instancetype)basketWithName:(NSString *)name
{
    return [[self alloc] init];
}

// Adds an item.
- (void)add:(id)item count:(int)count {
    void (^block)(void) = ^{ self->_dirty = YES; };
    block();
}

- (void)dealloc {
}

@end

static int helper(int x) { return x + 1; }

int main(int argc, char *argv[]) {
    @autoreleasepool {
        return helper(argc);
    }
}
