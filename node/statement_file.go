package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lingtan/inventory/evidence"
	"lingtan/period"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// registerDay names a register's day.
type registerDay struct {
	key string
	day period.Day
}

// statedRevision names a register's day in one revision.
type statedRevision struct {
	registerDay
	revision uint16
}

// statements are the statements of one folder. They are not changed once read.
type statements struct {
	list   []evidence.StatedDays // number 1 first
	at     map[statedRevision]int
	newest map[registerDay]uint16
}

// number is the first statement that holds a day in a revision; 0 = none.
func (s *statements) number(d usage.Day, revision uint16) int {
	return s.at[statedRevision{registerDay{d.Key, d.Day}, revision}]
}

// statementsIn reads a folder's statements 1 to count and keeps them in memory.
func (n *Node) statementsIn(dir string, count int) (*statements, error) {
	n.mu.Lock()
	have := n.stated[dir]
	n.mu.Unlock()
	if have != nil && len(have.list) == count {
		return have, nil
	}
	all := &statements{at: map[statedRevision]int{}, newest: map[registerDay]uint16{}}
	for number := 1; number <= count; number++ {
		s, err := readStatement(documentName(dir, number))
		if err != nil {
			return nil, err
		}
		if err := all.add(s); err != nil {
			return nil, err
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stated == nil {
		n.stated = map[string]*statements{}
	}
	n.stated[dir] = all
	return all, nil
}

// documentsIn is how many statements a folder has: 1 to that number.
func documentsIn(dir string) (int, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	count := 0
	for _, f := range files {
		if number, err := strconv.Atoi(strings.TrimSuffix(f.Name(), ".json")); err == nil {
			count = max(count, number)
		}
	}
	return count, err
}

func (s *statements) add(x *statement.Statement) error {
	leaves, err := x.Leaves()
	if err != nil {
		return err
	}
	days, err := x.Days()
	if err != nil {
		return err
	}
	s.list = append(s.list, evidence.StatedDays{Signed: x.Signed, Leaves: leaves})
	for _, d := range days {
		at := registerDay{d.Key, d.Day}
		if name := (statedRevision{at, d.Revision}); s.at[name] == 0 {
			s.at[name] = x.Head.Number
		}
		s.newest[at] = max(s.newest[at], d.Revision)
	}
	return nil
}

func documentName(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%d.json", number))
}

// readStatement reads a document of a folder.
func readStatement(path string) (*statement.Statement, error) {
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := statement.Parse(doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// writeDurably writes a file whole or not at all; it survives power loss once it
// returns. Folders are made as needed.
func writeDurably(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // one left by a kill is written anew
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	for _, d := range slices.Compact([]string{dir, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))}) {
		if e := syncFolder(d); e != nil {
			return e
		}
	}
	return nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
