package cmd

import "time"

// SetPatience makes a word be said after d about what keeps a run waiting.
func SetPatience(d time.Duration) { patience = d }
