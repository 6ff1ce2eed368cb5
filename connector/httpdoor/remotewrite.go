package httpdoor

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of prometheus.WriteRequest (prompb/remote.proto and types.proto,
// remote write 1.0).
const (
	writeSeries      = 1 // WriteRequest.timeseries
	seriesLabels     = 1 // TimeSeries.labels
	seriesSamples    = 2 // TimeSeries.samples
	seriesHistograms = 4 // TimeSeries.histograms
	labelName        = 1 // Label.name
	labelValue       = 2 // Label.value
	sampleValue      = 1 // Sample.value
	sampleTimestamp  = 2 // Sample.timestamp, milliseconds
)

// remoteWrite takes Prometheus remote write 1.0. Native histograms and values that are
// no number, the staleness marker among them, are counted as ignored. 204 when all was
// taken, 400 when a series has no name or a label twice and the others were taken.
func (c *call) remoteWrite() error {
	kind := c.r.Header.Get("Content-Type")
	if !strings.HasPrefix(kind, "application/x-protobuf") || strings.Contains(kind, "io.prometheus.write.v2") {
		return refuse(http.StatusUnsupportedMediaType, "Content-Type %q: remote write 1.0 is application/x-protobuf", kind)
	}
	body, err := c.snappyBody()
	if err != nil {
		return err
	}
	w := remoteWriter{call: c}
	if err := eachField(body, w.request); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	c.tally.faulty.Add(int64(w.faults.total))
	c.w.Header().Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	c.w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(w.samples-c.receipt.Refused))
	c.w.Header().Set("X-Prometheus-Remote-Write-Histograms-Written", "0")
	if err := w.faults.outcome(c); err != nil {
		return err
	}
	return c.answerNothing(http.StatusNoContent)
}

type remoteWriter struct {
	*call
	faults  partial
	series  int // seen
	samples int // handed on
	key     []byte
	name    string
	device  string // that the labels name; "" = none
}

func (w *remoteWriter) request(f wireField) error {
	if f.number != writeSeries {
		return nil
	}
	if err := f.wants(protowire.BytesType); err != nil {
		return err
	}
	w.series++
	if err := w.readName(f.text); err != nil {
		return err
	}
	if w.name == "" {
		return nil
	}
	return eachField(f.text, w.value)
}

// readName finds the series' name by its labels as they were written, and reads them
// when it is not known. The name is "" when the series is faulty.
func (w *remoteWriter) readName(text []byte) error {
	w.key = append(w.key[:0], 0) // no line of line protocol starts with it
	err := eachField(text, func(f wireField) error {
		if f.number != seriesLabels {
			return nil
		}
		w.key = protowire.AppendBytes(w.key, f.text)
		return f.wants(protowire.BytesType)
	})
	if err != nil {
		return err
	}
	if known := w.names.find(w.key); known != nil {
		w.name, w.device = known.head, known.device
		return nil
	}
	labels, name, err := readPromLabels(text)
	if err != nil {
		return err
	}
	w.name = ""
	switch head, device, err := seriesName(name, labels, w.names.pick); {
	case name == "":
		w.faults.note(&lineFault{w.series, 1, "the series has no __name__"})
	case err != nil:
		w.faults.note(&lineFault{w.series, 1, err.Error()})
	case !utf8.ValidString(head) || !utf8.ValidString(device):
		w.faults.note(&lineFault{w.series, 1, "a label is not UTF-8"})
	default:
		known := w.names.add(w.key, head, device)
		w.name, w.device = known.head, known.device
	}
	return nil
}

func readPromLabels(text []byte) (labels []label, name string, err error) {
	err = eachField(text, func(f wireField) error {
		if f.number != seriesLabels {
			return nil
		}
		var l label
		err := eachField(f.text, func(f wireField) error {
			switch f.number {
			case labelName:
				l.key = string(f.text)
			case labelValue:
				l.value = string(f.text)
			}
			return nil
		})
		if l.key == "__name__" && name == "" {
			name = l.value
			return err
		}
		labels = append(labels, l)
		return err
	})
	return labels, name, err
}

// value hands a sample of the series on.
func (w *remoteWriter) value(f wireField) error {
	switch f.number {
	case seriesHistograms:
		w.ignored++
	case seriesSamples:
		if err := f.wants(protowire.BytesType); err != nil {
			return err
		}
		return w.sample(f.text)
	}
	return nil
}

func (w *remoteWriter) sample(text []byte) error {
	var value float64
	var ms int64
	err := eachField(text, func(f wireField) error {
		switch f.number {
		case sampleValue:
			value = f.float()
			return f.wants(protowire.Fixed64Type)
		case sampleTimestamp:
			ms = int64(f.bits)
			return f.wants(protowire.VarintType)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		w.ignored++
		return nil
	}
	w.samples++
	return w.add(w.device, w.name, time.UnixMilli(ms).UTC(), 0, value)
}
