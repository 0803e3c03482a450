
# --- A process that has run the preload code, and of which workers are forks
#
# It says \ready as a worker does. Then it reads requests, each a line
#     {"id": n, "stoke": pid, "in": fd, "out": fd, "err": fd, "prctl": n, "env": {name: value}}
# with descriptors of stoke. For each it forks a worker, which takes these as its stdio and the variables, and writes
#     born ID PID
#     forked ID PID
# as soon as there is a process, and when it has become a worker; or else "failed ID TEXT" is written. The worker is an orphan,
# so that stoke, a subreaper, becomes its parent.

package Stoke;

use constant { DEATH_SIGNAL => 1, KILL => 9 };    # PR_SET_PDEATHSIG, SIGKILL

my $inherited;    # END blocks that are those of the preload code

# preload is the user's, after which the text goes on in each worker.
sub preload {
    return '' if !defined $setup->{preload};
    return "#line 1 \"--preload\"\n$user{'--preload'}\n; BEGIN { Stoke::count_ends() } Stoke::fork_workers();\n";
}

sub ends {
    my $ends = B::end_av();
    return $ends->can('ARRAY') ? $ends->ARRAY : ();
}

# count_ends is called when the preload code is compiled, and nothing that follows.
sub count_ends { $inherited = () = ends() }

# fork_workers returns in each worker.
sub fork_workers {
    require POSIX;
    $ready = "\\ready\n";
    deliver();
    while (defined(my $text = receive())) {
        for (split /\n/, $text) { return if fork_worker($json->decode($_)) }
    }
    POSIX::_exit(0);
}

# fork_worker forks a worker, and says whether this is it.
sub fork_worker {
    my ($request) = @_;
    my $between = fork;    # which writes out what is kept in the buffers of files
    return could_not($request, $!) if !defined $between;
    if ($between) {
        waitpid $between, 0;
        return $? ? could_not($request, 'the process that was to fork it died') : 0;
    }
    $between = $$;
    my $worker = fork;
    could_not($request, $!) if !defined $worker;
    syswrite $answers, "born $request->{id} $worker\n" if $worker;
    POSIX::_exit(0) if !defined $worker || $worker;
    eval { become_worker($request, $between); 1 } or do { could_not($request, $@); POSIX::_exit(0) };
    return 1;
}

sub could_not {
    my ($request, $why) = @_;
    $why =~ tr/\n/ /;
    syswrite $answers, "failed $request->{id} $why\n";
    return 0;
}

# become_worker makes this process a worker, and a child of stoke.
sub become_worker {
    my ($request, $between) = @_;
    my $stoke = $request->{stoke};
    Time::HiRes::usleep(200) while getppid() == $between;
    eval 'END { Stoke::leave($?) } 1' or die $@;    # before those that there are
    POSIX::setsid();
    syscall $request->{prctl}, DEATH_SIGNAL, KILL, 0, 0, 0;
    POSIX::_exit(1) if getppid() != $stoke;         # it died before it could be told
    my $control = $answers;
    close $items;
    for my $way ([0, 'in', POSIX::O_RDONLY()], [1, 'out', POSIX::O_WRONLY()], [2, 'err', POSIX::O_WRONLY()]) {
        my $fd = POSIX::open("/proc/$stoke/fd/$request->{ $way->[1] }", $way->[2]) // die "stdio: $!\n";
        POSIX::dup2($fd, $way->[0]);
        POSIX::close($fd);
    }
    $ENV{$_} = bytes($request->{env}{$_}) for keys %{ $request->{env} };
    srand;
    syswrite $control, "forked $request->{id} $$\n";
    ($owner, $buffer, $ready) = ($$, '', '');
    part_streams();
    $setup = $json->decode(delete $ENV{STOKE_LANG_SETUP});
    $main::slot = in_bytes($setup->{slot});
}

# leave ends a worker that is a fork. Its end is not a regular one, which would copy all the memory that is shared, and do what
# the process that it is a fork of is to do at its end.
sub leave {
    my ($status) = @_;
    untie *STDOUT;
    deliver() if $serving && $$ == $owner;
    POSIX::_exit($status) if $$ != $owner;
    my @own = ends();
    for my $block (@own[0 .. $#own - $inherited]) {
        $? = $status;
        eval { $block->object_2svref->(); 1 } or complain($@);
        $status = $?;
    }
    { no warnings; exec { '' } '' }    # fails, but writes out what is kept in the buffers of files
    POSIX::_exit($status & 255);
}
