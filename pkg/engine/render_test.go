package engine

import (
	"errors"
	"testing"
	"time"
)

// What is printed for an item and its answer, in each of the forms.
func TestFormats(t *testing.T) {
	answer := result{seq: 7, item: []byte("it"), answer: []byte("an\nswer"), worker: 2, attempts: 1, took: 1500 * time.Microsecond}
	failed := result{seq: 7, item: []byte("it"), err: errors.New("why"), attempts: 2}
	odd := result{seq: 8, item: []byte("\xff"), partial: true, answer: []byte("\xfe"), attempts: 1}
	inJSON := result{seq: 9, item: []byte(`{"a":1}`), answer: []byte(`[2,"<"]`), json: true, attempts: 1}
	noJSON := result{seq: 9, item: []byte(`{"a":1`), answer: []byte(`[2`), json: true, attempts: 1}
	for _, tt := range []struct {
		name   string
		format Format
		result *result
		want   string
	}{
		{"plain", Format{End: '\n'}, &answer, "an\nswer\n"},
		{"ended by NUL", Format{}, &answer, "an\nswer\x00"},
		{"each line by its tag", Format{End: '\n', Tag: true}, &answer, "it\tan\nit\tswer\n"},
		{"whole by its tag", Format{Tag: true}, &answer, "it\tan\nswer\x00"},
		{"failed", Format{End: '\n'}, &failed, "\n"},
		{"failed, with a text", Format{End: '\n', Fill: "none", Tag: true}, &failed, "it\tnone\n"},
		{"failed, left out", Format{End: '\n', OnError: Skip}, &failed, ""},
		{"failed, the last", Format{End: '\n', OnError: Stop, JSON: true}, &failed, ""},
		{"an object", Format{End: '\n', JSON: true}, &answer, `{"seq":7,"item":"it","ok":true,"answer":"an\nswer","worker":2,"attempts":1,"seconds":0.0015}` + "\n"},
		{"an object of what failed", Format{JSON: true}, &failed, `{"seq":7,"item":"it","ok":false,"error":"why","attempts":2,"seconds":0}` + "\x00"},
		{"bytes that are no text", Format{End: '\n', JSON: true}, &odd,
			`{"seq":8,"item_base64":"/w==","item_truncated":true,"ok":true,"answer_base64":"/g==","attempts":1,"seconds":0}` + "\n"},
		{"JSON in JSON", Format{End: '\n', JSON: true, Items: true}, &inJSON, `{"seq":9,"item":{"a":1},"ok":true,"answer":[2,"<"],"attempts":1,"seconds":0}` + "\n"},
		{"what only looks like JSON", Format{End: '\n', JSON: true, Items: true}, &noJSON, `{"seq":9,"item":"{\"a\":1","ok":true,"answer":"[2","attempts":1,"seconds":0}` + "\n"},
	} {
		if got := string(tt.format.append([]byte("before "), tt.result)); got != "before "+tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What a failed item has printed can be told from the item alone, but for the objects of --json.
func TestFailedInOutput(t *testing.T) {
	for want, f := range map[string]Format{"x\tnone\n": {End: '\n', Tag: true, Fill: "none"}, "": {JSON: true}} {
		if got := string(f.Failed([]byte("x"))); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}
