package engine

// An item whose worker the system has killed may have needed more memory than there was beside what the other workers
// needed for theirs. Before it fails it is tried in calm: alone in its worker, while all other workers are at rest, with
// nothing in hand. While such an item waits, nobody takes anything; when all is answered it is taken, and when it
// is done, all go on.
type calm struct {
	reigns bool // an item is being tried so
}

// hush is what a runner is to do because of an item that is to be tried in calm.
type hush int

const (
	goOn        hush = iota // there is none
	tryIt                   // to take it
	finishFirst             // to be done with what it has
	rest                    // to wait
)

// enter says what one that wants items is to do. waits says that such an item waits, out how many batches are in hands, idle
// that the worker of who asks has answered everything.
func (c *calm) enter(waits bool, out int, idle bool) hush {
	switch {
	case !waits && !c.reigns:
		return goOn
	case waits && out == 0:
		c.reigns = true
		return tryIt
	case idle:
		return rest
	}
	return finishFirst
}

// leave says that nothing is in hand any more. It reports whether calm has reigned, and all go on.
func (c *calm) leave() bool {
	reigned := c.reigns
	c.reigns = false
	return reigned
}
