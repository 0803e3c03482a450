
# A process that has run the preload code, and of which workers are forks.
#
# It says \ready as a worker does. Then it reads requests, each a line
#     {"id": n, "stoke": pid, "in": fd, "out": fd, "err": fd, "prctl": n, "env": {name: value}}
# with descriptors of stoke. For each it forks a worker, which takes these as its stdio and the variables, and writes
#     born ID PID
#     forked ID PID
# as soon as there is a process, and when it has become a worker; or else "failed ID TEXT" is written. The worker is an orphan,
# so that stoke, a subreaper, becomes its parent.
module Stoke
  DEATH_SIGNAL, KILL = 1, 9 # PR_SET_PDEATHSIG, SIGKILL

  class << self
    private

    # fork_workers returns in each worker, with its slot.
    def fork_workers
      flush_files
      Process.warmup if Process.respond_to?(:warmup)
      @ready << "\\ready\n"
      deliver
      while receive
        @lines.each do |line|
          request = JSON.parse(line)
          return become_worker(request) if fork_worker(request)
        end
      end
      exit!(0)
    end

    # fork_worker forks a worker, and says whether this is it.
    def fork_worker(request)
      begin
        between = Process.fork
      rescue SystemCallError => e
        could_not(request, e)
        return false
      end
      if between
        Process.wait(between)
        could_not(request, RuntimeError.new('the process that was to fork it died')) unless $?.success?
        return false
      end
      parent = Process.pid
      worker = guarded(request) { Process.fork }
      if worker
        @answers.syswrite("born #{request['id']} #{worker}\n")
        exit!(0)
      end
      guarded(request) { adopt(request, parent) }
      true
    end

    def guarded(request)
      yield
    rescue StandardError => e
      could_not(request, e)
      exit!(0)
    end

    def could_not(request, error)
      @answers.syswrite("failed #{request['id']} #{error.message.tr("\n", ' ')}\n")
    end

    # adopt makes this process a child of stoke, which it dies with, and takes its stdio.
    def adopt(request, between)
      stoke = request['stoke']
      sleep 0.0002 while Process.ppid == between
      Process.setsid
      verbose, $VERBOSE = $VERBOSE, nil # that the call of a system call is deprecated is known
      syscall(request['prctl'], DEATH_SIGNAL, KILL, 0, 0, 0)
      $VERBOSE = verbose
      exit!(1) if Process.ppid != stoke # it died before it could be told
      { STDIN => %w[in r], STDOUT => %w[out w], STDERR => %w[err w] }.each do |stream, (name, mode)|
        File.open("/proc/#{stoke}/fd/#{request[name]}", mode) { |file| stream.reopen(file) }
      end
      STDERR.sync = true
    end

    # become_worker takes over the variables and the pipes, and returns the slot.
    def become_worker(request)
      ENV.update(request['env'])
      srand
      control = @answers
      @items.close
      control.syswrite("forked #{request['id']} #{Process.pid}\n")
      control.close
      part_streams
      at_exit { leave } # before what the process that this is a fork of is to do at its end
      JSON.parse(ENV.delete('STOKE_LANG_SETUP'))['slot']
    end

    # leave ends a worker that is a fork. A regular end would copy all the memory that is shared.
    def leave
      return if Process.pid != @owner

      status = $!.nil? ? 0 : 1
      status = $!.status if $!.is_a?(SystemExit)
      if $!.is_a?(SignalException)
        trap($!.signo, 'SYSTEM_DEFAULT')
        Process.kill($!.signo, Process.pid)
      end
      STDERR.write(traced($!)) if $! && !$!.is_a?(SystemExit)
      flush_files
      exit!(status)
    end

    # flush_files writes out what is kept in the buffers of files.
    def flush_files
      ObjectSpace.each_object(IO) do |io|
        io.flush unless io.closed?
      rescue IOError, SystemCallError
        next # it cannot be written
      end
    end
  end
end

Stoke.run
