package gateway

import (
	"errors"
	"fmt"
	"net"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"lingtan/connector"
)

// ConfigFormat is the format of a gateway's configuration; docs/formats/gateway.md
// describes it.
const ConfigFormat = "lingtan.gateway/v1"

const (
	maxConfig = 256 << 10
	maxRules  = 1000
)

// What to do when the spool is full.
const (
	FullWait = "wait" // the drivers wait
	FullThin = "thin" // what is oldest is thinned out first; then the drivers wait
)

// Config is a gateway's configuration.
type Config struct {
	Format string      `yaml:"format"`
	Server string      `yaml:"server"` // host:port
	Bundle string      `yaml:"bundle"` // file
	State  string      `yaml:"state"`  // folder of the spool and all that is remembered
	Spool  SpoolConfig `yaml:"spool"`
	Link   struct {
		Batch     int           `yaml:"batch"`     // samples from which a batch is sent at once, 1–40,000; 10,000
		Every     time.Duration `yaml:"every"`     // between batches that are not full; 1 s
		Heartbeat time.Duration `yaml:"heartbeat"` // 10 s
		Backoff   time.Duration `yaml:"backoff"`   // longest wait after failures; 1 min
	} `yaml:"link"`
	Clock struct {
		Limit time.Duration `yaml:"limit"` // by which the clock may be off before times are corrected; 1 s
	} `yaml:"clock"`
	Memory Size `yaml:"memory"` // that the program aims to stay below; 80 MiB
	Listen struct {
		MQTT  string `yaml:"mqtt"`
		HJ212 string `yaml:"hj212"`
		OCPP  string `yaml:"ocpp"`
	} `yaml:"listen"`
	Home   Home   `yaml:"home"`
	Filter []Rule `yaml:"filter"`
}

// Home says that raw readings stay at the site: they are settled there, and what goes to
// the server is signed statements. The zero value sends the samples.
type Home struct {
	Data         string        `yaml:"data"`         // data directory at the site, with the park file and its device list
	Organization string        `yaml:"organization"` // of the park file: whose registers are stated
	Every        time.Duration `yaml:"every"`        // between statements, 1 min to 24 h; 1 h
}

// SpoolConfig bounds the queue on disk.
type SpoolConfig struct {
	Limit  Size          `yaml:"limit"`  // 1 GiB
	Full   string        `yaml:"full"`   // FullWait or FullThin
	Linger time.Duration `yaml:"linger"` // to gather samples for one sync to disk; 200 ms
}

// Size is a number of bytes, written 512MiB or as a plain number.
type Size int64

// UnmarshalYAML reads a size.
func (s *Size) UnmarshalYAML(text []byte) error {
	word := strings.Trim(strings.TrimSpace(string(text)), `"'`)
	unit := int64(1)
	for i, suffix := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(word, suffix); ok {
			word, unit = strings.TrimSpace(rest), 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return fmt.Errorf("%.40q is not a size such as 512MiB", text)
	}
	*s = Size(n * unit)
	return nil
}

// ParseConfig reads a configuration of at most 256 KiB and checks it; paths in it are
// relative to folder. The error wraps connector.ErrConfig and names line and key.
func ParseConfig(data []byte, folder string) (c *Config, err error) {
	defer func() {
		if r := recover(); r != nil { // a defect of the YAML reader
			c, err = nil, fmt.Errorf("%w: the YAML cannot be read (%.80v)", connector.ErrConfig, r)
		}
	}()
	if len(data) > maxConfig || !utf8.Valid(data) {
		return nil, fmt.Errorf("%w: %d bytes; at most 256 KiB of UTF-8 text", connector.ErrConfig, len(data))
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, placed(err)
	}
	c = &Config{}
	c.Spool = SpoolConfig{Limit: 1 << 30, Full: FullWait, Linger: 200 * time.Millisecond}
	c.Link.Batch, c.Link.Every, c.Link.Heartbeat, c.Link.Backoff = 10_000, time.Second, 10*time.Second, time.Minute
	c.Clock.Limit, c.Memory, c.Home.Every = time.Second, 80<<20, time.Hour
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("%w: line 1: there must be one YAML document, with format: %s", connector.ErrConfig, ConfigFormat)
	}
	if err := yaml.NodeToValue(file.Docs[0].Body, c, yaml.DisallowUnknownField()); err != nil {
		return nil, placed(fmt.Errorf("%w%s", err, whereWord(file, err)))
	}
	k := configCheck{file: file}
	k.whole(c)
	k.rules(c.Filter)
	if len(k.faults) > 0 {
		return nil, fmt.Errorf("%w:\n%w", connector.ErrConfig, errors.Join(k.faults...))
	}
	for _, p := range []*string{&c.Bundle, &c.State, &c.Home.Data} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(folder, *p)
		}
	}
	return c, nil
}

// placed is an error of the YAML reader with its line.
func placed(err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return fmt.Errorf("%w: line %d: %s; see docs/formats/gateway.md", connector.ErrConfig, at.GetToken().Position.Line, at.GetMessage())
	}
	return fmt.Errorf("%w: %.300s; see docs/formats/gateway.md", connector.ErrConfig, err)
}

// whereWord says in which line a word stands that an error quotes, for errors that do
// not know their place; empty when they do.
func whereWord(file *ast.File, err error) string {
	var known yaml.Error
	if errors.As(err, &known) {
		return ""
	}
	line := ""
	ast.Walk(eachNode(func(n ast.Node) {
		if s, ok := n.(*ast.StringNode); ok && line == "" && strings.Contains(err.Error(), strconv.Quote(s.Value)) {
			line = fmt.Sprintf(" (line %d)", s.GetToken().Position.Line)
		}
	}), file.Docs[0].Body)
	return line
}

