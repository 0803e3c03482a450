# The warm perl of `stoke --lang perl`: answers items, line by line, with the value of the user's CODE.
#
# In:   one line an item, with backslash written \\ and newline \n. A line \#SEQ says the number of the item after it.
# Out:  \ready when items may come, or \?TEXT and exit status 120 when the user's text is at fault. Then a line for each
#       item, in order: the answer, or \!TEXT where CODE died. All of it escaped as items are.
#
# The setup is JSON in the environment. CODE is the body of a sub, called in scalar context. Strings are bytes, those in
# JSON too; one that perl marks as characters (what the user decoded, say) is written as UTF-8. What print gives back is
# no value, nor is what a loop at the end of CODE leaves behind: then the answer is what was printed. So it is after a
# `next` or `last` that leaves CODE. What workers are forks of is in perl_fork.pl.

#line 1 "-e"
package Stoke;

our ($text, @warnings, $began, $whole);    # what to evaluate, what perl says of it, and how far it came: see program

# Stands before `use strict` and before the runner's own names, so that the user's text has neither.
sub evaluate { package main; eval $Stoke::text }

use strict;
use warnings;
no warnings 'once';
use B            ();
use JSON::PP     ();
use overload     ();
use Scalar::Util ();
use Time::HiRes  ();
use constant CLOCK => Time::HiRes::CLOCK_MONOTONIC();

