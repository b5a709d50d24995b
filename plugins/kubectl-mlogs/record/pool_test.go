package record

import "testing"

func TestNextRead(t *testing.T) {
	for _, test := range []struct {
		name          string
		sources       int
		size, n, want int
	}{
		{"an idle source keeps its size", 1, 4 << 10, 17, 4 << 10},
		{"a full read doubles", 1, 4 << 10, 4 << 10, 8 << 10},
		{"up to the largest", 1, 256 << 10, 256 << 10, 256 << 10},
		{"no source counted", 0, 4 << 10, 4 << 10, 8 << 10},
		{"the share of a thousand", 1000, 64 << 10, 64 << 10, readBudget / 4 / 1000},
		{"never below the smallest", 100_000, 4 << 10, 4 << 10, 4 << 10},
		{"a share that has shrunk takes effect on idle sources too", 1000, 64 << 10, 1, readBudget / 4 / 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p Pool
			for range test.sources {
				p.Join()
			}
			if got := p.NextRead(test.size, test.n); got != test.want {
				t.Errorf("NextRead(%d, %d) = %d, want %d", test.size, test.n, got, test.want)
			}
		})
	}
}

func TestJoinAndLeave(t *testing.T) {
	var p Pool
	var leave []func()
	for range 64 {
		leave = append(leave, p.Join())
	}
	few := p.NextRead(maxRead, 0)
	for _, l := range leave[1:] {
		l()
	}
	if many := p.NextRead(maxRead, 0); few != readBudget/4/64 || many != maxRead {
		t.Errorf("reads of %d bytes with 64 sources and %d with one, want %d and %d", few, many, readBudget/4/64, maxRead)
	}
}

func TestBatchesComeBackEmpty(t *testing.T) {
	var p Pool
	first, second := &Origin{ID: 1}, &Origin{ID: 2}
	for range 10 { // a sync.Pool may forget
		b := p.Get(first)
		if b.Origin != first || len(b.Data) != 0 || len(b.Lines) != 0 {
			t.Fatalf("a batch is not empty: %+v", b)
		}
		b.Data = append(b.Data, "some text"...)
		b.Lines = append(b.Lines, Line{Start: 5, End: 9})
		if got := string(b.Message(0)); got != "text" {
			t.Fatalf("message = %q", got)
		}
		p.Put(b)
		if b := p.Get(second); b.Origin != second || len(b.Data) != 0 || len(b.Lines) != 0 {
			t.Fatalf("a batch that comes back is not empty: %+v", b)
		}
	}
}

func TestOverlongLinesAreNotKept(t *testing.T) {
	var p Pool
	for range 10 {
		p.Put(&Batch{Data: make([]byte, 2*maxRead+1)})
		if b := p.Get(nil); cap(b.Data) > 2*maxRead {
			t.Fatalf("a batch of %d bytes was kept", cap(b.Data))
		}
	}
}

func TestOriginName(t *testing.T) {
	o := Origin{Context: "blue", Namespace: "shop", Pod: "web-0", Container: "app", Node: "n1"}
	if got, want := o.Name(), "shop/web-0/app"; got != want {
		t.Errorf("Name = %q, want %q", got, want)
	}
}
