package highs

import (
	"context"
	"encoding/binary"
	"math"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// The types of WebAssembly, short for the table of imports.
const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
	f64 = api.ValueTypeF64
)

// Error numbers that the C library inside expects (Emscripten's musl and WASI).
const (
	noEntry     = -44 // ENOENT, of openat
	noTerminal  = -59 // ENOTTY, of ioctl
	badFile     = 8   // EBADF of WASI
	notSeekable = 70  // ESPIPE of WASI
)

const pageSize = 65536

// host is one function that the module imports: its short name, its signature and what
// it does on the arguments' stack.
type host struct {
	name    string
	in, out []api.ValueType
	call    func(ctx context.Context, m api.Module, stack []uint64)
}

// hosts are the module's imports. There are no files and no environment: the module
// computes, tells the time, grows its memory and writes its log.
func hosts() []host {
	say := func(v int32) func(context.Context, api.Module, []uint64) {
		return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = api.EncodeI32(v) }
	}
	begin := time.Now()
	return []host{
		{"a", []api.ValueType{i32, i32, i32}, nil, dies}, // __cxa_throw: the module is built without exceptions
		{"b", []api.ValueType{i32}, nil, dies},           // exit
		{"k", nil, nil, dies},                            // abort
		{"r", []api.ValueType{i32}, nil, dies},           // proc_exit
		{"c", nil, []api.ValueType{f64}, func(_ context.Context, _ api.Module, stack []uint64) { // emscripten_get_now, ms
			stack[0] = api.EncodeF64(float64(time.Since(begin)) / 1e6)
		}},
		{"j", nil, []api.ValueType{f64}, func(_ context.Context, _ api.Module, stack []uint64) { // date_now, ms
			stack[0] = api.EncodeF64(float64(time.Now().UnixMilli()))
		}},
		{"p", []api.ValueType{i32, i64, i32}, []api.ValueType{i32}, clockTime(begin)},
		{"q", []api.ValueType{i32}, []api.ValueType{i32}, grow},
		{"f", []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}, write},
		{"d", []api.ValueType{i32}, []api.ValueType{i32}, say(0)},                                       // fd_close
		{"e", []api.ValueType{i32, i32, i32}, []api.ValueType{i32}, say(0)},                             // fcntl64
		{"g", []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}, say(badFile)},                  // fd_read
		{"h", []api.ValueType{i32, i32, i32}, []api.ValueType{i32}, say(noTerminal)},                    // ioctl
		{"i", []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}, say(noEntry)},                  // openat
		{"l", []api.ValueType{i32, f64}, []api.ValueType{i32}, say(0)},                                  // setitimer
		{"m", []api.ValueType{i32, i32, i32, i32}, nil, func(context.Context, api.Module, []uint64) {}}, // tzset: UTC
		{"n", []api.ValueType{i32, i32}, []api.ValueType{i32}, say(0)},                                  // environ_get
		{"o", []api.ValueType{i32, i32}, []api.ValueType{i32}, noEnvironment},
		{"s", nil, nil, func(context.Context, api.Module, []uint64) {}}, // keepalive_clear
		{"t", []api.ValueType{i32, i64, i32, i32}, []api.ValueType{i32}, say(notSeekable)},
	}
}

// dies ends the module; the call into it returns a sys.ExitError.
func dies(ctx context.Context, m api.Module, _ []uint64) {
	_ = m.CloseWithExitCode(ctx, 1)
	panic(sys.NewExitError(1))
}

func clockTime(begin time.Time) func(context.Context, api.Module, []uint64) {
	return func(_ context.Context, m api.Module, stack []uint64) {
		ns := uint64(time.Since(begin))
		if api.DecodeI32(stack[0]) == 0 { // the wall clock
			ns = uint64(time.Now().UnixNano())
		}
		m.Memory().WriteUint64Le(api.DecodeU32(stack[2]), ns)
		stack[0] = 0
	}
}

// grow is emscripten_resize_heap: to the size asked for and a fifth more, so that a
// growing model is not copied each time; false when the limit does not allow it.
func grow(_ context.Context, m api.Module, stack []uint64) {
	want, have := uint64(api.DecodeU32(stack[0])), uint64(m.Memory().Size())
	stack[0] = 0
	for _, size := range []uint64{max(want, have+have/5), want} {
		if size <= have {
			stack[0] = 1
			return
		}
		if _, ok := m.Memory().Grow(uint32((size - have + pageSize - 1) / pageSize)); ok {
			stack[0] = 1
			return
		}
	}
}

func noEnvironment(_ context.Context, m api.Module, stack []uint64) {
	m.Memory().WriteUint32Le(api.DecodeU32(stack[0]), 0)
	m.Memory().WriteUint32Le(api.DecodeU32(stack[1]), 0)
	stack[0] = 0
}

// logKey is where a context holds the solve's log, a func([]byte).
type logKey struct{}

// write is fd_write: what HiGHS logs goes to the solve's log.
func write(ctx context.Context, m api.Module, stack []uint64) {
	list, n, told := api.DecodeU32(stack[1]), api.DecodeU32(stack[2]), api.DecodeU32(stack[3])
	log, _ := ctx.Value(logKey{}).(func([]byte))
	var total uint32
	for i := range n {
		head, ok := m.Memory().Read(list+8*i, 8)
		if !ok {
			stack[0] = badFile
			return
		}
		text, ok := m.Memory().Read(binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:]))
		if ok && log != nil {
			log(text)
		}
		total += uint32(len(text))
	}
	m.Memory().WriteUint32Le(told, total)
	stack[0] = 0
}

// importHosts instantiates the module's imports, under the name that it knows them by.
func importHosts(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder("a")
	for _, h := range hosts() {
		b = b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(h.call), h.in, h.out).Export(h.name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// bytesOf are numbers as the module stores them.
func bytesOf(v []float64) []byte {
	b := make([]byte, 0, 8*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

func bytesOfInts(v []int32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(x))
	}
	return b
}
