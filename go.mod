module carriole

go 1.26

require github.com/paulmach/orb v0.14.0

require github.com/google/go-cmp v0.7.0