// eachNode calls itself with every node of a tree.
type eachNode func(ast.Node)

// Visit is called with every node.
func (f eachNode) Visit(n ast.Node) ast.Visitor {
	f(n)
	return f
}

// configCheck finds what is wrong in a configuration.
type configCheck struct {
	file   *ast.File
	faults []error
}

// want notes a fault at a path such as $.link.every unless ok.
func (k *configCheck) want(ok bool, at, what string) {
	if ok {
		return
	}
	for p := at; ; p = p[:max(strings.LastIndexAny(p, ".["), 0)] { // the key, or what should hold it
		if p == "" || p == "$" {
			k.faults = append(k.faults, fmt.Errorf("line 1: %s: %s", strings.TrimPrefix(at, "$."), what))
			return
		}
		path, err := yaml.PathString(p)
		if err != nil {
			continue
		}
		n, err := path.FilterFile(k.file)
		if err == nil && n != nil && n.GetToken() != nil {
			k.faults = append(k.faults, fmt.Errorf("line %d: %s: %s", n.GetToken().Position.Line, strings.TrimPrefix(at, "$."), what))
			return
		}
	}
}

func (k *configCheck) whole(c *Config) {
	between := func(at string, v, least, most time.Duration) {
		k.want(v >= least && v <= most, at, fmt.Sprintf("%s; %s to %s", v, least, most))
	}
	k.want(c.Format == ConfigFormat, "$.format", "write format: "+ConfigFormat)
	_, port, err := net.SplitHostPort(c.Server)
	k.want(err == nil && port != "", "$.server", "the server's address, host:port")
	k.want(c.Bundle != "", "$.bundle", "the file that lingtan gateway enrol wrote")
	k.want(c.State != "", "$.state", "a folder for what the gateway keeps")
	k.want(c.Spool.Limit >= 8<<20 && c.Spool.Limit <= 16<<40, "$.spool.limit", "8MiB to 16TiB")
	k.want(c.Spool.Full == FullWait || c.Spool.Full == FullThin, "$.spool.full", "wait or thin")
	between("$.spool.linger", c.Spool.Linger, 0, 10*time.Second)
	k.want(c.Link.Batch >= 1 && c.Link.Batch <= mostCall, "$.link.batch", "1 to 40000 samples")
	between("$.link.every", c.Link.Every, 10*time.Millisecond, time.Hour)
	between("$.link.heartbeat", c.Link.Heartbeat, time.Second, 15*time.Minute)
	between("$.link.backoff", c.Link.Backoff, time.Second, time.Hour)
	between("$.clock.limit", c.Clock.Limit, 10*time.Millisecond, time.Hour)
	between("$.home.every", c.Home.Every, time.Minute, 24*time.Hour)
	k.want((c.Home.Data == "") == (c.Home.Organization == ""), "$.home", "data and organization together, or neither")
	k.want(c.Home.Data == "" || len(c.Filter) == 0, "$.filter", "nothing where home is given: what stays at the site is kept whole")
	k.want(c.Memory >= 32<<20, "$.memory", "32MiB or more")
	k.want(len(c.Filter) <= maxRules, "$.filter", fmt.Sprintf("at most %d rules", maxRules))
}

func (k *configCheck) rules(list []Rule) {
	for i, r := range list {
		at := fmt.Sprintf("$.filter[%d]", i)
		_, err := path.Match(r.Match, "a/b")
		k.want(r.Match != "" && len(r.Match) <= 200 && strings.Count(r.Match, "/") <= 1 && err == nil, at+".match", "a glob of device/name, or of the name, such as \"pump-*/power\"")
		k.want(r.DeadBand >= 0 && r.DeadBand <= mostValue, at+".dead_band", "0 or more")
		k.want(r.Percent >= 0 && r.Percent <= 100, at+".percent", "0 to 100")
		k.want(r.Silence >= 0 && r.Silence <= 24*time.Hour, at+".silence", "0 to 24h")
		band := r.DeadBand > 0 || r.Percent > 0
		kinds := 0
		for _, set := range []bool{band, r.OnChange, r.Every > 0 || len(r.Aggregates) > 0} {
			if set {
				kinds++
			}
		}
		k.want(kinds == 1, at, "one of: dead_band or percent; on_change; every with aggregates")
		if r.Every != 0 || len(r.Aggregates) > 0 {
			k.want(r.Every >= time.Second && r.Every <= 24*time.Hour && r.Every%time.Second == 0, at+".every", "whole seconds, 1s to 24h")
			k.want(len(r.Aggregates) > 0 && len(r.Aggregates) <= 5 && r.Silence == 0, at+".aggregates", "mean, min, max, sum, last, each once, and no silence beside them")
		} else {
			k.want(r.Silence > 0, at+".silence", "the longest time without a sample, such as 5m; without it nobody can tell a steady value from a dead one")
		}
		for j, a := range r.Aggregates {
			known := slices.Contains([]Aggregate{Mean, Min, Max, Sum, Last}, a) && !slices.Contains(r.Aggregates[:j], a)
			k.want(known, fmt.Sprintf("%s.aggregates[%d]", at, j), fmt.Sprintf("%q; mean, min, max, sum, last, each once", a))
		}
	}
}
