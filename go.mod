module carriole

go 1.26

require (
	github.com/go-json-experiment/json v1.27.2
	github.com/google/go-cmp v0.7.0
	github.com/paulmach/orb v0.14.0
	github.com/tidwall/rtree v1.10.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/tidwall/geoindex v1.7.0 // indirect
	go.mongodb.org/mongo-driver/v2 v2.5.0 // indirect
)
