package cmd

import (
	"testing"

	"stoke/pkg/progress"
)

func TestDrawn(t *testing.T) {
	shell := surroundings{screen: true}
	file := surroundings{screen: true, apart: true}
	dumb := surroundings{screen: true, apart: true, dumb: true}
	for _, tt := range []struct {
		name string
		asks watching
		at   surroundings
		kind progress.Kind
		want drawing
	}{
		{"answers go to the terminal or into a pipe", watching{}, shell, progress.Terminal, warmUp},
		{"answers go to a file", watching{}, file, progress.Terminal, bar},
		{"no terminal", watching{}, surroundings{apart: true}, progress.Plain, nothing},
		{"no terminal, but asked for", watching{progress: true}, surroundings{}, progress.Plain, bar},
		{"into a pipe, but asked for", watching{progress: true}, shell, progress.Terminal, bar},
		{"asked for quietly", watching{progress: true, quiet: true}, shell, progress.Terminal, bar},
		{"a file, quietly", watching{quiet: true}, file, progress.Terminal, nothing},
		{"a pipe, quietly", watching{quiet: true}, shell, progress.Terminal, nothing},
		{"a file, forbidden", watching{forbidden: true}, file, progress.Terminal, nothing},
		{"a dumb terminal", watching{}, dumb, progress.Plain, bar},
		{"a dumb terminal and a pipe", watching{}, surroundings{screen: true, dumb: true}, progress.Plain, nothing},
	} {
		if kind, got := tt.asks.drawn(tt.at); got != tt.want || kind != tt.kind {
			t.Errorf("%s: %v, %v, want %v, %v", tt.name, kind, got, tt.kind, tt.want)
		}
	}
}
