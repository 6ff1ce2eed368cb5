package gateway

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

// A segment file is a head and records. The head: mark, id of the spool, number of
// the first sample, how often it was thinned, CRC of what came before. The head of a
// record: length and CRC of its payload, first and last number, time, run, flags,
// CRC of what came before. Numbers are little-endian, CRC is Castagnoli's.
const (
	segmentMark = "LGS1"
	segmentHead = len(segmentMark) + 16 + 8 + 4 + 4
	recordHead  = 4 + 4 + 8 + 8 + 8 + 4 + 4 + 4
	maxPayload  = 2*frame.MaxBlock + 64
)

// Flags of a record.
const (
	flagState  = 1 << iota // the payload is the state of the filter, and no samples
	flagUnsure             // the clock was not compared with the server's when it was written
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged marks what cannot be read of a segment.
var errDamaged = errors.New("gateway: damaged")

// entry is a record: samples on their way, and those that wait in a window of the filter.
type entry struct {
	first, last uint64 // numbers of forward; last = first-1 when it is empty
	at          int64  // Unix milliseconds of the commit
	run         uint32 // which run of the program wrote it
	flags       uint32
	forward     []connector.Sample
	held        []connector.Sample
	tick        int64  // Unix milliseconds to which windows were ended; 0 = none
	state       []byte // with flagState
}

// appendTo writes the record.
func (e *entry) appendTo(dst []byte) ([]byte, error) {
	payload := e.state
	if e.flags&flagState == 0 {
		var err error
		if payload, err = e.payload(); err != nil {
			return dst, err
		}
	}
	begun := len(dst)
	dst = append(dst, make([]byte, recordHead)...)
	dst, err := frame.Pack(dst, payload)
	if err != nil {
		return dst[:begun], err
	}
	head, body := dst[begun:begun+recordHead], dst[begun+recordHead:]
	o := binary.LittleEndian
	o.PutUint32(head[0:], uint32(len(body)))
	o.PutUint32(head[4:], crc32.Checksum(body, castagnoli))
	o.PutUint64(head[8:], e.first)
	o.PutUint64(head[16:], e.last)
	o.PutUint64(head[24:], uint64(e.at))
	o.PutUint32(head[32:], e.run)
	o.PutUint32(head[36:], e.flags)
	o.PutUint32(head[40:], crc32.Checksum(head[:40], castagnoli))
	return dst, nil
}

func (e *entry) payload() ([]byte, error) {
	forward, err := frame.AppendBlock(nil, e.forward)
	if err != nil {
		return nil, err
	}
	held, err := frame.AppendBlock(nil, e.held)
	if err != nil {
		return nil, err
	}
	out := binary.AppendUvarint(nil, uint64(len(forward)))
	out = append(out, forward...)
	out = binary.AppendUvarint(out, uint64(len(held)))
	out = append(out, held...)
	return binary.AppendVarint(out, e.tick), nil
}

// parsePayload reads what payload wrote.
func (e *entry) parsePayload(body []byte) error {
	data, err := frame.Unpack(body)
	if err != nil {
		return err
	}
	if e.flags&flagState != 0 {
		e.state = data
		return nil
	}
	for _, into := range []*[]connector.Sample{&e.forward, &e.held} {
		n, size := binary.Uvarint(data)
		if size <= 0 || n > uint64(len(data)-size) {
			return fmt.Errorf("%w: a block is cut", errDamaged)
		}
		if *into, err = frame.ParseBlock(data[size : size+int(n)]); err != nil {
			return err
		}
		data = data[size+int(n):]
	}
	tick, size := binary.Varint(data)
	if size != len(data) {
		return fmt.Errorf("%w: bytes after a record", errDamaged)
	}
	e.tick = tick
	return nil
}

// readEntry reads the record at an offset and gives where the next one begins. io.EOF:
// nothing more up to limit. errDamaged with next > 0: this record is unreadable, the
// next one may be sound; with next 0 the rest of the file is lost.
func readEntry(r io.ReaderAt, offset, limit int64) (e entry, next int64, err error) {
	if offset >= limit {
		return e, 0, io.EOF
	}
	var head [recordHead]byte
	if _, err := r.ReadAt(head[:], offset); err != nil {
		return e, 0, fmt.Errorf("%w: a record's head is cut: %w", errDamaged, err)
	}
	o := binary.LittleEndian
	length := int64(o.Uint32(head[0:]))
	if crc32.Checksum(head[:40], castagnoli) != o.Uint32(head[40:]) || length > maxPayload || offset+recordHead+length > limit {
		return e, 0, fmt.Errorf("%w: a record's head", errDamaged)
	}
	e = entry{first: o.Uint64(head[8:]), last: o.Uint64(head[16:]), at: int64(o.Uint64(head[24:])), run: o.Uint32(head[32:]), flags: o.Uint32(head[36:])}
	next = offset + recordHead + length
	body := make([]byte, length)
	if _, err := r.ReadAt(body, offset+recordHead); err != nil {
		return e, 0, fmt.Errorf("%w: a record is cut: %w", errDamaged, err)
	}
	if crc32.Checksum(body, castagnoli) != o.Uint32(head[4:]) {
		return e, next, fmt.Errorf("%w: a record's content", errDamaged)
	}
	if err := e.parsePayload(body); err != nil {
		return e, next, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return e, next, nil
}

// segment is a file of the spool.
type segment struct {
	path  string
	first uint64 // number of its first sample
	level uint32 // how often it was thinned
	size  int64
}

// segmentPath names the file whose first sample has a number.
func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d.seg", first))
}

func appendSegmentHead(dst []byte, id [16]byte, first uint64, level uint32) []byte {
	begun := len(dst)
	dst = append(append(dst, segmentMark...), id[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, first)
	dst = binary.LittleEndian.AppendUint32(dst, level)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begun:], castagnoli))
}

// readSegmentHead reads the head of a segment file.
func readSegmentHead(path string) (seg segment, id [16]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return seg, id, err
	}
	defer f.Close()
	var head [segmentHead]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return seg, id, fmt.Errorf("%w: %s: its head is cut", errDamaged, path)
	}
	n := segmentHead - 4
	if string(head[:4]) != segmentMark || crc32.Checksum(head[:n], castagnoli) != binary.LittleEndian.Uint32(head[n:]) {
		return seg, id, fmt.Errorf("%w: %s: its head", errDamaged, path)
	}
	info, err := f.Stat()
	if err != nil {
		return seg, id, err
	}
	copy(id[:], head[4:])
	return segment{path: path, first: binary.LittleEndian.Uint64(head[20:]), level: binary.LittleEndian.Uint32(head[28:]), size: info.Size()}, id, nil
}

// writeDurably writes a file whole: under another name first, then in its place.
func writeDurably(path string, data []byte) error {
	temporary := path + ".new"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes names of files durable.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // which does so by itself, and cannot be asked
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
