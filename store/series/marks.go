package series

import (
	"bytes"
	"context"
	"fmt"

	"lingtan/meter"
)

// maxMark is the largest value of a mark in bytes.
const maxMark = 64 << 10

// Mark is the value of the mark as last committed; nil when there is none.
func (s *Store) Mark(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := s.snapshot(ctx, func(c *connection) error {
		return c.run(ctx, "SELECT value FROM marks WHERE name = $1", []any{name}, func(part chunk) error {
			value = append([]byte{}, bytes.Clone(texts(part, 0)[0].bytes())...)
			return nil
		})
	})
	return value, err
}

// putMarks replaces marks within the writer's transaction.
func (s *Store) putMarks(ctx context.Context, recorded int64, marks []meter.Mark) error {
	for _, m := range marks {
		if err := checkName("mark", m.Name); err != nil {
			return err
		}
		if len(m.Value) > maxMark {
			return fmt.Errorf("%w: mark %s of %d bytes; at most %d", ErrInput, m.Name, len(m.Value), maxMark)
		}
		if err := s.writer.exec(ctx, "DELETE FROM marks WHERE name = $1", m.Name); err != nil {
			return err
		}
		err := s.writer.exec(ctx, "INSERT INTO marks VALUES ($1, $2, $3)", m.Name, m.Value, recorded)
		if err != nil {
			return err
		}
	}
	return nil
}
