package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"

	"lingtan/ingest"
	"lingtan/node"
)

// ours is this program on a folder with the fleet's park and device list.
func ours(o options, f lineFleet) contender {
	var secret string
	return contender{name: "Lingtan", program: o.program(), data: "data/series/readings",
		args: func(dir, address string) ([]string, error) {
			data := filepath.Join(dir, "data")
			args := []string{"serve", "--data", data, "--listen", address}
			if _, err := os.Stat(data); err == nil {
				return args, nil
			}
			err := f.prepare(data)
			if err == nil {
				secret, err = addToken(context.Background(), data)
			}
			return args, err
		},
		alive: "/health", write: "/api/v2/write?precision=s",
		count: func(s *server) (float64, error) {
			r, err := http.NewRequest(http.MethodGet, s.base+"/api/v1/parks/"+fleetPark+"/ingest", nil)
			if err != nil {
				return 0, err
			}
			r.Header.Set("Authorization", "Bearer "+secret)
			text, err := answered(http.DefaultClient.Do(r))
			var m ingest.Metrics
			if err == nil {
				err = json.Unmarshal(text, &m)
			}
			return float64(m.Stored), err
		},
		recount: func(dir string) (float64, error) {
			var n float64
			err := onStore(dir, func(n1 *node.Node) error {
				stats, err := n1.Series.Stats(context.Background())
				n = float64(stats.Readings)
				return err
			})
			return n, err
		},
		tidy: func(s *server) error {
			return onStore(s.dir, func(n *node.Node) error {
				if err := n.Series.CompactAll(context.Background(), nil); err != nil {
					return err
				}
				stats, err := n.Series.Stats(context.Background())
				if err == nil && stats.Hot != 0 {
					err = fmt.Errorf("%d readings are still in the hot table", stats.Hot)
				}
				return err
			})
		},
	}
}

// onStore runs fn on the node of a server that has ended.
func onStore(dir string, fn func(*node.Node) error) error {
	n, err := node.Open(context.Background(), node.Options{Dir: filepath.Join(dir, "data"), Workers: runtime.NumCPU()})
	if err != nil {
		return err
	}
	return errors.Join(fn(n), n.Close())
}

// prepare makes a node in dir with the fleet's park and devices.
func (f lineFleet) prepare(dir string) error {
	ctx := context.Background()
	n, err := node.Open(ctx, node.Options{Dir: dir, Workers: runtime.NumCPU()})
	if err != nil {
		return err
	}
	_, err = f.admit(ctx, n)
	return errors.Join(err, n.Close())
}

// admit opens the way in of a node for the fleet.
func (f lineFleet) admit(ctx context.Context, n *node.Node) (*node.Ingest, error) {
	if _, err := n.ImportPark(ctx, act(), f.document().YAML()); err != nil {
		return nil, err
	}
	in, err := n.OpenIngest(ctx, node.IngestOptions{})
	if err != nil {
		return nil, err
	}
	text, err := f.devices().YAML()
	if err != nil {
		return nil, err
	}
	_, err = in.ImportDevices(ctx, act(), fleetPark, text)
	return in, err
}
