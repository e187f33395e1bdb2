package plan_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
	"batch/internal/plan"
)

// skipped are the lines of a batch that are left out.
func (d *desk) leftOut(res plan.Result) (lines []int) {
	for _, r := range d.frozen[res.Batch] {
		if r.Skipped {
			lines = append(lines, r.Line)
		}
	}
	return lines
}

// numbers are those of a batch's repeats, row by row.
func (d *desk) numbers(res plan.Result) (all []int) {
	for _, r := range d.frozen[res.Batch] {
		all = append(all, r.Repeat)
	}
	return all
}

// A letter that an approved batch has is a problem of its row like any other: it stops the
// plan, or is left out.
func TestALetterOfAnEarlierBatchIsAProblemOfItsRow(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "b.pdf"), signs(4, per, "c.pdf"))
	d.earlier[d.letter(3)], d.earlier[d.letter(4)] = "2026-10-01-a1 9", "2026-10-01-a1 8 0 over"
	res := d.make()
	d.wantProblems(res, "3 repeat-of-earlier")
	if m := res.Problems[0].Message; res.Batch != "" || !strings.Contains(m, "line 9 of batch 2026-10-01-a1") {
		t.Errorf("the batch is %q, the message does not say where: %s", res.Batch, m)
	}
	d.o.SkipBadRows = true
	res = d.make()
	d.wantProblems(res, "3 repeat-of-earlier")
	if lines := d.leftOut(res); !slices.Equal(lines, []int{3}) || res.Old != 0 {
		t.Errorf("left out are %v, %d as old", lines, res.Old)
	}
	// Its own rows go out, and it is planned again to go on with it: it is no other plan.
	d.earlier[d.letter(2)] = string(res.Batch) + " 2"
	again := d.make()
	d.wantProblems(again, "3 repeat-of-earlier")
	if !again.Known || again.Batch != res.Batch {
		t.Errorf("planned again it is %+v", again)
	}
}

// Only what no approved batch has ever had is new, whatever became of it there.
func TestOnlyNew(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "b.pdf"), signs(4, per, "c.pdf"), signs(5, ola, "b.pdf"))
	d.earlier[d.letter(3)], d.earlier[d.letter(4)] = "2026-10-01-a1 9", "2026-10-01-a1 8 0 over"
	d.o.OnlyNew, d.o.Settings = true, []byte("only new")
	res := d.make()
	d.wantProblems(res)
	if lines := d.leftOut(res); !slices.Equal(lines, []int{3, 4, 5}) || res.Old != 3 || res.Skipped != 3 || res.Rows != 4 {
		t.Fatalf("left out are %v: %+v", lines, res)
	}
	if p := d.frozen[res.Batch][1].Problem; p.Code != "repeat-of-earlier" || !strings.Contains(p.Message, "line 9 of batch 2026-10-01-a1") {
		t.Errorf("the books do not say why: %+v", p)
	}
	// Broken off and started again: its own rows are not old for it.
	d.earlier[d.letter(2)] = string(res.Batch) + " 2"
	if again := d.make(); !again.Known || again.Batch != res.Batch || again.Old != 3 {
		t.Errorf("planned again it is %+v", again)
	}
	// The same list tomorrow, saved anew: nothing is new, and that is no problem.
	d.bytes = "the manifest, saved anew"
	res = d.make()
	d.wantProblems(res)
	if res.Batch != "" || res.Old != 4 || len(d.frozen) != 1 {
		t.Errorf("with nothing new: %+v", res)
	}
	// A row with a problem is no old one.
	d.lines[0].problems = signs(2, kari).bad("title").problems
	d.o.SkipBadRows = true
	d.wantProblems(d.make(), "0 no-rows", "2A title")
}

func TestTwiceInOneListIsAProblemAlsoWithOnlyNew(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, kari, "a.pdf"))
	d.o.OnlyNew = true
	if res := d.make(); res.Batch != "" || !slices.Equal(codes(res), []string{"3 repeat"}) {
		t.Errorf("the batch is %q, the problems %v", res.Batch, codes(res))
	}
}

