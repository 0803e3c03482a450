package progress

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"stoke/pkg/human"
)

// dots stand for what was cut off.
const dots = "..."

// columnsOf is how many columns s takes at most, if it has no control characters. Terminals differ in what they make of
// characters that join into one, so those count as if they did not where that is more.
func columnsOf(s string) (columns int) {
	for state := -1; s != ""; {
		var cluster string
		var joined int
		cluster, s, joined, state = uniseg.FirstGraphemeClusterInString(s, state)
		columns += widest(cluster, joined)
	}
	return columns
}

// widest is the number of columns of a cluster, which takes joined columns if the terminal joins it.
func widest(cluster string, joined int) int {
	if len(cluster) == 1 {
		return joined
	}
	apart := 0
	for _, r := range cluster {
		apart += uniseg.StringWidth(string(r))
	}
	return max(joined, apart)
}

// fit cuts s, which has no control characters, so that it takes most columns at most, and says so with dots.
func fit(s string, most int) string {
	if most <= 0 {
		return ""
	}
	room, kept, columns := most-len(dots), 0, 0
	for rest, state := s, -1; rest != ""; {
		var cluster string
		var joined int
		cluster, rest, joined, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if columns += widest(cluster, joined); columns > most {
			return s[:kept] + dots[:min(len(dots), most)]
		}
		if columns <= room {
			kept += len(cluster)
		}
	}
	return s
}

// quote shows an item between quotes, in the given number of columns at most, quotes included: what cannot be printed is
// escaped as Go does it, bytes that are not UTF-8 too.
func quote(item string, most int) string {
	end := min(len(item), 4*most+utf8.UTFMax) // more could hardly be shown
	for n := 1; n < utf8.UTFMax && end < len(item) && !utf8.RuneStart(item[end]); n++ {
		end--
	}
	text := strconv.Quote(item[:end])
	text = strings.ReplaceAll(text[1:len(text)-1], `\"`, `"`)
	if end < len(item) {
		text += dots
	}
	return `"` + fit(text, max(most-2, 1)) + `"`
}

// brief writes n, which is not negative, in five columns at most.
func brief(n int64) string {
	if n < 10_000 {
		return human.Count(n)
	}
	x, i := float64(n), -1
	for x >= 999.5 {
		x /= 1000
		i++
	}
	if x < 99.95 {
		return fmt.Sprintf("%.1f%c", x, "kMGTPE"[i])
	}
	return fmt.Sprintf("%.0f%c", x, "kMGTPE"[i])
}

// rate writes how many items pass in a second, or in a minute or an hour if they are few.
func rate(perSecond float64) string {
	switch {
	case perSecond <= 0:
		return "0/s"
	case perSecond >= 99.95:
		return human.Count(int64(perSecond+.5)) + "/s"
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	case perSecond*60 >= 1:
		return fmt.Sprintf("%.1f/min", perSecond*60)
	}
	return fmt.Sprintf("%.1f/h", perSecond*3600)
}

// clock writes d as 0:07, 12:34, 1:02:03, 3d 01:02:03.
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	days, hours, minutes, seconds := s/86400, s/3600%24, s/60%60, s%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %02d:%02d:%02d", days, hours, minutes, seconds)
	case hours > 0:
		return fmt.Sprintf("%d:%02d:%02d", hours, minutes, seconds)
	}
	return fmt.Sprintf("%d:%02d", minutes, seconds)
}

// ago writes how long something has been going on.
func ago(d time.Duration) string {
	if d < time.Minute {
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	}
	return clock(d)
}
