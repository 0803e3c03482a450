package report

import (
	"math"
	"math/bits"
	"time"
)

// steps is how many buckets each power of two is divided into: a value is known to one part in 2*steps, 1.6 %.
const steps = 32

// histogram counts durations in buckets that grow with the value. The zero value is empty and ready to use. It has a
// fixed size of 15 KiB, and adding to it allocates nothing. It is not safe for concurrent use.
type histogram struct {
	counts [(64 - 5) * steps]int64
	total  int64
	max    time.Duration
}

// add counts n durations of d. Durations below zero count as zero.
func (h *histogram) add(d time.Duration, n int64) {
	if n <= 0 {
		return
	}
	d = max(d, 0)
	h.counts[bucket(d)] += n
	h.total += n
	h.max = max(h.max, d)
}

// quantile returns the duration that the fraction q of all counted ones does not exceed, off by 1.6 % at most; 0 if
// nothing was counted.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(math.Ceil(q * float64(h.total)))
	rank = min(max(rank, 1), h.total)
	seen := int64(0)
	for i, n := range h.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(middle(i), h.max)
		}
	}
	return 0
}

// bucket is the index of the bucket that d, which is not negative, falls into.
func bucket(d time.Duration) int {
	v := uint64(d)
	if v < 2*steps {
		return int(v)
	}
	shift := bits.Len64(v) - bits.Len(2*steps-1)
	return shift*steps + int(v>>shift)
}

// middle is the duration in the middle of bucket i.
func middle(i int) time.Duration {
	if i < 2*steps {
		return time.Duration(i)
	}
	shift := i/steps - 1
	low := uint64(i%steps+steps) << shift
	return time.Duration(low + uint64(1)<<shift/2)
}
