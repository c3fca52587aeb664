"""Reads a log by pm4py, as a program of its own, and prints what it discovers: pm4py is under the AGPL, so nothing of
this project imports it.
"""

import json
import sys

import pm4py


def discovered(path: str) -> dict[str, object]:
    """Events by activity, objects by type, and which activity follows which, by type of object."""
    log = pm4py.read_ocel2_json(path)
    edges = pm4py.discover_ocdfg(log)["edges"]["event_couples"]
    return {
        "events": log.events["ocel:activity"].value_counts().to_dict(),
        "objects": log.objects["ocel:type"].value_counts().to_dict(),
        "owners": log.o2o[["ocel:oid", "ocel:oid_2", "ocel:qualifier"]].to_numpy().tolist(),
        "follows": {
            type_: [[*pair, len(couples)] for pair, couples in found.items()] for type_, found in edges.items()
        },
    }


if __name__ == "__main__":
    print(json.dumps(discovered(sys.argv[1])))  # noqa: T201 - for the test that started it
