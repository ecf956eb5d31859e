"""Solves a problem that comes as JSON on standard input with PyVRP or OR-Tools, and prints its routes as JSON."""

import json
import sys


def pyvrp_routes(p):
    import pyvrp
    from pyvrp.stop import MaxRuntime

    m = pyvrp.Model()
    places = [m.add_location(0, 0) for _ in range(p["places"])]
    n = p["places"]
    early, late = p["window"]
    depot = m.add_depot(places[0], tw_early=early, tw_late=late)
    m.add_vehicle_type(p["vehicles"], p["capacity"], depot, depot, fixed_cost=p["fixed"], tw_early=early, tw_late=late)
    for q in p["requests"]:
        a, b = q["from"], q["to"]
        m.add_shipment(
            places[a["place"]], places[b["place"]],
            a["open"], a["close"], a["service"], b["open"], b["close"], b["service"], q["load"],
        )
    for i in range(n):
        for j in range(n):
            if i != j:
                m.add_edge(places[i], places[j], p["dist"][i * n + j], p["time"][i * n + j])
    r = m.solve(MaxRuntime(p["seconds"]), seed=p["seed"], collect_stats=False, display=False)
    routes = []
    for route in r.best.routes():
        stops = []
        for a in route.schedule():
            if a.is_pickup():
                stops.append(p["requests"][a.idx]["from"]["place"])
            elif a.is_delivery():
                stops.append(p["requests"][a.idx]["to"]["place"])
        routes.append(stops)
    return routes


def ortools_routes(p):
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    n = p["places"]
    manager = pywrapcp.RoutingIndexManager(n, p["vehicles"], 0)
    routing = pywrapcp.RoutingModel(manager)
    service, load = [0] * n, [0] * n
    window = [tuple(p["window"])] * n
    for q in p["requests"]:
        for key, sign in (("from", 1), ("to", -1)):
            s = q[key]
            service[s["place"]], window[s["place"]], load[s["place"]] = s["service"], (s["open"], s["close"]), sign * q["load"]
    node = manager.IndexToNode
    dist = routing.RegisterTransitMatrix([p["dist"][i * n:(i + 1) * n] for i in range(n)])
    time = routing.RegisterTransitMatrix([[t + service[i] for t in p["time"][i * n:(i + 1) * n]] for i in range(n)])
    demand = routing.RegisterUnaryTransitVector(load)
    routing.SetArcCostEvaluatorOfAllVehicles(dist)
    routing.SetFixedCostOfAllVehicles(p["fixed"])
    routing.AddDimension(time, p["window"][1], p["window"][1], False, "time")
    routing.AddDimension(demand, 0, p["capacity"], True, "load")
    clock = routing.GetDimensionOrDie("time")
    for q in p["requests"]:
        a, b = manager.NodeToIndex(q["from"]["place"]), manager.NodeToIndex(q["to"]["place"])
        routing.AddPickupAndDelivery(a, b)
        routing.solver().Add(routing.VehicleVar(a) == routing.VehicleVar(b))
        routing.solver().Add(clock.CumulVar(a) <= clock.CumulVar(b))
    for i in range(1, n):
        clock.CumulVar(manager.NodeToIndex(i)).SetRange(*window[i])
    for v in range(p["vehicles"]):
        clock.CumulVar(routing.Start(v)).SetRange(*p["window"])
        clock.CumulVar(routing.End(v)).SetRange(*p["window"])
    params = pywrapcp.DefaultRoutingSearchParameters()
    params.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    params.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    params.time_limit.FromMilliseconds(int(p["seconds"] * 1000))
    answer = routing.SolveWithParameters(params)
    routes = []
    for v in range(p["vehicles"] if answer else 0):
        i, stops = answer.Value(routing.NextVar(routing.Start(v))), []
        while not routing.IsEnd(i):
            stops.append(node(i))
            i = answer.Value(routing.NextVar(i))
        routes.append(stops)
    return routes


problem = json.load(sys.stdin)
print(json.dumps({"pyvrp": pyvrp_routes, "ortools": ortools_routes}[problem["solver"]](problem)))
