# An item is a number of seconds to sleep; the answer is the item, flushed at once.
# At the end one line is appended to the file named by the argument: the seconds this worker really
# took for its items, from having read each to having answered it, since a nominal 0.2 ms sleep
# takes longer (timer slack, waking up). Perl because it starts in a few milliseconds.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC);

my $report = shift or die "usage: sleeper.pl FILE\n";
my $busy   = 0;
$| = 1;
while ( my $item = <STDIN> ) {
    my $start = clock_gettime(CLOCK_MONOTONIC);
    sleep($item) if $item > 0;
    print $item;
    $busy += clock_gettime(CLOCK_MONOTONIC) - $start;
}
open my $out, '>>', $report or die "$report: $!\n";
print $out "$busy\n";
close $out or die "$report: $!\n";
