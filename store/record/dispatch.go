package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

// maxDispatchRun bounds the inputs and the plan of a run, bytes as JSON.
const maxDispatchRun = 64 << 20

// DispatchDocument is what a park can dispatch, as it was recorded at a time.
type DispatchDocument struct {
	bun.BaseModel `bun:"table:dispatch_document" json:"-"`
	Park          string    `json:"park"`
	Number        int64     `json:"number"` // from 1, without gaps
	Hash          string    `json:"hash"`   // SHA-256 of Text, hexadecimal
	RecordedAt    time.Time `json:"recordedAt"`
	Author        string    `json:"author"`
	Text          string    `json:"text"`
}

// DispatchRun is a planned horizon with what it was planned from. Money is in Currency,
// carbon in kg.
type DispatchRun struct {
	bun.BaseModel `bun:"table:dispatch_run" json:"-"`
	Park          string    `json:"park"`
	Number        int64     `json:"number"`   // in the park, from 1
	Document      int64     `json:"document"` // version it was planned from; 0 = the shipped example
	Begins        time.Time `json:"begins"`
	Ends          time.Time `json:"ends"`
	RecordedAt    time.Time `json:"recordedAt"`
	Author        string    `json:"author"`
	Title         string    `json:"title"`
	Status        string    `json:"status"` // optimal, feasible, relaxed, fallback
	Currency      string    `json:"currency"`
	Total         float64   `json:"total"`
	Carbon        float64   `json:"carbon"`
	Saving        *float64  `json:"saving"`  // against the park run by rules
	Avoided       *float64  `json:"avoided"` // likewise, kg
	Gap           *float64  `json:"gap"`
	Seconds       float64   `json:"seconds"` // it took
	Packed        []byte    `json:"-"`       // inputs and plan as JSON, packed
}

// DispatchDecision is what a person decided about a run.
type DispatchDecision struct {
	bun.BaseModel `bun:"table:dispatch_decision" json:"-"`
	Park          string    `json:"park"`
	Run           int64     `json:"run"`
	Number        int64     `json:"number"` // of the run, from 1
	At            time.Time `json:"at"`
	Who           string    `json:"who"`
	Name          string    `json:"name"`
	Kind          string    `json:"kind"` // propose, approve, reject, withdraw
	Note          string    `json:"note"`
}

// DispatchPlanning is how far the planning of a park is; it is told, and not stored.
type DispatchPlanning struct {
	Day     string    `json:"day"`
	Since   time.Time `json:"since"`
	Best    *float64  `json:"best"`  // objective of the best plan so far; null: none yet
	Bound   *float64  `json:"bound"` // no plan is better; null: nothing is proven
	Running bool      `json:"running"`
	Run     int64     `json:"run"`   // number of what came of it; 0: none
	Error   string    `json:"error"` // why none came of it
}

// SaveDispatchDocument records a document as the park's next version. The same text
// again makes no new one.
func (s *Store) SaveDispatchDocument(ctx context.Context, act Act, organization access.Path, park string, text []byte) (DispatchDocument, error) {
	sum := sha256.Sum256(text)
	x := DispatchDocument{Park: park, Hash: hex.EncodeToString(sum[:]), RecordedAt: act.At, Author: act.Who, Text: string(text)}
	err := s.write(ctx, func(tx bun.Tx) error {
		latest, err := latestDispatchDocument(ctx, tx, park)
		if err != nil {
			return err
		}
		if latest.Number > 0 && latest.Hash == x.Hash {
			x = latest
			return nil
		}
		x.Number = latest.Number + 1
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return added(err, "dispatch document", park)
		}
		return s.audit(ctx, tx, act, event{action: "dispatch.document", organization: organization,
			resource: fmt.Sprintf("dispatch-document/%s@%d", park, x.Number), detail: "sha256 " + x.Hash})
	})
	return x, err
}

func latestDispatchDocument(ctx context.Context, db bun.IDB, park string) (DispatchDocument, error) {
	var x DispatchDocument
	err := db.NewSelect().Model(&x).Where("park = ?", park).OrderExpr("number DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return DispatchDocument{}, nil
	}
	return x, found(err, "dispatch document of park", park)
}

// DispatchDocument is the newest document of a park; Number is 0 when it has none.
func (s *Store) DispatchDocument(ctx context.Context, park string) (DispatchDocument, error) {
	return latestDispatchDocument(ctx, s.db, park)
}

