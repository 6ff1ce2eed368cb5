package gateway

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"slices"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

// parcel is what one read takes out of the spool, for one batch.
type parcel struct {
	first, last uint64
	samples     []connector.Sample
	at          int64 // when the oldest of them came
}

// read waits for samples that were not read yet and gives up to about most of them,
// those of whole records. adjust may change the samples of each record. Only one
// goroutine may read and acknowledge.
func (s *spool) read(ctx context.Context, most int, adjust func(*entry)) (*parcel, error) {
	p := &parcel{}
	names := 0
	for len(p.samples) < most {
		e, more, err := s.nextEntry()
		if e == nil && p.last > 0 { // an error comes again at the next read
			break
		}
		if err != nil {
			return nil, err
		}
		if e == nil {
			select {
			case <-more:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		names += weigh(e.forward)
		if p.last > 0 && (len(p.samples)+len(e.forward) > frame.MaxSamples || names > mostNames) {
			s.ahead = e
			break
		}
		adjust(e)
		if p.last == 0 {
			p.first, p.at = e.first, e.at
		}
		p.last = e.last
		p.samples = append(p.samples, e.forward...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oldest = p.at
	return p, nil
}

// nextEntry is the next record with samples after the acknowledged number; nil with a
// channel to wait on when there is none.
func (s *spool) nextEntry() (*entry, <-chan struct{}, error) {
	if e := s.ahead; e != nil {
		s.ahead = nil
		return e, nil, nil
	}
	for {
		limit, bound, more, err := s.place()
		if err != nil || limit == 0 {
			return nil, more, err
		}
		e, next, err := readEntry(s.cursor.file, s.cursor.offset, limit)
		switch {
		case err == io.EOF, err != nil && next == 0:
			if done, more := s.turn(err != io.EOF); done {
				return nil, more, nil
			}
			continue
		case errors.Is(err, errDamaged):
			s.count(e.first, e.last)
		case err != nil:
			return nil, nil, err
		}
		s.cursor.offset = next
		if err == nil && e.flags&flagState == 0 && e.last >= e.first && e.last > s.ackedNumber() && e.last < bound {
			return &e, nil, nil
		}
	}
}

func (s *spool) ackedNumber() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked
}

// count notes numbers that cannot be read.
func (s *spool) count(first, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last >= first && last > s.acked {
		s.lost.damaged += int64(last - max(first, s.acked+1) + 1)
	}
}

// place opens the reader's segment where none is open, and gives up to where it may be
// read; 0: there is nothing. Numbers from bound on are of the next segment: a record
// that has them failed and was written again there.
func (s *spool) place() (limit int64, bound uint64, more <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.segments, func(x *segment) bool { return x.first == s.cursor.first })
	if i < 0 || s.anew {
		s.leave()
		s.anew = false
		i = max(i, 0)
	}
	if len(s.segments) == 0 {
		return 0, 0, s.changed, nil
	}
	seg, bound := s.segments[i], uint64(math.MaxUint64)
	if i+1 < len(s.segments) {
		bound = s.segments[i+1].first
	}
	if s.cursor.file == nil {
		f, err := os.Open(seg.path)
		if err != nil {
			return 0, 0, nil, err
		}
		s.cursor = cursor{first: seg.first, file: f, offset: int64(segmentHead)}
	}
	return seg.size, bound, nil, nil
}

// turn goes on to the next segment; true when the reader stands at the end of all.
func (s *spool) turn(lost bool) (end bool, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.segments, func(x *segment) bool { return x.first == s.cursor.first })
	if i < 0 {
		s.leave()
		return false, nil
	}
	seg := s.segments[i]
	if i == len(s.segments)-1 {
		if !lost && s.cursor.offset < seg.size { // more came in the meantime
			return false, nil
		}
		return true, s.changed
	}
	if lost {
		s.lost.damaged += int64(s.segments[i+1].first - max(seg.first, s.acked+1))
	}
	following := s.segments[i+1].first
	s.leave()
	s.cursor.first = following
	return false, nil
}
