package folder

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
	"lingtan/ingest/readingfile"
)

// What stands behind a file's name in done and failed.
const (
	receiptEnd = ".receipt.json"
	faultEnd   = ".fault.txt"
)

// listedRejects is how many rejects a receipt lists; all are counted.
const listedRejects = 200

// receipt says what became of a file; it is written beside it as JSON.
type receipt struct {
	File       string                `json:"file"`
	SHA256     string                `json:"sha256"`
	Bytes      int64                 `json:"bytes"`
	Park       string                `json:"park"`
	Device     string                `json:"device"`
	At         time.Time             `json:"at"`
	Rows       int64                 `json:"rows"`
	Readings   int64                 `json:"readings"` // values found in them
	Stored     int                   `json:"stored"`
	Duplicates int                   `json:"duplicates"`
	Corrected  int                   `json:"corrected"`
	Unmapped   int                   `json:"unmapped"`
	Refused    int                   `json:"refused"`  // by the admission
	Rejected   int64                 `json:"rejected"` // rows or cells that could not be read
	Rejects    []reject              `json:"rejects"`  // the first 200 of them
	Findings   []readingfile.Finding `json:"findings"`
	ResumedAt  int64                 `json:"resumed_at_row,omitempty"` // rows that were admitted before a stop
	Repeated   bool                  `json:"repeated,omitempty"`       // the file was imported before: nothing was done
	First      string                `json:"first_file,omitempty"`     // under this name
	FirstAt    time.Time             `json:"first_at,omitzero"`        // at this time
}

// reject is a row or cell that could not be read.
type reject struct {
	Line   int64  `json:"line"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Code   string `json:"code"`
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}

func receiptOf(c copied, d connector.Device, whole readingfile.Report, sum connector.Receipt, now time.Time) *receipt {
	return &receipt{File: c.name, SHA256: c.sha256, Bytes: c.info.Size(), Park: d.Park, Device: d.ID, At: now.UTC(),
		Rows: whole.Rows, Readings: whole.Readings, Stored: sum.Stored, Duplicates: sum.Duplicates, Corrected: sum.Corrected,
		Unmapped: sum.Unmapped, Refused: sum.Refused, Rejected: whole.Rejected, Findings: whole.Findings}
}

func (r *receipt) text() []byte {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		panic(err) // it holds texts, numbers and a time of our clock
	}
	return append(text, '\n')
}

// listRejects reads the rejects file of readingfile: line, column, value, code and the
// reason in Chinese and English.
func listRejects(text []byte) []reject {
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	rows.FieldsPerRecord = -1
	list := []reject{}
	for len(list) < listedRejects {
		cells, err := rows.Read()
		if err != nil {
			return list
		}
		line, err := strconv.ParseInt(cells[0], 10, 64)
		if err != nil || len(cells) < 6 {
			continue // the header
		}
		list = append(list, reject{line, cells[1], cells[2], cells[3], cells[4], cells[5]})
	}
	return list
}

// ruling says of a kind of fault what it is and what to do.
type ruling struct {
	is                       error
	zh, en, adviceZH, advice string
}

var rulings = []ruling{
	{readingfile.ErrCut, "文件不完整。", "The file is cut short.", "重新传输完整文件，再放入收件文件夹。", "Send the whole file again."},
	{readingfile.ErrColumn, "文件缺少映射所指的列。", "The file lacks a column that the mapping names.", "核对文件表头与映射，再放入收件文件夹。", "Hold its header against the mapping, then put the file back."},
	{readingfile.ErrLimit, "超出限制。", "A limit is exceeded.", "拆分文件，或在设备选项、映射中放宽限制。", "Divide the file, or raise the limit in the device's options or the mapping."},
	{readingfile.ErrRegister, "列名不能作为数值名称。", "The mapping gives a value a name that it cannot have.", "修改映射。", "Correct the mapping."},
	{errNothing, "文件中没有可读取的数值。", "No value of the file could be read.", "核对映射的时间格式、时区与小数点，再放入收件文件夹。", "Check the mapping's time layout, zone and decimal sign, then put the file back."},
	{readingfile.ErrFormat, "文件无法读取。", "The file cannot be read.", "另存为 CSV（UTF-8）或 .xlsx，再放入收件文件夹。", "Save it as CSV (UTF-8) or .xlsx, then put it back."},
}

// faultText says in Chinese and English why a file was not imported.
func faultText(c copied, err error, rejects []reject, now time.Time) []byte {
	r := rulings[len(rulings)-1]
	for _, x := range rulings {
		if errors.Is(err, x.is) {
			r = x
			break
		}
	}
	var b strings.Builder
	b.WriteString("文件未导入，没有任何数值入库。\nThe file was not imported; nothing of it was stored.\n\n")
	fmt.Fprintf(&b, "文件 file: %q\n字节 bytes: %d\n", c.name, c.info.Size())
	if c.sha256 != "" {
		fmt.Fprintf(&b, "SHA-256: %s\n", c.sha256)
	}
	fmt.Fprintf(&b, "时间 time: %s\n\n原因：%s\nReason: %s\n详情 detail: %v\n\n处理：%s\nWhat to do: %s\n", now.UTC().Format(time.RFC3339), r.zh, r.en, err, r.adviceZH, r.advice)
	for i, x := range rejects {
		if i == 0 {
			b.WriteString("\n被拒绝的行 rejected rows:\n")
		}
		fmt.Fprintf(&b, "%d %s %q %s %s %s\n", x.Line, x.Column, x.Value, x.Code, x.ZH, x.EN)
	}
	return []byte(b.String())
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