// SaveDispatchRun keeps a run for good, with its inputs and plan as JSON, and gives it
// its number.
func (s *Store) SaveDispatchRun(ctx context.Context, act Act, organization access.Path, x DispatchRun, body []byte) (DispatchRun, error) {
	if len(body) > maxDispatchRun {
		return x, fmt.Errorf("%w: a run of %d bytes, at most %d; plan fewer steps", ErrTooLarge, len(body), maxDispatchRun)
	}
	packed, err := pack(body)
	if err != nil {
		return x, err
	}
	x.Packed, x.RecordedAt, x.Author = packed, act.At, act.Who
	err = s.write(ctx, func(tx bun.Tx) error {
		var last int64
		err := tx.NewSelect().Model((*DispatchRun)(nil)).ColumnExpr("COALESCE(MAX(number), 0)").Where("park = ?", x.Park).Scan(ctx, &last)
		if err != nil {
			return fmt.Errorf("record: dispatch runs of %s: %w", x.Park, err)
		}
		x.Number = last + 1
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return added(err, "dispatch run", x.Park)
		}
		return s.audit(ctx, tx, act, event{action: "dispatch.run", organization: organization,
			resource: fmt.Sprintf("dispatch/%s/%d", x.Park, x.Number), detail: x.Status})
	})
	return x, err
}

// DispatchRuns are the last runs of a park without inputs and plans, the newest first, at
// most limit (1 to 1000).
func (s *Store) DispatchRuns(ctx context.Context, park string, limit int) ([]DispatchRun, error) {
	list := []DispatchRun{}
	err := s.db.NewSelect().Model(&list).ExcludeColumn("packed").Where("park = ?", park).OrderExpr("number DESC").Limit(min(max(limit, 1), 1000)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: dispatch runs of %s: %w", park, err)
	}
	return list, nil
}

// DispatchRun is a run, its inputs and plan as JSON, and what was decided about it.
func (s *Store) DispatchRun(ctx context.Context, park string, number int64) (DispatchRun, []byte, []DispatchDecision, error) {
	var x DispatchRun
	err := s.db.NewSelect().Model(&x).Where("park = ? AND number = ?", park, number).Scan(ctx)
	if err != nil {
		return x, nil, nil, found(err, "dispatch run", fmt.Sprintf("%s %d", park, number))
	}
	body, err := unpack(x.Packed)
	if err != nil {
		return x, nil, nil, fmt.Errorf("record: dispatch run %s %d: %w", park, number, err)
	}
	decisions, err := dispatchDecisions(ctx, s.db, park, number)
	return x, body, decisions, err
}

func dispatchDecisions(ctx context.Context, db bun.IDB, park string, run int64) ([]DispatchDecision, error) {
	list := []DispatchDecision{}
	err := db.NewSelect().Model(&list).Where("park = ? AND run = ?", park, run).OrderExpr("number").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: decisions about dispatch run %s %d: %w", park, run, err)
	}
	return list, nil
}

// DecideDispatch keeps what a person decided about a run: a run is proposed, and another
// person than the proposer approves it. Errors wrap ErrConflict where it does not stand so.
func (s *Store) DecideDispatch(ctx context.Context, act Act, organization access.Path, x DispatchDecision) ([]DispatchDecision, error) {
	x.At, x.Who, x.Name = act.At, act.Who, act.Name
	var list []DispatchDecision
	err := s.write(ctx, func(tx bun.Tx) error {
		var err error
		if list, err = dispatchDecisions(ctx, tx, x.Park, x.Run); err != nil {
			return err
		}
		if err := decidable(list, x); err != nil {
			return err
		}
		x.Number = int64(len(list)) + 1
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return added(err, "decision about dispatch run", fmt.Sprintf("%s %d", x.Park, x.Run))
		}
		list = append(list, x)
		return s.audit(ctx, tx, act, event{action: "dispatch." + x.Kind, organization: organization,
			resource: fmt.Sprintf("dispatch/%s/%d", x.Park, x.Run), detail: x.Note})
	})
	return list, err
}

// decidable says whether a decision may follow those made already.
func decidable(list []DispatchDecision, x DispatchDecision) error {
	stands, proposer := "", ""
	for _, d := range list {
		stands = d.Kind
		if d.Kind == "propose" {
			proposer = d.Who
		}
	}
	refuse := func(why string) error {
		return fmt.Errorf("%w: dispatch run %s %d: %s", ErrConflict, x.Park, x.Run, why)
	}
	switch {
	case x.Kind == "propose" && (stands == "propose" || stands == "approve"):
		return refuse("it is proposed already")
	case x.Kind == "propose":
		return nil
	case x.Kind == "approve" && stands == "propose" && x.Who == proposer:
		return refuse("whoever proposed it may not approve it; another person must")
	case (x.Kind == "approve" || x.Kind == "reject") && stands == "propose", x.Kind == "withdraw" && (stands == "propose" || stands == "approve"):
		return nil
	}
	return refuse("it cannot be decided so: " + x.Kind + " after " + map[bool]string{true: "no decision", false: stands}[stands == ""])
}
