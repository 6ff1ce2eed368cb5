package gateway

import (
	"errors"
	"fmt"
	"io"
	"os"

	"lingtan/connector"
)

const mostThinned = 10 // times that a segment is thinned: one sample of 1,024 is left

// thin drops every second sample of each value in the oldest of the segments that were
// thinned least. Amounts over an interval (Span) are never dropped, for nothing could
// make up for them. It is false when nothing is left to be thinned.
func (s *spool) thin() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pick *segment
	for _, seg := range s.segments[:max(0, len(s.segments)-1)] {
		if seg.first != s.cursor.first && seg.level < mostThinned && (pick == nil || seg.level < pick.level) {
			pick = seg
		}
	}
	if pick == nil {
		return false, nil
	}
	data, dropped, err := s.halve(pick)
	if err != nil {
		return false, err
	}
	if err := writeDurably(pick.path, data); err != nil {
		return false, fmt.Errorf("%w: %w", ErrSpool, err)
	}
	s.used += int64(len(data)) - pick.size
	s.lost.thinned += dropped
	pick.size, pick.level = int64(len(data)), pick.level+1
	s.tell()
	return true, nil
}

// halve is a segment without every second sample of each value. Records keep their
// numbers, so that what is acknowledged still counts.
func (s *spool) halve(seg *segment) (data []byte, dropped int64, err error) {
	f, err := os.Open(seg.path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	odd := map[[3]string]bool{}
	data = appendSegmentHead(nil, s.id, seg.first, seg.level+1)
	for offset := int64(segmentHead); ; {
		e, next, err := readEntry(f, offset, seg.size)
		if err == io.EOF || err != nil && next == 0 {
			return data, dropped, nil
		}
		offset = next
		if errors.Is(err, errDamaged) {
			s.lost.damaged += int64(e.last - e.first + 1)
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if e.flags&flagState != 0 || e.last < e.first {
			continue // of use in the newest segment alone
		}
		kept := everySecond(e.forward, odd)
		dropped += int64(len(e.forward) - len(kept))
		e.forward, e.held = kept, nil
		if data, err = e.appendTo(data); err != nil {
			return nil, 0, err
		}
	}
}

func everySecond(samples []connector.Sample, odd map[[3]string]bool) []connector.Sample {
	var kept []connector.Sample
	for _, x := range samples {
		key := [3]string{x.Via, x.Device, x.Name}
		if x.Span == 0 && odd[key] {
			odd[key] = false
			continue
		}
		if x.Span == 0 {
			odd[key] = true
		}
		kept = append(kept, x)
	}
	return kept
}
