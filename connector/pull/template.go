package pull

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// template is a URL with places for dates and a secret.
type template struct {
	pieces []piece
	secret bool
}

// piece is a text, or a place.
type piece struct {
	text   string // of the URL as it is; the layout, of a place
	place  string // now, today, yesterday, tomorrow, secret; empty: a text
	inPath bool   // before the "?"
}

const (
	placeSecret = "secret"
	maxURL      = 4096
)

// days are the places that mean the beginning of a day, counted from today.
var days = map[string]int{"yesterday": -1, "today": 0, "tomorrow": 1}

// parseTemplate reads an address such as https://host/p?day={today}&at={now:15:04}.
func parseTemplate(text string) (template, error) {
	var t template
	if text == "" {
		return t, errors.New("give the URL")
	}
	if len(text) > maxURL {
		return t, fmt.Errorf("it has %d bytes; at most %d", len(text), maxURL)
	}
	inPath := true
	for rest := text; rest != ""; {
		before, after, open := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return t, errors.New("a } without its {; write %7D where it is meant as such")
		}
		if strings.Contains(before, "?") {
			inPath = false
		}
		t.pieces = append(t.pieces, piece{text: before})
		if !open {
			break
		}
		inside, tail, closed := strings.Cut(after, "}")
		if !closed {
			return t, errors.New("a { without its }; write %7B where it is meant as such")
		}
		p, err := parsePlace(inside)
		if err != nil {
			return t, err
		}
		p.inPath = inPath
		if p.place == placeSecret && inPath {
			return t, errors.New("{secret} stands in the query only, which nothing logs")
		}
		t.secret = t.secret || p.place == placeSecret
		t.pieces, rest = append(t.pieces, p), tail
	}
	// A host cannot be made of places: what comes of it must not depend on the day.
	head, _, _ := strings.Cut(t.pieces[0].text, "?")
	if scheme, after, ok := strings.Cut(head, "://"); len(t.pieces) > 1 && (!ok || scheme == "" || !strings.Contains(after, "/") && head == t.pieces[0].text) {
		return t, errors.New("scheme and host are written out, and end with a / before the first {")
	}
	_, err := t.expand(time.Unix(0, 0), time.UTC, "s")
	return t, err
}

func parsePlace(inside string) (piece, error) {
	word, layout, given := strings.Cut(inside, ":")
	if given && (layout == "" || len(layout) > 64) {
		return piece{}, fmt.Errorf("{%.80s}: a layout of 1 to 64 signs, such as 2006-01-02", inside)
	}
	_, day := days[word]
	switch {
	case word == placeSecret && !given:
	case day && !given:
		layout = time.DateOnly
	case word == "now" && !given:
		layout = time.RFC3339
	case day || word == "now":
	default:
		return piece{}, fmt.Errorf("{%.80s} is unknown; write {today}, {yesterday}, {tomorrow} or {now:2006-01-02T15:04:05Z07:00}", inside)
	}
	return piece{text: layout, place: word}, nil
}

// expand is the URL at a time in a zone.
func (t template) expand(now time.Time, zone *time.Location, secret string) (*url.URL, error) {
	if zone == nil {
		zone = time.UTC
	}
	now = now.In(zone)
	var b strings.Builder
	for _, p := range t.pieces {
		if p.place == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(p.expand(now, secret))
	}
	u, err := url.Parse(b.String())
	switch {
	case err != nil:
		return nil, errors.New("it is no URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("it begins with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case u.User != nil:
		return nil, errors.New("credentials do not stand in the URL, which people see: use headers_file")
	case u.Fragment != "":
		return nil, errors.New("it has a # part, which no server gets")
	}
	return u, nil
}

func (p piece) expand(now time.Time, secret string) string {
	text := secret
	if p.place != placeSecret {
		at := now
		if n, day := days[p.place]; day {
			noon := time.Date(now.Year(), now.Month(), now.Day()+n, 12, 0, 0, 0, now.Location())
			at = time.Date(now.Year(), now.Month(), now.Day()+n, 0, 0, 0, 0, now.Location())
			if at.Day() != noon.Day() {
				at = at.Add(time.Hour) // a zone whose clock is put forward at midnight
			}
		}
		text = at.Format(p.text)
	}
	if p.inPath {
		return url.PathEscape(text)
	}
	return url.QueryEscape(text)
}
