package frame

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The head of a batch: mark, spool, first and last number.
const (
	batchMark = "LGB1"
	headSize  = len(batchMark) + 16 + 8 + 8
)

// packers are made at the first use and kept: one of each, with small windows, since a
// gateway has little memory.
var (
	packer = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault),
			zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
	})
	unpacker = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(MaxBlock))
	})
)

// Pack appends the zstd form of data to dst.
func Pack(dst, data []byte) ([]byte, error) {
	e, err := packer()
	if err != nil {
		return dst, err
	}
	return e.EncodeAll(data, dst), nil
}

// Unpack is what Pack was given. It gives ErrFormat when data is something else or
// would be more than MaxBlock bytes.
func Unpack(data []byte) ([]byte, error) {
	d, err := unpacker()
	if err != nil {
		return nil, err
	}
	out, err := d.DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return out, nil
}

// Encode is the batch as it is sent.
func (b *Batch) Encode() ([]byte, error) {
	block, err := AppendBlock(nil, b.Samples)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 0, headSize+len(block)/2)
	head = append(append(head, batchMark...), b.Spool[:]...)
	head = binary.LittleEndian.AppendUint64(head, b.First)
	head = binary.LittleEndian.AppendUint64(head, b.Last)
	out, err := Pack(head, block)
	if err == nil && len(out) > MaxBatch {
		err = fmt.Errorf("%w: a batch of %d bytes, at most %d", ErrLimit, len(out), MaxBatch)
	}
	return out, err
}

// ParseBatch reads what Encode wrote; ErrFormat or ErrLimit for anything else.
func ParseBatch(data []byte) (*Batch, error) {
	if len(data) > MaxBatch {
		return nil, fmt.Errorf("%w: a batch of %d bytes, at most %d", ErrLimit, len(data), MaxBatch)
	}
	if len(data) < headSize || !bytes.HasPrefix(data, []byte(batchMark)) {
		return nil, fmt.Errorf("%w: a batch begins with %s and has a head of %d bytes", ErrFormat, batchMark, headSize)
	}
	b := &Batch{}
	at := len(batchMark) + copy(b.Spool[:], data[len(batchMark):])
	b.First, b.Last = binary.LittleEndian.Uint64(data[at:]), binary.LittleEndian.Uint64(data[at+8:])
	block, err := Unpack(data[headSize:])
	if err != nil {
		return nil, err
	}
	if b.Samples, err = ParseBlock(block); err != nil {
		return nil, err
	}
	if b.First == 0 || b.Last < b.First || b.Last-b.First >= 1<<40 || uint64(len(b.Samples)) > b.Last-b.First+1 {
		return nil, fmt.Errorf("%w: numbers %d to %d of %d samples", ErrFormat, b.First, b.Last, len(b.Samples))
	}
	return b, nil
}
