package node

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lingtan/access"
	"lingtan/meter"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
)

// Edit records a person's edit of a register's usage and settles the days that it
// touches. The edit is refused when it has no name or reason or stands off the
// settlement grid; nothing is recorded then.
func (n *Node) Edit(ctx context.Context, act record.Act, park string, e usage.Edit) (usage.Settled, error) {
	var none usage.Settled
	l, err := n.Layout(ctx, park)
	if err != nil {
		return none, err
	}
	reg, ok := l.Register(e.Key)
	if !ok {
		return none, fmt.Errorf("%w: %q of park %s", meter.ErrRegister, e.Key, park)
	}
	n.settling.Lock()
	defer n.settling.Unlock()
	stated, err := n.statedRegisters(ctx, park)
	if err != nil {
		return none, err
	}
	if s, is := stated[e.Key]; is && period.DayOf(time.UnixMilli(e.To-1), l.Zone).String() >= s.Since {
		return none, fmt.Errorf("%w of %s: the enterprise settles it at its own site and states it; edit it there", usage.ErrEdit, e.Key)
	}
	e.Who, e.Reason = strings.TrimSpace(e.Who), strings.TrimSpace(e.Reason)
	all, err := n.Series.Touched(ctx, park, 0)
	if err != nil {
		return none, err
	}
	first, last, any := span(l, all)
	if !any {
		return none, fmt.Errorf("%w of %s: the park has no readings yet", usage.ErrEdit, e.Key)
	}
	s := n.settlement(l, first, last)
	s.Registers = []meter.Register{reg}
	s.First = period.DayOf(time.UnixMilli(e.From), l.Zone)
	s.Last = period.DayOf(time.UnixMilli(e.To-1), l.Zone)
	if _, _, err := s.Settler.Settle(reg, s.First, s.Last, meter.Track{Key: reg.Key}, []usage.Edit{e}); err != nil {
		return none, err // tried on an empty track before anything is recorded
	}
	place, err := n.Records.ParkOrganization(ctx, park)
	if err != nil {
		return none, err
	}
	detail := fmt.Sprintf("%s %s to %s: %g %s by %s: %s", e.Key, time.UnixMilli(e.From).UTC().Format(time.RFC3339), time.UnixMilli(e.To).UTC().Format(time.RFC3339), e.Amount, reg.SettleUnit, e.Who, e.Reason)
	if err := n.Records.Note(ctx, act, access.Action("readings.edit"), place.Path, "register/"+e.Key, "done", detail); err != nil {
		return none, err
	}
	// A kill from here on loses nothing: the edit is in the store or was refused to
	// its sender, and the next settlement finds what was edited since the last.
	if _, err := n.Series.PutEdit(ctx, park, e); err != nil {
		return none, err
	}
	got, err := s.Run(ctx)
	if got.Revised > 0 {
		n.forgetTraces(park)
	}
	return got, err
}
