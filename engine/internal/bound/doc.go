// Package bound proves what serving goods costs at least.
package bound
