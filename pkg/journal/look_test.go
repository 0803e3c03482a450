package journal

import (
	"errors"
	"testing"
)

// Look tells what is left at any moment of a run, and changes nothing.
func TestLook(t *testing.T) {
	now := id("COMMAND", "now")
	unnamed := completed(t, now) // between the journal's last record and the new name
	unnamed.names["d/out.part"] = unnamed.names["d/out"]
	delete(unnamed.names, "d/out")
	emptied := newSim(1)
	emptied.put("d/out.stoke", nil)
	for name, tt := range map[string]struct {
		sim  *simFS
		want *Left
	}{
		"nothing":             {newSim(1), nil},
		"an empty journal":    {emptied, nil},
		"begun":               {begun(t, now), &Left{10, 0, false}},
		"complete":            {completed(t, now), &Left{10, 0, true}},
		"complete, no name":   {unnamed, &Left{10, 0, false}},
		"in an order of ends": {begun(t, Identity{Unordered: true}), &Left{10, 0, false}},
	} {
		before := tt.sim.String()
		left, err := Look(tt.sim, "d/out")
		if err != nil || (left == nil) != (tt.want == nil) || left != nil && *left != *tt.want || tt.sim.String() != before {
			t.Errorf("%s: %+v, %v, want %+v", name, left, err, tt.want)
		}
	}
	if left, err := Look(interrupted(t, 3, 40).fs, "d/out"); err != nil || left == nil || left.Items == 0 || left.Failed == 0 || left.Complete {
		t.Errorf("all kinds of records: %+v, %v", left, err)
	}
	newer := newSim(1)
	newer.put("d/out.stoke", []byte("stoke journal 9\n"))
	if _, err := Look(newer, "d/out"); !errors.As(err, new(*VersionError)) {
		t.Errorf("a newer journal: %v", err)
	}
	other := newSim(1)
	other.put("d/out.stoke", []byte("notes\n"))
	if _, err := Look(other, "d/out"); !errors.As(err, new(*DamagedError)) {
		t.Errorf("no journal: %v", err)
	}
}
