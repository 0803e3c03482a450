package engine

import (
	"io"
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/event"
	"stoke/pkg/journal"
	"stoke/pkg/queue"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// Worker is one warm process as the engine sees it; *worker.Worker is the real one, and says what each method does.
// It belongs to one goroutine, but for Ring.
type Worker interface {
	Codec() *wire.Codec // its side of the Protocol, always the same, and Ready
	Pid() int
	Ring()
	Send(p []byte) error
	Written() int64
	Read() (n int64, known bool)
	Silent() bool
	Exchange(buf []byte, timeout time.Duration) (int, error)
	Watch(buf []byte, d time.Duration) (int, error)
	Nap(d time.Duration)
	Idle() worker.Verdict
	CloseInput()
	Deaf() bool
	LastWords() string
	TakeBack() (taken, alive bool)
	Finish(patience time.Duration, hurry <-chan struct{}) worker.Exit
}

// Start starts the worker of a slot and returns once it may be sent items. Where that cannot be told, it returns at once,
// or, with settle, when the worker is seen to read or that time is over. It gives up when cancelled says so.
// Errors: *InitError.
type Start func(slot int, settle time.Duration, cancelled func() bool) (Worker, error)

// Options says how to run. Fields are required unless they say otherwise.
type Options struct {
	Workers
	Items
	Answers
	Failure
	Tell     event.Tell        // gets what happens; optional
	TellEach bool              // each item that is answered, too
	Word     func(error) error // words an error, which it wraps, for who gave these options; optional
}

// Workers says how many there are, how they start and end, and what may be asked of them.
type Workers struct {
	Jobs        int // number of worker slots
	Start       Start
	InitTimeout time.Duration // 0: none
	Starts      Starts
	InitJobs    int           // workers that may warm up at once; 0: all
	Protocol    wire.Protocol // what workers speak; if it Greets, Start returns only workers that are warm
	SpareCPU    bool          // there are more CPUs than workers
	Lockstep    bool          // one item in flight in each worker
	FeedAhead   bool          // take what a worker has read for done, as if it had been seen to sleep in read
	RecycleRSS  int64
	RecycleNum  int64                   // replace a worker after that many items; 0: never
	RSS         func(int) (int64, bool) // memory of a process tree; required with RecycleRSS
	Patience    time.Duration           // how long a worker may keep the run waiting before a word is said; 0: 10 s
	Exits       bool                    // workers have code to run at their end: they get the chance to also when the run fails
	ExitTimeout time.Duration           // how long one may take to end that has nothing left to do; 0: as long as it takes
}

// Starts says what becomes of a slot whose start fails.
type Starts struct {
	Retries int                   // how many more are tried in a row
	Futile  func(*InitError) bool // reports whether another can do no better, as far as it is known what is started; optional
}

// Items says what the input is made of, and which of it is done.
type Items struct {
	Delimiter cut.Delimiter  // ends an item in the input
	MaxItem   int64          // bytes, of an item or an answer
	Resumed   *journal.State // what Sink had kept of an earlier run; nil: nothing
}

// Answers says how answers are printed, and where.
type Answers struct {
	Format    Format
	Unordered bool
	Buffer    int64       // bytes of memory to get by with: answers beyond half of it that wait for a straggler wait on disk
	Sink      queue.Sink  // gets rendered output
	Writable  func() bool // whether Sink will take 4 KiB without blocking
}

// Failure says when an item fails, what becomes of it then, and when that ends the run.
type Failure struct {
	Timeout    time.Duration // for an item; 0: none
	Retries    Retries
	RetryDelay time.Duration // before the first of them; doubled for each further one
	Failed     io.Writer     // gets failed items with their delimiter; optional
	Halt       Halt
}

// Retries says how many more times an item is tried, alone in its worker, before it fails.
type Retries struct {
	Died     int // after its worker died on it
	TimedOut int // after it took too long
	Reported int // after its worker reported an error
}

// defaultPatience is how long a worker may keep the run waiting before a word is said about it.
const defaultPatience = 10 * time.Second

// whole returns o with what is optional filled in.
func (o Options) whole() Options {
	if o.Tell == nil {
		o.Tell = func(event.Event) {}
	}
	if o.Word == nil {
		o.Word = func(err error) error { return err }
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	return o
}
