# The warm ruby of `stoke --lang ruby`: answers items, line by line, with the value of the user's CODE.
#
# In:   one line an item, with backslash written \\ and newline \n. A line \#SEQ says the number of the item after it.
# Out:  \ready when items may come, or \?TEXT and exit status 120 when the user's text is at fault. Then a line for each
#       item, in order: the answer, or \!TEXT where CODE raised. All of it escaped as items are.
#
# The setup is JSON in the environment. CODE is the body of a lambda that sees the local variables of init. A text item is
# a string in UTF-8 whatever its bytes; answers are the bytes of strings in any encoding. Where CODE gives nil, what it
# printed through $stdout is the answer. What workers are forks of is in ruby_fork.rb.

require 'json'
require 'stringio'

# The runner. It leaves no local variable at the top level, where the user's text is evaluated.
module Stoke
  NEWLINE = "\n".freeze
  DUE = 0.001 # seconds: an answer waits no longer than this for the item after it to begin

  class << self
    def run
      ARGV.clear # it is for who looks at processes
      setup = JSON.parse(ENV.delete('STOKE_LANG_SETUP'))
      @texts = { '--preload' => setup['preload'].to_s, '--init' => setup['init'], 'CODE' => setup['code'], '--exit' => setup['exit'] }
      @forks = setup.key?('preload')
      @json, @mark = setup['item_type'] == 'json', setup['mark_json']
      @encoding = setup['item_type'] == 'bytes' ? Encoding::BINARY : Encoding::UTF_8
      Encoding.default_external = Encoding::UTF_8 if Encoding.default_external == Encoding::US_ASCII # LANG=C
      part_streams
      prepare(setup['args'].to_h.merge('slot' => setup['slot']))
      $stdout = @printed
      answer(@lines) while receive
      $stdout = STDOUT
      @answers.close # that there will be no more shows in their end
      guard { @exit.call }
    end

    private

    # part_streams takes items and answers to private descriptors, which children do not inherit. What anybody else prints
    # goes to stderr.
    def part_streams
      @items, @answers = STDIN.dup, STDOUT.dup
      @answers.binmode.sync = true
      STDIN.reopen('/dev/null')
      STDOUT.reopen(STDERR).sync = true
      @buffer = ''.b         # the start of a line
      @seq = 0               # the number of the item at work
      @out = []              # answers as they are, in bytes
      @ready = ''.b          # what to write before them, escaped
      @written = 0.0         # when that was done last
      @printed = StringIO.new(''.b) # by CODE, for this item
      @owner = Process.pid   # a forked child is no worker
      at_exit { spill if Process.pid != @owner }
    end

    # --- Preparing

    # prepare compiles all the user's text, runs init, and says that items may come.
    def prepare(names)
      scope = TOPLEVEL_BINDING
      locals, constants = names.partition { |name, _| name !~ /\A[[:upper:]]/ }
      locals.each { |name, value| scope.local_variable_set(name, value) }
      constants.each { |name, value| Object.const_set(name, value) }
      compile(locals.map { |name, _| "#{name} = " }.join + 'nil')
      if @forks
        guard { scope.eval(@texts['--preload'], '--preload') }
        slot = fork_workers # returns in each worker
        scope.local_variable_set('slot', slot)
      end
      guard { scope.eval(@texts['--init'], '--init') }
      @code = scope.eval("lambda do |item, seq|\n#{@texts['CODE']}\nend", 'CODE', 0)
      @exit = scope.eval("lambda do\n#{@texts['--exit']}\nend", '--exit', 0)
      heed
      @ready << "\\ready\n"
      deliver
    rescue SyntaxError => e
      fault(e)
    end

    # heed makes SIGTERM an exception again, as Ruby has it. Up to here it ends the process at once: as an exception in the
    # middle of a `require`, it makes RubyGems print a trace.
    def heed
      own = trap('TERM', 'DEFAULT')
      trap('TERM', own) unless own == 'SYSTEM_DEFAULT' # init has set one
    end

    # compile raises the first SyntaxError in the user's text. Each part is compiled after those that it sees.
    def compile(text)
      return unless defined?(RubyVM::InstructionSequence)

      verbose, $VERBOSE = $VERBOSE, nil # warnings come when the text is evaluated
      parts = [['--preload', '', ''], ['--init', '', ''], ['CODE', "lambda do |item, seq|\n", "\nend"], ['--exit', "lambda do\n", "\nend"]]
      parts.each do |where, before, after|
        text += "\n#{before}"
        line = 1 - text.count("\n")
        text += @texts[where]
        RubyVM::InstructionSequence.compile(text + after, where, where, line)
        text += after
      end
      $VERBOSE = verbose
    end

    # guard runs the user's init or exit. What it raises ends the worker: the next try may go better, unless a file is missing.
    def guard
      yield
    rescue SystemExit, SignalException
      raise
    rescue LoadError => e
      fault(e) unless @answers.closed?
      STDERR.write(traced(e))
      exit(1)
    rescue Exception => e
      STDERR.write(traced(e))
      exit(1)
    end

    # fault ends the worker over the user's text.
    def fault(error)
      where, number, what = error.is_a?(SyntaxError) ? syntax(error) : place(error)
      lines = @texts.fetch(where, '').lines(chomp: true)
      @ready << '\?' << escape("#{where}, line #{[number, lines.size].min}: #{what}\n    #{lines[number - 1] || lines.last}") << NEWLINE
      deliver
      exit!(120)
    end

    # syntax takes a SyntaxError apart: where, line, what. Ruby draws the place below the line; in some versions that says what.
    def syntax(error)
      message = error.message.dup.force_encoding(Encoding::UTF_8).scrub
      where, number, what = message.match(/(--preload|--init|CODE|--exit):(-?\d+): (.*)/)&.captures || ['CODE', 1, message]
      what = message[/\^+~* *(.*)/, 1] || what if what.start_with?('syntax error found', 'syntax errors found')
      [where, number.to_i, what]
    end

    # place tells of another error what syntax tells.
    def place(error)
      frame = frames(error).find { |f| f =~ /\A(--preload|--init|CODE|--exit):(\d+)/ }
      where, number = frame ? [$1, $2.to_i] : ['--init', 1]
      [where, number, "#{error.message} (#{error.class})"]
    end

    # --- Answering

    # receive reads what there is, at least one line of it.
    def receive
      loop do
        chunk = @items.readpartial(1 << 18)
        cut = chunk.rindex(NEWLINE)
        unless cut
          @buffer << chunk
          next
        end
        rest = chunk.byteslice(cut + 1, chunk.bytesize)
        text = @buffer.empty? ? chunk.byteslice(0, cut) : @buffer << chunk.byteslice(0, cut)
        @buffer = rest
        @lines = split(text)
        return true
      end
    rescue EOFError
      false
    end

    def split(text)
      return [text] if text.empty?
      return text.split(NEWLINE, -1) if text.force_encoding(@encoding).valid_encoding?

      text.b.split(NEWLINE, -1).each { |line| line.force_encoding(@encoding) }
    end

    # answer answers lines.
    def answer(lines)
      lines.each do |line|
        deliver if now - @written > DUE
        if line.start_with?('\\#')
          @seq = line.byteslice(2, line.bytesize).to_i - 1
        else
          one(line)
        end
      end
      deliver
    rescue SystemExit # what was answered before is owed
      $stdout = STDOUT
      deliver if Process.pid == @owner
      raise
    end

    # one answers an item.
    def one(item)
      @seq += 1
      item = unescape(item) if item.include?('\\')
      item = decode(item) if @json
      value = @code.call(item, @seq)
      if value.nil?
        @out << @printed.string.chomp(NEWLINE)
        @printed.reopen(''.b) if @printed.pos > 0
      else
        spill if @printed.pos > 0
        if @mark && !value.is_a?(String)
          settle
          @ready << '\\=' << escape(written(value)) << NEWLINE
        else
          @out << written(value) # a copy: CODE may go on to change what it gave
        end
      end
    rescue SystemExit, SignalException
      raise
    rescue Exception => e
      spill
      if Process.pid != @owner # nobody here catches what a forked child died of
        STDERR.write(traced(e))
        exit(false)
      end
      settle
      @ready << '\\!' << escape(told(e)) << NEWLINE
    end

    # told is an error in a line, and behind a mark its traceback.
    def told(error)
      return "not JSON: #{error.message[/(?:\d+: )?(.*)/, 1]}" if @json && error.is_a?(JSON::ParserError) && frames(error).none? { |f| f.start_with?('CODE:') }

      "#{error.class}: #{error.message}".b.tr("\x1e", '?') << "\x1e".b << traced(error).delete_prefix("#{error.message} (#{error.class})\n".b).lines.first(12).join
    rescue Exception # it is the user's, and fails when it is asked for its words
      "#{error.class}, which cannot say more"
    end

    # settle escapes the answers in @out. Whether any needs it shows in the newlines and backslashes of them all.
    def settle
      return if @out.empty?

      all = @out.join(NEWLINE) << NEWLINE
      all = @out.map { |answer| escape(answer) << NEWLINE }.join if all.count("\n\\\\") != @out.size
      @ready << all
      @out.clear
    end

    # deliver writes what is answered.
    def deliver
      exit if Process.pid != @owner # a child that was forked in CODE came back: its parent goes on
      settle
      @answers.write(@ready) unless @ready.empty?
      @ready.clear
      @written = now
    end

    # spill sends to stderr what CODE printed beside its value.
    def spill
      STDERR.write(@printed.string)
      @printed.reopen(''.b)
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # --- Values and errors

    def escape(text)
      text.b.gsub(/[\\\n]/n, '\\' => '\\\\', "\n" => '\\n')
    end

    def unescape(line)
      line.b.gsub(/\\[\\n]/n, '\\\\' => '\\', '\\n' => "\n").force_encoding(@encoding)
    end

    def decode(item)
      raise JSON::ParserError, 'not UTF-8' unless item.valid_encoding?

      JSON.parse(item, max_nesting: 500)
    end

    # written is a value as an answer, in bytes.
    def written(value)
      return value.b if value.is_a?(String)
      return value.to_s if value.is_a?(Integer)
      if value.method(:to_s).owner == Kernel && value.method(:to_json).owner.name.to_s.end_with?('GeneratorMethods::Object')
        raise TypeError, "a #{value.class} is not JSON"
      end

      JSON.generate(value, max_nesting: 500).b
    end

    # frames are the lines of a traceback, without the runner's own.
    def frames(error)
      (error.backtrace || []).reject { |frame| frame.start_with?('-e:') }
    end

    # traced is an error with its traceback, and the user's lines in it.
    def traced(error)
      trace = "#{error.message} (#{error.class})\n".b
      frames(error).each do |frame|
        trace << "    from #{frame}".b << NEWLINE
        line = frame =~ /\A(--preload|--init|CODE|--exit):(\d+)/ && @texts[$1].lines(chomp: true)[$2.to_i - 1]
        trace << "        #{line}".b << NEWLINE if line
      end
      error.cause ? trace << 'caused by: ' << traced(error.cause) : trace
    end
  end
end
