package form

import "strings"

// sourced says whether any row of a table names entries.
func (t Table) sourced() bool {
	for _, r := range t.Rows {
		if len(r.Entries) > 0 {
			return true
		}
	}
	return false
}

// heads are the heads of a table's columns.
func (p *paper) heads(t Table) []string {
	var heads []string
	for _, c := range t.Columns {
		heads = append(heads, c.head(p.lang))
	}
	if t.sourced() {
		heads = append(heads, in(entriesHead, p.lang))
	}
	return heads
}

// width is the width of a text in the face that is set, mm.
func (p *paper) width(text string) float64 {
	known := p.runes[p.style]
	var sum float64
	for _, r := range text {
		w, ok := known[r]
		if !ok {
			w = p.GetStringWidth(string(r)) / p.size
			known[r] = w
		}
		sum += w
	}
	return sum * p.size
}

// wrap breaks a text into lines of a width: at spaces, and before and after a Chinese
// character unless a closing mark would begin the line; a word too long for a line is cut.
func (p *paper) wrap(text string, width float64) []string {
	var lines []string
	line, wide := "", 0.0
	for _, piece := range pieces(text) {
		w := p.width(piece)
		if line != "" && wide+p.width(strings.TrimRight(piece, " ")) > width {
			lines, line, wide = append(lines, strings.TrimRight(line, " ")), "", 0
		}
		for w > width && len([]rune(piece)) > 1 { // cut
			n := 1
			runes := []rune(piece)
			for n < len(runes)-1 && p.width(string(runes[:n+1])) <= width {
				n++
			}
			lines = append(lines, string(runes[:n]))
			piece = string(runes[n:])
			w = p.width(piece)
		}
		line, wide = line+piece, wide+w
	}
	if line != "" || lines == nil {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// closing marks may not begin a line.
const closingMarks = "，。；：、）》〕”！？,.;:)%"

// opening marks may not end one.
const openingMarks = "（《〔“(["

// pieces are the parts of a text that stay together: a word with the spaces after it, or a
// Chinese character with the marks that close it.
func pieces(text string) []string {
	var list []string
	piece := ""
	end := func() {
		if piece != "" {
			list, piece = append(list, piece), ""
		}
	}
	last := ' '
	for _, r := range text {
		wide, mark := r >= 0x2E80, strings.ContainsRune(closingMarks, r)
		if r != ' ' && !mark && !strings.ContainsRune(openingMarks, last) && (wide || last >= 0x2E80 || last == ' ') {
			end()
		}
		piece += string(r)
		last = r
	}
	end()
	return list
}

// widths shares the page's width out among the columns: each as wide as its widest text
// where that fits; else texts that can be broken give way before figures and words.
func (p *paper) widths(t Table) []float64 {
	p.face("B", textSize)
	heads := p.heads(t)
	want, least := make([]float64, len(heads)), make([]float64, len(heads))
	for i, h := range heads {
		want[i] = min(p.width(h)+2.5, 30)
		least[i] = min(p.longest(h)+2.5, 30)
	}
	for j, r := range t.Rows {
		if j == pdfRows {
			break
		}
		for i, text := range p.texts(t, r) {
			w := p.width(text) + 2.5
			want[i] = max(want[i], min(w, 150))
			if i < len(t.Columns) && t.Columns[i].Kind == figureKind {
				least[i] = max(least[i], w)
				continue
			}
			least[i] = max(least[i], min(p.longest(text)+2.5, 34))
		}
	}
	return shareOut(want, least, pageWidth-2*margin)
}

// longest is the width of the longest piece of a text that stays together; a short text
// stays together as a whole.
func (p *paper) longest(text string) float64 {
	if w := p.width(text); w < 14 {
		return w // too short to be broken
	}
	var w float64
	for _, piece := range pieces(text) {
		w = max(w, p.width(strings.TrimRight(piece, " ")))
	}
	return w
}

// shareOut gives each column what it wants; where that is too much, what is over the
// least is cut in proportion; where it is too little, all grow.
func shareOut(want, least []float64, whole float64) []float64 {
	var all, low float64
	for i := range want {
		least[i] = min(least[i], want[i])
		all, low = all+want[i], low+least[i]
	}
	out := make([]float64, len(want))
	for i := range want {
		switch {
		case all <= whole:
			out[i] = want[i] + (whole-all)*want[i]/all
		case low < whole:
			out[i] = least[i] + (want[i]-least[i])*(whole-low)/(all-low)
		default:
			out[i] = least[i] * whole / low
		}
	}
	return out
}
