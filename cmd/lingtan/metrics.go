package main

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"lingtan/connector"
	"lingtan/node"
	"lingtan/store/stream"
)

// gauges of the doors, each with what it says.
var (
	samplesTotal  = prometheus.NewDesc("lingtan_ingest_samples_total", "Samples of calls that were answered, by outcome.", []string{"outcome"}, nil)
	refusedTotal  = prometheus.NewDesc("lingtan_ingest_refused_total", "Samples that were refused, by reason.", []string{"reason"}, nil)
	callsTotal    = prometheus.NewDesc("lingtan_ingest_calls_failed_total", "Calls that were not admitted: busy (no room in time) or failed (the store refused).", []string{"why"}, nil)
	queueSamples  = prometheus.NewDesc("lingtan_ingest_queue_samples", "Samples waiting or being stored now.", nil, nil)
	commitsTotal  = prometheus.NewDesc("lingtan_ingest_commits_total", "Durable commits of samples.", nil, nil)
	commitSeconds = prometheus.NewDesc("lingtan_ingest_commit_seconds_total", "Time spent in durable commits.", nil, nil)
	doorTotal     = prometheus.NewDesc("lingtan_door_events_total", "What a door counted, such as refused frames.", []string{"protocol", "event"}, nil)
	memberCurrent = prometheus.NewDesc("lingtan_cluster_member_current", "1: the node of the cluster applies what comes.", []string{"node"}, nil)
	memberApplied = prometheus.NewDesc("lingtan_cluster_member_applied", "Messages of the stream that the node has applied.", []string{"node"}, nil)
	clusterAlarms = prometheus.NewDesc("lingtan_cluster_alarms", "Alarms of the cluster as this node sees it.", nil, nil)
	deviceUp      = prometheus.NewDesc("lingtan_device_up", "1: the device does well, 0: its driver reports an error.", []string{"park", "device"}, nil)
	deviceLag     = prometheus.NewDesc("lingtan_device_lag_seconds", "The device's clock or newest sample behind ours.", []string{"park", "device"}, nil)
)

// doorMetrics collects what the doors of a server count.
type doorMetrics struct {
	doors   *doors
	cluster func() (stream.Status, bool)
}

// Describe sends the descriptions.
func (m doorMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{samplesTotal, refusedTotal, callsTotal, queueSamples, commitsTotal, commitSeconds, doorTotal, deviceUp, deviceLag,
		memberCurrent, memberApplied, clusterAlarms} {
		to <- d
	}
}

// Collect sends the values of now.
func (m doorMetrics) Collect(to chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	in := m.doors.ingest.Admission.Metrics()
	count(samplesTotal, float64(in.Stored), "stored")
	count(samplesTotal, float64(in.Duplicates), "duplicate")
	count(samplesTotal, float64(in.Corrected), "corrected")
	count(samplesTotal, float64(in.Unmapped), "unmapped")
	for _, reason := range slices.Sorted(maps.Keys(in.Refused)) {
		count(refusedTotal, float64(in.Refused[reason]), reason)
	}
	count(callsTotal, float64(in.Busy), "busy")
	count(callsTotal, float64(in.Failed), "failed")
	gauge(queueSamples, float64(in.Queue))
	count(commitsTotal, float64(in.Commits))
	count(commitSeconds, in.CommitSeconds)
	for protocol, c := range m.doors.counters() {
		for event, n := range c.Counts() {
			count(doorTotal, float64(n), protocol, event)
		}
	}
	for _, s := range m.doors.board.all() {
		gauge(deviceUp, oneIf(s.OK), s.Park, s.Device)
		gauge(deviceLag, s.Lag.Seconds(), s.Park, s.Device)
	}
	if c, ok := m.cluster(); ok {
		for _, x := range c.Members {
			gauge(memberCurrent, oneIf(x.Current), x.Name)
			gauge(memberApplied, float64(x.Applied), x.Name)
		}
		gauge(clusterAlarms, float64(len(c.Alarms)))
	}
}

// oneIf is 1 for true.
func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// counters are the doors that count, by protocol.
func (d *doors) counters() map[string]connector.Counter {
	all := map[string]connector.Counter{}
	if d.http != nil {
		all["http"] = d.http
	}
	for _, x := range d.drivers {
		if c, ok := x.(connector.Counter); ok {
			all[x.Protocol()] = c
		}
	}
	return all
}

// metrics is the registry of what the server counts.
func (d *doors) metrics(n *node.Node) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(doorMetrics{d, n.Cluster}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
