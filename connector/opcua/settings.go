package opcua

import (
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// What holds when the device list says nothing.
const (
	publishEvery   = time.Second
	pollEvery      = 10 * time.Second
	refreshEvery   = 15 * time.Minute
	defaultTimeout = 10 * time.Second
	defaultQueue   = 10
	defaultDepth   = 8
	mostDepth      = 20
	mostQueue      = 10_000
	keyLifetime    = time.Hour
)

// account is how Lingtan reaches a server and signs in there: devices that agree in it
// share a session.
type account struct {
	address  string // host:port
	policy   string // URI
	mode     ua.MessageSecurityMode
	user     string
	file     string // that holds the password
	variable string // of the environment, that does
	timeout  time.Duration
}

// settings are a device of the list, understood.
type settings struct {
	device   connector.Device
	account  account
	nodes    []node
	browse   string // id of the node whose variables are taken; empty = none
	depth    int
	poll     bool
	interval time.Duration // of publishing or of polls
	sampling time.Duration // at the server; -1 = as published
	refresh  time.Duration // between two readings of all values of a subscription; 0 = none
	queue    int
	deadband float64
	percent  bool // the dead band is of the range of the value
	strict   bool // an uncertain value is no sample
	time     string
	scales   map[string]float64
}

// understand reads the entry of the device list. Errors wrap connector.ErrConfig.
func understand(dev connector.Device) (settings, error) {
	s := settings{device: dev, depth: defaultDepth, sampling: -1, refresh: refreshEvery, queue: defaultQueue, time: ofSource, scales: make(map[string]float64),
		account: account{policy: ua.SecurityPolicyURIBasic256Sha256, mode: ua.MessageSecurityModeSignAndEncrypt, timeout: defaultTimeout}}
	if err := s.read(dev); err != nil {
		return settings{}, fmt.Errorf("%w: device %s: %w", connector.ErrConfig, dev.ID, err)
	}
	return s, nil
}

func (s *settings) read(dev connector.Device) (err error) {
	if s.account.address, err = hostPort(dev.Address); err != nil {
		return err
	}
	for key, text := range dev.Options {
		if err := s.option(key, text); err != nil {
			return fmt.Errorf("option %s: %w", key, err)
		}
	}
	if s.interval = publishEvery; s.poll {
		s.interval, s.refresh = pollEvery, 0
	}
	if dev.Interval != 0 {
		s.interval = dev.Interval
	}
	if s.interval < 50*time.Millisecond || s.interval > 24*time.Hour {
		return fmt.Errorf("interval %s; it must lie between 50ms and 24h", s.interval)
	}
	if s.account.policy == ua.SecurityPolicyURINone {
		s.account.mode = ua.MessageSecurityModeNone
	}
	switch a := s.account; {
	case len(s.nodes) == 0 && s.browse == "":
		return fmt.Errorf("no nodes; name them, such as node.power: ns=2;s=Plant.P, or a folder: browse: ns=2;s=Plant")
	case a.user == "" && (a.file != "" || a.variable != ""):
		return fmt.Errorf("a password without option user")
	case a.user != "" && (a.file == "") == (a.variable == ""):
		return fmt.Errorf("option user needs password_file or password_env, one of them")
	}
	for i := range s.nodes {
		if x, ok := s.scales[s.nodes[i].name]; ok {
			s.nodes[i].scale = x
		}
	}
	return unite(s.nodes)
}

// option takes one option of the device list.
func (s *settings) option(key, text string) (err error) {
	if name, ok := strings.CutPrefix(key, "node."); ok {
		n, err := parseNode(name, text)
		s.nodes = append(s.nodes, n)
		return err
	}
	if name, ok := strings.CutPrefix(key, "scale."); ok {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
			return fmt.Errorf("%.50q; must be a number, not 0", text)
		}
		s.scales[name] = x
		return nil
	}
	if key == "nodes" || strings.HasPrefix(key, "nodes.") {
		list, err := parseList(text)
		s.nodes = append(s.nodes, list...)
		return err
	}
	if known, err := s.access(key, text); known {
		return err
	}
	switch key {
	case "browse":
		_, err = nodeID(text, nil)
		s.browse = text
	case "depth":
		s.depth, err = whole(text, 1, mostDepth)
	case "mode":
		s.poll, err = either(text, "poll", "subscribe")
	case "sampling":
		s.sampling, err = span(text, 0, time.Hour)
	case "refresh":
		if s.refresh = 0; text != "off" {
			s.refresh, err = span(text, time.Second, 24*time.Hour)
		}
	case "queue":
		s.queue, err = whole(text, 1, mostQueue)
	case "deadband":
		s.deadband, s.percent, err = band(text)
	case "uncertain":
		s.strict, err = either(text, "refuse", "accept")
	case "time":
		if s.time = text; text != ofSource && text != ofServer && text != ofArrival {
			err = fmt.Errorf("%.50q; one of source, server, arrival", text)
		}
	default:
		err = fmt.Errorf("unknown; one of node.<name>, nodes, browse, depth, scale.<name>, mode, sampling, refresh, queue, deadband, uncertain, time, policy, security, user, password_file, password_env, timeout")
	}
	return err
}

