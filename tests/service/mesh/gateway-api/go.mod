module candor/tests/service/mesh/gateway-api

go 1.22.0

require sigs.k8s.io/gateway-api v1.2.1
