package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// keepEvery is how often a node says how far it is, and looks after the stream.
const keepEvery = 2 * time.Second

// unseen is after how long without a word a node counts as down.
const unseen = 30 * time.Second

// Member is what a node of the cluster last said of itself.
type Member struct {
	Name     string    `json:"name"`
	Applied  uint64    `json:"applied"`           // messages applied
	Recorded int64     `json:"recorded"`          // recorded time up to which it is, Unix milliseconds
	Seen     time.Time `json:"seen"`              // when it last said so, by its clock; zero = never
	Problem  string    `json:"problem,omitempty"` // why it does not go on
	Current  bool      `json:"current"`           // it applies what comes
	Replica  bool      `json:"replica"`           // its part of the stream is current: it counts for the quorum
}

// Status is how this node sees the cluster; it is a few seconds old.
type Status struct {
	Node     string        `json:"node"`
	Leader   string        `json:"leader"` // of the stream; empty = none known
	First    uint64        `json:"first"`  // messages that the stream keeps
	Last     uint64        `json:"last"`
	Bytes    uint64        `json:"bytes"`
	MaxBytes int64         `json:"maxBytes"`
	Oldest   time.Time     `json:"oldest"` // of the messages kept
	MaxAge   time.Duration `json:"maxAge"`
	Members  []Member      `json:"members"`
	At       time.Time     `json:"at"`                // when the cluster last answered
	Problem  string        `json:"problem,omitempty"` // why this node is not current
	Alarms   []Alarm       `json:"alarms"`
}

// Alarm is something that a person must look at.
type Alarm struct {
	Node string `json:"node"` // whom it is about
	En   string `json:"en"`
	Zh   string `json:"zh"`
}

