package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"lingtan/store/stream"
)

// clusterFile is the file of setting cluster: which nodes form the cluster and where
// this one keeps its part. docs/guides/cluster.md says what each key means.
type clusterFile struct {
	Format  string `yaml:"format"` // lingtan.cluster/v1
	Cluster string `yaml:"cluster"`
	Name    string `yaml:"name"`
	Listen  string `yaml:"listen"`
	Dir     string `yaml:"dir"`
	Peers   []struct {
		Name    string `yaml:"name"`
		Address string `yaml:"address"`
	} `yaml:"peers"`
	TLS struct {
		Certificate string `yaml:"certificate"`
		Key         string `yaml:"key"`
		Authority   string `yaml:"authority"`
	} `yaml:"tls"`
	Plain     bool          `yaml:"plain"`
	Replicas  int           `yaml:"replicas"`
	SyncEvery time.Duration `yaml:"sync_every"`
	MaxAge    time.Duration `yaml:"max_age"`
	MaxBytes  int64         `yaml:"max_bytes"`
	Wait      time.Duration `yaml:"wait"`
	Begin     bool          `yaml:"begin"`
}

const (
	clusterFormat = "lingtan.cluster/v1"
	maxCluster    = 64 << 10
)

// clusterOptions reads the file of setting cluster; nil where there is none.
func (a *app) clusterOptions() (*stream.Options, error) {
	path := a.config.value["cluster"]
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: cluster: %w", errConfig, err)
	}
	if len(data) > maxCluster {
		return nil, fmt.Errorf("%w: cluster: %s has %d bytes; at most %d", errConfig, path, len(data), maxCluster)
	}
	var f clusterFile
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%w: cluster: %s: %w", errConfig, path, err)
	}
	if f.Format != clusterFormat {
		return nil, fmt.Errorf("%w: cluster: %s: format is %q; write format: %s", errConfig, path, f.Format, clusterFormat)
	}
	o := &stream.Options{Cluster: f.Cluster, Name: f.Name, ClusterListen: f.Listen, Dir: f.Dir, Plain: f.Plain, Replicas: f.Replicas,
		TLS:       stream.TLS{Cert: f.TLS.Certificate, Key: f.TLS.Key, CA: f.TLS.Authority},
		SyncEvery: f.SyncEvery, MaxAge: f.MaxAge, MaxBytes: f.MaxBytes, Wait: f.Wait, Begin: f.Begin}
	if o.Dir == "" {
		o.Dir = filepath.Join(a.dir, "stream")
	}
	for _, p := range f.Peers {
		o.Peers = append(o.Peers, stream.Peer{Name: p.Name, Address: p.Address})
	}
	return o, nil
}
