package cmd

// settings is what was typed, before it is checked. The keys are the names of the flags, in the environment (with
// STOKE_ before and _ for -) and in the config file too.
type settings struct {
	ArgFile   string `mapstructure:"arg-file"`
	Null      bool   `mapstructure:"null"`
	Delimiter string `mapstructure:"delimiter"`
	MaxItem   string `mapstructure:"max-item"`

	Output      string `mapstructure:"output"`
	Unordered   bool   `mapstructure:"unordered"`
	Tag         bool   `mapstructure:"tag"`
	JSON        bool   `mapstructure:"json"`
	Zero        bool   `mapstructure:"zero-terminated"`
	Buffer      string `mapstructure:"buffer"`
	Resume      bool   `mapstructure:"resume"`
	RetryFailed bool   `mapstructure:"retry-failed"`

	Worker       string `mapstructure:"worker"`
	Jobs         string `mapstructure:"jobs"`
	Init         string `mapstructure:"init"`
	Ready        string `mapstructure:"ready"`
	InitTimeout  string `mapstructure:"init-timeout"`
	InitRetries  int    `mapstructure:"init-retries"`
	InitJobs     int    `mapstructure:"init-jobs"`
	Framing      string `mapstructure:"framing"`
	Lockstep     bool   `mapstructure:"lockstep"`
	FeedAhead    bool   `mapstructure:"feed-ahead"`
	RecycleAfter int64  `mapstructure:"recycle-after"`
	RecycleRSS   string `mapstructure:"recycle-rss"`
	SlotVar      string `mapstructure:"slot-var"`

	OnError     string `mapstructure:"on-error"`
	Failed      string `mapstructure:"failed"`
	Timeout     string `mapstructure:"timeout"`
	Retries     string `mapstructure:"retries"`
	RetryDelay  string `mapstructure:"retry-delay"`
	Halt        string `mapstructure:"halt"`
	ExitTimeout string `mapstructure:"exit-timeout"`

	Lang        string   `mapstructure:"lang"`
	Code        string   `mapstructure:"code"`
	Exit        string   `mapstructure:"exit"`
	Preload     string   `mapstructure:"preload"`
	Arg         []string `mapstructure:"arg"`
	ArgJSON     []string `mapstructure:"argjson"`
	ItemType    string   `mapstructure:"item-type"`
	Interpreter string   `mapstructure:"interpreter"`
	Concurrency int      `mapstructure:"concurrency"`

	protocolSettings `mapstructure:",squash"`

	Progress   bool   `mapstructure:"progress"`
	NoProgress bool   `mapstructure:"no-progress"`
	Quiet      bool   `mapstructure:"quiet"`
	Stats      bool   `mapstructure:"stats"`
	Trace      string `mapstructure:"trace"`
	Metrics    string `mapstructure:"metrics"`
	Joblog     string `mapstructure:"joblog"`

	Check  bool   `mapstructure:"check"`
	DryRun bool   `mapstructure:"dry-run"`
	Config string `mapstructure:"config"`

	typedInit bool // --init was typed, so that who looks at processes sees it anyway
}
