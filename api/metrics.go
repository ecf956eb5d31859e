package api

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus reads. Requests are told apart by route, never by address.
type metrics struct {
	took    *prometheus.HistogramVec
	running prometheus.Gauge
	panics  prometheus.Counter
	handler http.Handler
}

func newMetrics() *metrics {
	m := &metrics{
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "carriole_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "carriole_http_requests_running", Help: "Requests that are being answered."}),
		panics:  prometheus.NewCounter(prometheus.CounterOpts{Name: "carriole_http_panics_total", Help: "Requests that ended in a panic."}),
	}
	r := prometheus.NewRegistry()
	r.MustRegister(m.took, m.running, m.panics, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(r, promhttp.HandlerOpts{})
	return m
}