// Status is how this node sees the cluster.
func (s *Store) Status() Status {
	problem := ""
	if err := s.Complete(); err != nil {
		problem = err.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.status
	st.Node, st.Problem, st.MaxAge, st.MaxBytes = s.c.o.Name, problem, s.c.o.MaxAge, s.c.o.MaxBytes
	st.Alarms = st.alarms(time.Now())
	return st
}

// alarms is what is wrong at now.
func (st *Status) alarms(now time.Time) []Alarm {
	var out []Alarm
	say := func(node, en, zh string) { out = append(out, Alarm{node, en, zh}) }
	if now.Sub(st.At) > unseen {
		say(st.Node, "The cluster does not answer: nothing can be stored.", "集群无应答：无法写入。")
	}
	if st.Problem != "" {
		say(st.Node, "This node is not current: "+st.Problem, "本节点数据未同步："+st.Problem)
	}
	for _, m := range st.Members {
		switch {
		case m.Name == st.Node:
		case m.Seen.IsZero():
			say(m.Name, "Node "+m.Name+" has never reported.", "节点 "+m.Name+" 从未上线。")
		case now.Sub(m.Seen) > unseen:
			say(m.Name, fmt.Sprintf("Node %s was last seen %s.", m.Name, m.Seen.Format(time.RFC3339)),
				fmt.Sprintf("节点 %s 最后一次上线：%s。", m.Name, m.Seen.Format(time.RFC3339)))
		case m.Problem != "":
			say(m.Name, "Node "+m.Name+": "+m.Problem, "节点 "+m.Name+"："+m.Problem)
		}
		left := st.MaxAge - now.Sub(st.Oldest)
		held := m.Applied < st.Last && !st.Oldest.IsZero() && (left < st.MaxAge/2 || 2*st.Bytes > uint64(st.MaxBytes))
		if held {
			say(m.Name, fmt.Sprintf("Node %s has applied %d of %d messages. Those it lacks are removed in %v, or when %d of %d bytes are full; then it has to be replaced by a copy.", m.Name, m.Applied, st.Last, left.Round(time.Second), st.Bytes, st.MaxBytes),
				fmt.Sprintf("节点 %s 已应用 %d/%d 条消息，缺少的消息将在 %v 后（或占用 %d/%d 字节后）删除，届时须用其他节点的数据副本重建。", m.Name, m.Applied, st.Last, left.Round(time.Second), st.Bytes, st.MaxBytes))
		}
	}
	return out
}

// keep tells the others how far this node is, learns how far they are and, when this
// node leads the stream, lets go what all have.
func (s *Store) keep(ctx context.Context) {
	t := time.NewTicker(keepEvery)
	defer t.Stop()
	var kv jetstream.KeyValue
	for {
		if err := s.keepOnce(ctx, &kv); err != nil && ctx.Err() == nil {
			s.c.o.Log.Debug("the stream could not be looked after; it is tried again", "node", s.c.o.Name, "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (s *Store) keepOnce(ctx context.Context, kv *jetstream.KeyValue) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var err error
	if *kv == nil {
		if *kv, err = s.c.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: s.c.progressBucket(), Replicas: s.c.o.Replicas, History: 1}); err != nil {
			*kv = nil
			return err
		}
	}
	stream, err := s.c.js.Stream(ctx, s.c.streamName())
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	s.catchUp(state.LastSeq)
	if err := s.report(ctx, *kv); err != nil {
		return err
	}
	members, err := s.members(ctx, *kv)
	if err != nil {
		return err
	}
	leader := ""
	if c := stream.CachedInfo().Cluster; c != nil {
		leader = c.Leader
		for i, m := range members {
			members[i].Replica = m.Name == leader || slices.ContainsFunc(c.Replicas, func(p *jetstream.PeerInfo) bool { return p.Name == m.Name && p.Current && !p.Offline })
		}
	}
	s.mu.Lock()
	s.status = Status{Leader: leader, First: state.FirstSeq, Last: state.LastSeq, Bytes: state.Bytes, Members: members, At: time.Now()}
	if state.Msgs > 0 {
		s.status.Oldest = state.FirstTime
	}
	s.mu.Unlock()
	if !s.c.leads() {
		return nil
	}
	return letGo(ctx, stream, state, members)
}

// catchUp notes that the stream has messages up to last. A node that lost touch for
// long is not current until it has them.
func (s *Store) catchUp(last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.joined && last > s.at.Sequence+4*fetchMessages {
		s.target, s.current = last, false
	}
}

// report stores how far this node is.
func (s *Store) report(ctx context.Context, kv jetstream.KeyValue) error {
	m := Member{Name: s.c.o.Name, Seen: time.Now().UTC()}
	if err := s.Complete(); err != nil {
		m.Problem = err.Error()
	} else {
		m.Current = true
	}
	at := s.position()
	m.Applied, m.Recorded = at.Sequence, at.Recorded
	text, err := json.Marshal(m)
	if err == nil {
		_, err = kv.Put(ctx, m.Name, text)
	}
	return err
}

// members is what the nodes of the cluster last said; of a node that never did, its name.
func (s *Store) members(ctx context.Context, kv jetstream.KeyValue) ([]Member, error) {
	var out []Member
	for _, name := range s.c.o.names() {
		m := Member{Name: name}
		e, err := kv.Get(ctx, name)
		if err == nil {
			err = json.Unmarshal(e.Value(), &m)
		} else if errors.Is(err, jetstream.ErrKeyNotFound) {
			err = nil
		}
		if err != nil {
			return nil, fmt.Errorf("progress of node %s: %w", name, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// letGo removes the messages that every member has applied but for the last of them,
// by which a node that comes back sees that its copy is of this stream.
func letGo(ctx context.Context, stream jetstream.Stream, state jetstream.StreamState, members []Member) error {
	have := state.LastSeq
	for _, m := range members {
		have = min(have, m.Applied)
	}
	if have <= state.FirstSeq {
		return nil
	}
	return stream.Purge(ctx, jetstream.WithPurgeSequence(have))
}
