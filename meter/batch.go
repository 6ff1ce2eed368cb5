package meter

// Batch is a set of readings of many registers on its way to the series store,
// column by column: row i is register Keys[Ref[i]], At[i], Span[i], Value[i].
// The rows of one register need not be in time order.
type Batch struct {
	Keys  []string // the registers named in this batch
	Ref   []uint32 // row → index into Keys
	At    []int64  // end of the interval or instant, Unix milliseconds UTC
	Span  []int32  // seconds of the interval that ends at At; 0 for instants and counters
	Value []float64
}

// Len is the number of rows.
func (b *Batch) Len() int { return len(b.At) }

// Append adds one row.
func (b *Batch) Append(ref uint32, at int64, span int32, value float64) {
	b.Ref = append(b.Ref, ref)
	b.At = append(b.At, at)
	b.Span = append(b.Span, span)
	b.Value = append(b.Value, value)
}

// Reset empties the rows and keeps the keys and the memory.
func (b *Batch) Reset() {
	b.Ref, b.At, b.Span, b.Value = b.Ref[:0], b.At[:0], b.Span[:0], b.Value[:0]
}

// Admission is what became of a batch in the store.
type Admission struct {
	Stored     int64 `json:"stored"`     // new readings
	Duplicates int64 `json:"duplicates"` // exactly as already stored: nothing changed
	Corrected  int64 `json:"corrected"`  // another value for a known (register, time): a new revision
}

// Add sums o into a.
func (a *Admission) Add(o Admission) {
	a.Stored += o.Stored
	a.Duplicates += o.Duplicates
	a.Corrected += o.Corrected
}

// Mark is a watermark of a sender (an import's progress), committed in the same
// transaction as the batch it belongs to, so that a restart resumes exactly there.
type Mark struct {
	Name  string // for example "import/<sha256 of file and mapping>"
	Value []byte // opaque to the store, at most 64 KiB
}