my $json  = JSON::PP->new->utf8->allow_nonref;
my $setup = $json->decode(delete $ENV{STOKE_LANG_SETUP});
my %user  = map { $_ => bytes($setup->{ lc s/^--//r } // '') } qw(--preload --init CODE --exit);
my $parse = $setup->{item_type} eq 'json';
my $owner = $$;    # a forked child is no worker

my $buffer = '';           # read: the start of a line
my @lines;                 # items with numbers in a row
my $serving;               # whether there are items to answer
my $seq = 0;               # the number of the last item begun
my $printed = '';          # by CODE, for this item
my $ready = '';            # what to write
my $waiting = 0;           # since when the oldest of that may wait
my $checked = 0;           # when it was last seen to that no answer waits too long
my $unchecked = 1;         # at which item, counted from this one, that is done again
my $quick = 0;             # how many times in a row no time to speak of had passed

my ($items, $answers);
part_streams();

@ARGV = ();    # they are for who looks at processes

# part_streams makes private copies: descriptors above 2 are not inherited. What anybody prints from here on goes to stderr.
sub part_streams {
    open $items, '<&', \*STDIN and open $answers, '>&', \*STDOUT or die "stdio: $!";
    binmode $_ for $items, $answers;
    open STDIN, '<', '/dev/null' and open STDOUT, '>&', \*STDERR or die "stdio: $!";
    STDOUT->autoflush(1);
}

# main is called when all of this has been evaluated, so that it has no part in what the user sees of the stack.
sub main {
    prepare();
    $serving = 1;
    tie *STDOUT, 'Stoke::Capture';
    while (defined(my $text = receive())) { answer($text) }
    untie *STDOUT;
    $serving = 0;
    close $answers;    # that there will be no more shows in their end
    eval { exit_code(); 1 } or broken($@);
    exit 0;
}

# An exit in CODE comes by here: what was answered before is owed.
END {
    my $status = $?;
    untie *STDOUT;
    deliver() if $serving && $$ == $owner;
    $? = $status;
}

# --- Preparing

# prepare compiles all the user's text in one scope, runs init, and says that items may come.
sub prepare {
    for my $arg (['slot', $setup->{slot}], @{ $setup->{args} }) {
        no strict 'refs';
        ${"main::$arg->[0]"} = in_bytes($arg->[1]);
    }
    # {a => 1} is a hash if it can be. What a loop at the end leaves behind is no value.
    my @variants = ($user{CODE} =~ /^\s*\{/ ? "+$user{CODE}" : (), $user{CODE}, "$user{CODE}\n; return");
    for my $variant (@variants) {
        @warnings = ();
        $SIG{__WARN__} = sub { push @warnings, @_ };    # those of a text that is refused say less than the refusal
        $text = program($variant, 3) and evaluate();
        last if $began;
    }
    broken($@) if $@ && $began && $@ !~ /^Can't locate \S+ in \@INC/;
    fault(guilty()) if $@;
    fault('--init ends before its end (a return, or __END__)') if !$whole;
    $ready = "\\ready\n";
    deliver();
}

# program is the first pieces of the user's text, or all of it: run, it runs init. CODE and exit are subs of the runner.
sub program {
    my ($main, $pieces) = @_;
    my $names = join ', ', map { "\$$_" } qw(item seq slot), map { $_->[0] } @{ $setup->{args} };
    my @text  = (
        "use feature qw(say state); our ($names); Stoke::begin();\n" . preload() . "#line 1 \"--init\"\n$user{'--init'}\n;",
        "sub Stoke::code { no warnings 'exiting';\n#line 1 \"CODE\"\n$main\n}\nBEGIN { Stoke::refuse_loop() }\n",
        "sub Stoke::exit_code {\n#line 1 \"--exit\"\n$user{'--exit'}\n}\n\$Stoke::whole = 1;",
    );
    return join '', @text[0 .. $pieces - 1];
}

# begin is called when all is compiled, and init is to run.
sub begin {
    delete $SIG{__WARN__};
    warn $_ for grep { !/^Subroutine \S+ redefined at / } @warnings;    # each try defines them again
    $began = 1;
}

# refuse_loop ends the compilation if what CODE gives when it does not return is what a loop has left.
sub refuse_loop {
    my $root = B::svref_2object(\&code)->ROOT;    # there is none if it did not compile, or has nothing but a comment
    return if !$root->can('first') || !$root->first->isa('B::UNOP');
    my $op = $root->first->first;
    $op = $op->sibling while ${ $op->sibling };
    die "it ends in a loop\n" if $op->name eq 'leaveloop' && $op->first->sibling->name eq 'null';    # else it is a bare block
}

# fault ends the worker over the user's text.
sub fault {
    $ready = '\?' . escape($_[0]) . "\n";
    deliver();
    exit 120;
}

# broken ends the worker over what init or exit died of: that may be mended by the next try.
sub broken {
    complain(traced(message($_[0])));
    exit 1;
}

# guilty describes the error in $@ with the line it is in. What is compiled alone cannot be blamed for what follows.
sub guilty {
    my $error = $@;
    for my $pieces ($began ? () : 1 .. 3) {
        $text = 'sub {' . program("$user{CODE}\n; return", $pieces) . '}';
        evaluate();
        $error = $@, last if $@;
    }
    $error =~ s/ \(\@INC [^)]*\)//g;
    $error =~ s/^(?:BEGIN failed|BEGIN not safe|Execution of|.* had too many errors).*\n//mg;
    my ($where, $line) = $error =~ /at (--preload|--init|CODE|--exit) line (\d+)/ or return $error;
    my @lines = split /\n/, $user{$where};
    $error =~ s/\n+\z//;
    return "$where: $error\n    " . ($lines[$line - 1] // $lines[-1] // '');
}

# --- Answering

# receive reads what there is, and gives what lines it completes. What it has looked through it does not look at again.
sub receive {
    for (;;) {
        my $n = sysread $items, my $chunk, 1 << 18;
        next if !defined $n && $!{EINTR};
        return if !$n;
        my $end = 1 + rindex $chunk, "\n";
        if (!$end) { $buffer .= $chunk; next }
        my $lines = $buffer . substr $chunk, 0, $end;
        $buffer = substr $chunk, $end;
        return $lines;
    }
}

# answer answers the items of some lines.
sub answer {
    my ($text) = @_;
    $checked = $waiting = Time::HiRes::clock_gettime(CLOCK);
    for (my ($at, $end) = (0, 0); $at < length $text; $at = $end) {
        $end = index($text, "\n\\#", $at) + 1 || length $text;
        my $run = substr $text, $at, $end - $at;
        $seq = $1 - 1 if $run =~ s/\A\\#(\d+)\n//;
        @lines = split /\n/, $run, -1;
        pop @lines;
        if (index($run, '\\') >= 0) { s/\\(.)/$1 eq 'n' ? "\n" : $1/ge for @lines }
        answer_lines();
    }
    deliver();
}

# answer_lines goes over the lines again where CODE died.
sub answer_lines {
    while (@lines) {
        my $before = $seq;
        eval { answer_each(); 1 } or failed($@);
        splice @lines, 0, $seq - $before;
    }
}

sub answer_each {
    no warnings 'uninitialized';
    for (@lines) {
        $main::seq = ++$seq;
        $_ = decoded_json($_) if $parse;
        $main::item = $_;
        my $value;
        { $value = code() }    # a next, last or redo in CODE acts upon this block
        --$unchecked && !ref $value && !($value =~ tr/\0-\x09\x0b-[]-\x7f//c) ? $ready .= "$value\n" : look($value);
    }
}

# look answers an item whose value, or the time that has passed, is to be looked at.
sub look {
    finish($_[0]);
    check() if $unchecked <= 0;
}

# check delivers what is due. To ask for the time costs more than a quick item: after many quick ones, only each
# sixteenth asks.
sub check {
    my $now = Time::HiRes::clock_gettime(CLOCK);
    $quick     = $now - $checked < 0.0001 ? $quick + 1 : 0;
    $unchecked = $quick > 100 ? 16 : 1;
    $checked   = $now;
    deliver() if $now - $waiting > 0.004;
}

# finish answers an item with a value, or for lack of one with what CODE printed.
sub finish {
    my ($value) = @_;
    my $mark = '';
    if (!defined $value || ref $value eq 'Stoke::Printed') {
        $value = $printed;
        $value =~ s/\n\z//;
    }
    else {
        spill();
        $mark = '\=' if $setup->{mark_json} && ref $value && !texts($value);
        $value = written($value);
    }
    $printed = '';
    $ready .= $mark . escape($value) . "\n";
}

# failed answers the item at work with what it died of.
sub failed {
    my $error = message(@_);
    if ($$ != $owner) { complain($error); exit 255 }    # a forked child ends as it would in a program of its own
    spill();
    my $where = $error =~ /\Anot JSON: / ? '' : substr traced($error), length $error =~ s/\n?\z/\n/r;
    $error =~ s/\n+\z//;
    $error =~ tr/\x1e/?/;
    $ready .= '\!' . escape("$error\x1e$where") . "\n";
}

# message is what an exception says, whatever it is.
sub message {
    my ($error) = @_;
    return bytes($error) || 'died' if !ref $error;
    return bytes(eval { $error->message } // eval { written($error) } // ref $error);
}

# traced is an error with the user's lines that it names.
sub traced {
    my ($error) = @_;
    my $trace = $error =~ /\n\z/ ? $error : "$error\n";
    while ($error =~ /at (--init|CODE|--exit) line (\d+)/g) {
        my $line = (split /\n/, $user{$1})[$2 - 1];
        $trace .= "    $1, line $2: $line\n" if defined $line;
    }
    return $trace;
}

# spill sends to stderr what CODE printed beside its value.
sub spill {
    complain($printed) if $printed ne '';
    $printed = '';
}

sub complain {
    local ($,, $\);
    print STDERR $_[0];
}

# deliver writes what is answered.
sub deliver {
    exit if $$ != $owner;    # a child that was forked in CODE came back: its parent goes on
    for (my $at = 0; $at < length $ready;) {
        my $n = syswrite $answers, $ready, length($ready) - $at, $at;
        exit 1 if !defined $n && !$!{EINTR};
        $at += $n // 0;
    }
    $ready   = '';
    $waiting = Time::HiRes::clock_gettime(CLOCK);
}

# --- Values

sub escape {
    my $s = bytes($_[0]);
    return $s if $s !~ tr/\n\\//;
    $s =~ s/\\/\\\\/g;
    $s =~ s/\n/\\n/g;
    return $s;
}

# bytes is a string as it is written.
sub bytes {
    my ($s) = @_;
    utf8::encode($s) if utf8::is_utf8($s);
    return $s;
}

# in_bytes is decoded JSON with its strings in bytes, as those of items and arguments are.
sub in_bytes {
    my ($value) = @_;
    return [map { in_bytes($_) } @$value] if ref $value eq 'ARRAY';
    return { map { bytes($_) => in_bytes($value->{$_}) } keys %$value } if ref $value eq 'HASH';
    return defined $value && !ref $value ? bytes($value) : $value;
}

sub decoded_json {
    my $value = eval { $json->decode($_[0]) };
    return in_bytes($value) if !$@;
    my $why = $@;
    $why =~ s/ at -e line \d+\.\n\z//;
    die "not JSON: $why\n";
}

# written is a value as an answer.
sub written {
    my ($value) = @_;
    return ref $value && !texts($value) ? json($value, 0) : "$value";
}

# texts says whether a value is an object that knows how to be a string.
sub texts { Scalar::Util::blessed($_[0]) && !JSON::PP::is_bool($_[0]) && overload::Method($_[0], '""') }

# json is a value as JSON, in bytes, with the keys in order: the same answer in every run.
sub json {
    my ($value, $depth) = @_;
    die "the value is nested too deeply for JSON\n" if $depth++ > 500;
    return 'null' if !defined $value;
    my $type = ref $value or return number($value) // quoted($value);
    return '[' . join(',', map { json($_, $depth) } @$value) . ']' if $type eq 'ARRAY';
    return '{' . join(',', map { quoted($_) . ':' . json($value->{$_}, $depth) } sort keys %$value) . '}' if $type eq 'HASH';
    return $$value ? 'true' : 'false' if JSON::PP::is_bool($value) || $type eq 'SCALAR' && $$value =~ /^[01]\z/;
    return json($value->TO_JSON, $depth) if Scalar::Util::blessed($value) && $value->can('TO_JSON');
    return quoted("$value") if texts($value);
    die "the value holds a $type reference, which is not JSON\n";
}

# number is a scalar that is a number and no string, as JSON.
sub number {
    my $flags = B::svref_2object(\$_[0])->FLAGS;
    return if $flags & B::SVp_POK || !($flags & (B::SVp_IOK | B::SVp_NOK));
    die "the value holds $_[0], which is not JSON\n" if $_[0] - $_[0] != 0;
    return "$_[0]";
}

sub quoted {
    my $s = bytes($_[0]);
    $s =~ s/(["\\])/\\$1/g;
    $s =~ s/\n/\\n/g;
    $s =~ s/\t/\\t/g;
    $s =~ s/([\x00-\x1f])/sprintf '\u%04x', ord $1/ge;
    return qq("$s");
}

# --- What CODE prints

package Stoke::Printed;
use overload '""' => sub { 1 }, fallback => 1;

package Stoke::Capture;

use constant SUCCESS => bless [], 'Stoke::Printed';

sub TIEHANDLE { bless [], shift }
sub PRINTF    { my ($self, $format, @values) = @_; local ($,, $\); $self->PRINT(sprintf $format, @values) }
sub WRITE     { my ($self, $text, $n, $from) = @_; local ($,, $\); $self->PRINT(substr $text, $from // 0, $n); $n }
sub BINMODE   { 1 }
sub CLOSE     { 1 }
sub FILENO    { 1 }

sub PRINT {
    my ($self, @strings) = @_;
    my $said = join($, // '', map { Stoke::bytes($_) } @strings) . ($\ // '');
    if ($$ == $owner) {
        $printed .= $said;
        $unchecked = 1;    # answer_each looks
        return SUCCESS;
    }
    local ($,, $\);    # a forked child has no item
    no warnings 'untie';
    untie *STDOUT;
    return print STDOUT $said;
}