// Repeats are sent again where their very number is said, each under a number of its own.
func TestAllowRepeats(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, kari, "a.pdf"), signs(4, ola, "b.pdf"), signs(5, per, "c.pdf"), signs(6, kari, "a.pdf"))
	d.earlier[d.letter(4)] = "2026-10-01-a1 9 2"
	for _, wrong := range []int{1, 2, 4, -1} {
		d.o.AllowRepeats = wrong
		res := d.make()
		d.wantProblems(res, "0 repeats-miscounted", "3 repeat", "4 repeat-of-earlier", "6 repeat")
		if res.Batch != "" || !strings.Contains(res.Problems[0].Message, "the repeats are 3") {
			t.Errorf("with %d allowed the batch is %q: %s", wrong, res.Batch, res.Problems[0].Message)
		}
	}
	d.o.AllowRepeats = 3
	res := d.make()
	d.wantProblems(res)
	if got := d.numbers(res); !slices.Equal(got, []int{0, 1, 3, 0, 2}) {
		t.Fatalf("the repeats are numbered %v", got)
	}
	d.earlier[d.letter(2)], d.earlier[d.letter(4)], d.earlier[d.letter(5)] = string(res.Batch)+" 6 2", string(res.Batch)+" 4 3", string(res.Batch)+" 5"
	if again := d.make(); !again.Known || again.Batch != res.Batch {
		t.Errorf("planned again, to go on with it, it is %+v", again)
	}
	// Once more for all, of a list that was saved anew: that is another number.
	d.bytes = "the manifest, saved anew"
	if res := d.make(); res.Batch != "" || !strings.Contains(res.Problems[0].Message, "the repeats are 5") {
		t.Errorf("the number of before sends them a third time: %v", codes(res))
	}
}

func TestAllowingRepeatsWhereThereAreNone(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"))
	d.o.AllowRepeats = 1
	res := d.make()
	d.wantProblems(res, "0 repeats-miscounted")
	if !strings.Contains(res.Problems[0].Remedy, "leave --allow-repeats out") {
		t.Errorf("the remedy is %s", res.Problems[0].Remedy)
	}
}

// While one process plans, another has planned the same, and is sending it: that is the plan
// to go on with, and its letters are no repeats.
func TestTheSamePlanByAnotherProcessMeanwhile(t *testing.T) {
	for name, options := range map[string]func(*plan.Options){
		"plain":              func(*plan.Options) {},
		"left out":           func(o *plan.Options) { o.SkipBadRows = true },
		"only what is new":   func(o *plan.Options) { o.OnlyNew = true },
		"a repeat is wanted": func(o *plan.Options) { o.AllowRepeats = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "b.pdf"))
			options(&d.o)
			if d.o.AllowRepeats > 0 {
				d.earlier[d.letter(3)] = "2026-10-01-a1 9"
			}
			var other plan.Result
			first := true
			manifest := func(ctx context.Context, yield func(mailout.Entry, []mailout.Problem) error) (plan.Reading, error) {
				if first {
					first = false
					var err error
					if other, err = plan.Make(ctx, d.manifest, d.folder, d.shelf, d.o); err != nil || other.Batch == "" {
						t.Fatalf("the other process: %+v, %v", other, err)
					}
					d.earlier[d.letter(2)], d.earlier[d.letter(3)] = string(other.Batch)+" 2", string(other.Batch)+" 3"
				}
				return d.manifest(ctx, yield)
			}
			res, err := plan.Make(t.Context(), manifest, d.folder, d.shelf, d.o)
			if err != nil || !res.Known || res.Batch != other.Batch {
				t.Errorf("the plan is %+v, %v, want batch %s", res, err, other.Batch)
			}
			d.wantProblems(res)
			if len(d.drafts) != 0 || len(d.frozen) != 1 {
				t.Errorf("drafts %v, %d batches", d.drafts, len(d.frozen))
			}
		})
	}
}
