package readingfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// code says why a row or a cell is rejected; 0 means it is not.
type code uint8

const (
	codeTime code = iota + 1
	codeYear
	codeGap
	codeOffset
	codeNumber
	codeFinite
	codeLarge
	codeNegative
	codeFew
	codeMany
	codeQuote
	codeRegister
	codeStep
	codeSession
	codeEmpty
	codeName
	codes // number of codes
)

// ruling is what the rejects file says of a code; %s is the detail, where one is.
type ruling struct{ name, zh, en, rightZH, rightEN string }

var rulings = [codes]ruling{
	codeTime:     {"LT-3001", "时间无法按格式“%s”读取", "the time cannot be read by layout %q", "按该格式书写，或在映射中改写 time.layout", "a time of that layout, or another time.layout in the mapping"},
	codeYear:     {"LT-3002", "年份不在 1970 至 2199 之间", "the year is not within 1970 to 2199", "若年份有偏移（如 0014 表示 2014），设置 time.year_add", "set time.year_add when years are written shifted (0014 for 2014)"},
	codeGap:      {"LT-3003", "该地方时间不存在（时区 %s 调快时钟时跳过）", "this local time does not exist in zone %s: the clock was put forward over it", "核对 time.zone；若数据全年用标准时，写固定偏移，如 +01:00", "check time.zone; write a fixed offset such as +01:00 when the data keep standard time all year"},
	codeOffset:   {"LT-3004", "时间没有带偏移，映射也没有时区", "the time bears no offset and the mapping names no zone", "在映射中设置 time.zone", "set time.zone in the mapping"},
	codeNumber:   {"LT-3005", "不是数字", "not a number", "数字，小数点按映射的 decimal；表示无数据的文字写入 nulls", "a number with the mapping's decimal sign; list texts that mean no value under nulls"},
	codeFinite:   {"LT-3006", "不是有限数值", "not a finite number", "有限数值；若表示无数据，写入 nulls", "a finite number; list it under nulls when it means no value"},
	codeLarge:    {"LT-3007", "数值绝对值达到 1e15 或以上", "the value is 1e15 or more in size", "绝对值小于 1e15 的数值；核对单位", "a value below 1e15 in size; check the unit"},
	codeNegative: {"LT-3008", "累计表底数为负", "a counter's display is negative", "表底数不小于 0；若为区间电量，请把寄存器类型改为 amount", "a display of 0 or more; if these are amounts, describe the register as amount"},
	codeFew:      {"LT-3009", "该行单元格少于表头（%s）", "the row has fewer cells than the header (%s)", "与表头相同的单元格数", "as many cells as the header"},
	codeMany:     {"LT-3010", "该行单元格多于表头（%s）", "the row has more cells than the header (%s)", "与表头相同的单元格数；含分隔符的文字加引号", "as many cells as the header; put text with a delimiter in quotes"},
	codeQuote:    {"LT-3011", "引号不成对", "quotes do not match", "整个单元格加引号，内部引号写两次", "quotes around the whole cell, a quote inside it written twice"},
	codeRegister: {"LT-3012", "园区没有寄存器 %s", "the park has no register %s", "在园区文件中登记该寄存器，或修改映射", "describe the register in the park file, or correct the mapping"},
	codeStep:     {"LT-3013", "寄存器 %s 为区间量，但步长未知", "register %s holds amounts of an interval, but no step is known", "在映射中设置 time.step，或在园区文件中写该寄存器的步长", "set time.step in the mapping, or the register's step in the park file"},
	codeSession:  {"LT-3014", "会话结束不晚于开始", "the session does not end after its start", "结束时间晚于开始时间，且不超过 366 天", "an end after the start, by 366 days at most"},
	codeEmpty:    {"LT-3015", "值为空", "the value is empty", "填写数值；若空值表示缺测，设置 empty: gap", "a number; set empty: gap when empty means not recorded"},
	codeName:     {"LT-3016", "寄存器名称为空或不在映射表中", "the register's name is empty or not in the mapping's table", "在映射 long.registers 中加入该名称", "add the name to long.registers of the mapping"},
}

// texts are the ruling's reason in Chinese and English with the detail put in.
func (c code) texts(detail string) (zh, en string) {
	r := rulings[c]
	zh, en = r.zh, r.en
	if strings.Contains(zh, "%s") {
		zh = fmt.Sprintf(zh, detail)
	}
	if strings.Contains(en, "%") {
		en = fmt.Sprintf(en, detail)
	}
	return zh, en
}

// rejects writes the rejects file and counts by code.
type rejects struct {
	out    *csv.Writer
	max    int
	total  int64
	listed int
	count  [codes]int64
	first  [codes]int64 // line of the first one
}

var rejectsHeader = []string{"line", "column", "value", "code", "reason_zh", "reason_en", "right_zh", "right_en"}

func newRejects(w io.Writer, most int) (*rejects, error) {
	r := &rejects{max: most}
	if w == nil {
		return r, nil
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, fmt.Errorf("rejects file: %w", err)
	}
	r.out = csv.NewWriter(w)
	return r, r.out.Write(rejectsHeader)
}

func (r *rejects) add(c code, line int64, column, value, detail string) {
	if r.total++; r.count[c] == 0 {
		r.first[c] = line
	}
	r.count[c]++
	if r.out == nil || r.listed >= r.max {
		return
	}
	r.listed++
	zh, en := c.texts(detail)
	rule := rulings[c]
	// An error of the writer stays with it and is returned by flush.
	_ = r.out.Write([]string{strconv.FormatInt(line, 10), safeCell(column), safeCell(value), rule.name, zh, en, rule.rightZH, rule.rightEN})
}

func (r *rejects) flush() error {
	if r.out == nil {
		return nil
	}
	r.out.Flush()
	if err := r.out.Error(); err != nil {
		return fmt.Errorf("rejects file: %w", err)
	}
	return nil
}

// safeCell shortens a value from the file, makes it valid UTF-8, and puts a quote
// mark before what a spreadsheet program would run as a formula.
func safeCell(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '@', '\t', '\r':
		return "'" + s
	case '+', '-':
		if _, why := readFloat(s, '.'); why != 0 {
			return "'" + s
		}
	}
	return strings.Clone(s)
}
