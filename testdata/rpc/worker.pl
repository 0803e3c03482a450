# A worker of `stoke --rpc` in Perl:  printf 'foo\n\xff\n' | stoke --rpc -- perl worker.pl
#
# Its items and answers are bytes, which need not be UTF-8: its ready asks for base64. It turns each item round.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

$| = 1;    # send each message at once
my $json = JSON::PP->new->utf8->canonical;
sub send_message { print $json->encode({jsonrpc => "2.0", @_}), "\n" }

send_message(method => "ready", params => {encoding => "base64"});
while (my $line = <STDIN>) {
    my $request = $json->decode($line);
    next if $request->{method} ne "map";    # a notification, such as cancel
    my $item = decode_base64($request->{params}{item});
    my $result = eval { die "nothing to turn round\n" if $item eq ""; encode_base64(scalar reverse($item), "") };
    my $message = $@;
    chomp $message;
    send_message(id => $request->{id}, defined $result ? (result => $result) : (error => {code => 1, message => $message}));
}