// access takes the options that say how to reach the server and sign in.
func (s *settings) access(key, text string) (known bool, err error) {
	a := &s.account
	switch key {
	case "policy":
		uri, ok := policies[text]
		if a.policy = uri; !ok {
			err = fmt.Errorf("%.50q; one of Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss, None", text)
		}
	case "security":
		var signed bool
		signed, err = either(text, "Sign", "SignAndEncrypt")
		if a.mode = ua.MessageSecurityModeSignAndEncrypt; signed {
			a.mode = ua.MessageSecurityModeSign
		}
	case "user":
		if a.user = text; text == "" || len(text) > 200 {
			err = fmt.Errorf("a name of 1 to 200 bytes")
		}
	case "password_file":
		if a.file = text; !filepath.IsAbs(text) && !filepath.IsLocal(text) {
			err = fmt.Errorf("%.200q; an absolute path, or a path in the driver's folder", text)
		}
	case "password_env":
		if a.variable = text; !strings.HasPrefix(text, passwordPrefix) {
			err = fmt.Errorf("%.100q; the name of a variable that begins with %s", text, passwordPrefix)
		}
	case "timeout":
		a.timeout, err = span(text, 100*time.Millisecond, 2*time.Minute)
	default:
		return false, nil
	}
	return true, err
}

// policies are the security policies by the names of the device list. Older ones are
// broken and not spoken.
var policies = map[string]string{
	"None":                  ua.SecurityPolicyURINone,
	"Basic256Sha256":        ua.SecurityPolicyURIBasic256Sha256,
	"Aes128_Sha256_RsaOaep": ua.SecurityPolicyURIAes128Sha256RsaOaep,
	"Aes256_Sha256_RsaPss":  ua.SecurityPolicyURIAes256Sha256RsaPss,
}

// passwordPrefix begins the names of the variables that may hold a password: who may
// edit a device list shall not send any variable of the program to a server.
const passwordPrefix = "LINGTAN_OPCUA_"

const longPassword = 1024

// password reads the secret of an account. A file is taken from dir unless its path is
// absolute; it must hold one line.
func (a account) password(dir string) (string, error) {
	text := ""
	if a.variable != "" {
		text = os.Getenv(a.variable)
	} else {
		path := a.file
		if !filepath.IsAbs(path) {
			if dir == "" {
				return "", fmt.Errorf("%w: password_file %s: the driver has no folder; give an absolute path", connector.ErrConfig, path)
			}
			path = filepath.Join(dir, path)
		}
		info, err := os.Stat(path)
		if err == nil && (!info.Mode().IsRegular() || info.Size() > longPassword) {
			err = fmt.Errorf("%s must be a file of at most %d bytes", path, longPassword)
		}
		var b []byte
		if err == nil {
			b, err = os.ReadFile(path)
		}
		if err != nil {
			return "", fmt.Errorf("%w: password of %s: %w", connector.ErrConfig, a.user, err)
		}
		text = strings.TrimRight(string(b), "\r\n")
	}
	if text == "" || strings.ContainsAny(text, "\r\n") || len(text) > longPassword {
		return "", fmt.Errorf("%w: password of %s: %s%s must hold one line", connector.ErrConfig, a.user, a.file, a.variable)
	}
	return text, nil
}

func whole(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%.50q; must be a whole number from %d to %d", text, low, high)
	}
	return n, nil
}

func span(text string, low, high time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < low || d > high {
		return 0, fmt.Errorf("%.50q; must be a time from %s to %s, such as 5s", text, low, high)
	}
	return d, nil
}

// either says whether a text is the first of two words.
func either(text, first, second string) (bool, error) {
	if text != first && text != second {
		return false, fmt.Errorf("%.50q; %s or %s", text, first, second)
	}
	return text == first, nil
}

// band reads a dead band: 0.5 in the unit of the values, or 1% of their range.
func band(text string) (float64, bool, error) {
	digits, percent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || !(x >= 0) || math.IsInf(x, 0) || percent && x > 100 {
		return 0, false, fmt.Errorf("%.50q; a number such as 0.5, or a share such as 1%%", text)
	}
	return x, percent, nil
}

// hostPort spells an address in full; the port is 4840 when it is left out. A path is
// not part of it.
func hostPort(text string) (string, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(text, "opc.tcp://"), "/")
	name, port, err := net.SplitHostPort(rest)
	if err != nil {
		name, port = strings.Trim(rest, "[]"), "4840"
	}
	if n, err := strconv.Atoi(port); name == "" || strings.ContainsAny(name, "/ ") || err != nil || n < 1 || n > 65535 {
		return "", fmt.Errorf("address %.200q; write opc.tcp://host:4840 or host:4840", text)
	}
	return net.JoinHostPort(name, port), nil
}
