package simulation

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// Every fault strikes the first call of every kind about every row's first attempt, and
// nothing else goes wrong: what becomes of it is the fault's own. What makes a document
// doubtful strikes as often as it is fetched again.
func TestEveryFaultOfEveryCall(t *testing.T) {
	p := newPlan(t, 3, false, alike("SIGNED", "SIGNED", "REJECTED"))
	tried := 0
	for _, kind := range []string{sandbox.CallRoot, sandbox.CallCreate, sandbox.CallPoll, sandbox.CallPAdES, sandbox.CallXAdES, sandbox.CallConfirm, sandbox.CallCancel} {
		for _, fault := range unique(append(faultsOf[kind], anyFault...)) {
			if tried++; tried%(10/thorough) != 0 {
				continue
			}
			t.Run(kind+" "+strings.ReplaceAll(fault, "/", ""), func(t *testing.T) {
				t.Parallel()
				want := p.undisturbed(t, kind == sandbox.CallXAdES)
				synctest.Test(t, func(t *testing.T) {
					n := still()
					n.XAdES, n.Foreign = kind == sandbox.CallXAdES, 3
					if kind == sandbox.CallCancel {
						n.Cancels, n.CancelTurn, n.CancelAfter, n.SignAfter = 1, 1, 4*time.Second, 25*time.Minute
					}
					w := newWorld(t, p, 1, n)
					w.want = want
					strikes := 1
					if slices.Contains(alarming[kind+" "+fault], mailout.AlarmDoubtful) {
						strikes = 3
					}
					w.planted = func(struck, about string, nth int) string {
						if struck == kind && nth <= strikes && !strings.HasSuffix(about, ".2") {
							return fault
						}
						return ""
					}
					w.play()
					w.wantAlarms(alarming[kind+" "+fault]...)
				})
			})
		}
	}
}

// alarming are the faults that a person must look into afterwards.
var alarming = map[string][]mailout.AlarmKind{
	"create duplicate": {mailout.AlarmDuplicate},
	"poll foreign":     {mailout.AlarmStrange},
	"pades garble":     {mailout.AlarmDoubtful},
	"xades garble":     {mailout.AlarmDoubtful},
	"pades html":       {mailout.AlarmDoubtful}, // a page in its place: what it is, a person says
	"xades html":       {mailout.AlarmDoubtful},
}

// wantAlarms wants that there were alarms of these kinds at the end, and no others.
func (w *world) wantAlarms(want ...mailout.AlarmKind) {
	w.t.Helper()
	var got []mailout.AlarmKind
	for _, a := range w.alarms {
		got = append(got, a.Kind)
	}
	if got := unique(got); !slices.Equal(got, want) {
		w.t.Errorf("the alarms were %q, want %q", got, want)
	}
}

func unique[T cmp.Ordered](all []T) []T { return slices.Compact(slices.Sorted(slices.Values(all))) }

// excused are the kinds of error with which a process may end although it lived.
var excused = []app.Kind{app.KindAway, app.KindIdentity}
