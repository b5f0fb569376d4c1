#!/usr/bin/perl
package Shop::Basket;

use strict;
use warnings;
use constant MAX_ITEMS => 100;

our $VERSION = '1.0';
my %registry;

# Makes a basket.
sub new {
    my ($class, %args) = @_;
    my $inner = sub { return 1 };
    return bless { %args }, $class;
}

=head1 METHODS

=head2 add

Adds an item.

=cut

sub add {
    my ($self, $item) = @_;
    push @{ $self->{items} }, $item;
}

sub _private($$) { return 2 }

package Shop::Line {
    sub price {
        return 0;
    }
}

package Shop::Other;

sub other { 1 }

BEGIN { $registry{x} = 1 }

1;

__END__

sub not_code { }
